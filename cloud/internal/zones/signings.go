package zones

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func (s signing) active() int {
	n := 0
	for _, k := range s.Keys {
		if k.Active {
			n++
		}
	}
	return n
}

// signable finds a zone that may be signed.
func (r *Room) signable(tx *store.Tx, id string) (zone, error) {
	z, err := r.zone(tx, id)
	if err != nil {
		return z, err
	}
	return z, publicOnly(z)
}

// publicOnly refuses private zones, which are never signed (Developer Guide, dns-configuring-dnssec).
func publicOnly(z zone) error {
	if z.private() {
		// Terraform's provider forgives GetDNSSEC of a private zone for the beginning of these words (hosted_zone_dnssec.go, v6.58.0).
		return wire.Errorf("InvalidArgument", "Operation is unsupported for private hosted zones.")
	}
	return nil
}

// changeSigning changes the DNSSEC state of a zone.
func (r *Room) changeSigning(id string, f func(tx *store.Tx, z zone, s *signing) error) (*r53types.ChangeInfo, error) {
	var info *r53types.ChangeInfo
	err := r.commit(func(tx *store.Tx) error {
		z, err := r.signable(tx, id)
		if err != nil {
			return err
		}
		s, _ := r.signings.GetTx(tx, id)
		s.ZoneID = id
		s.Keys = slices.Clone(s.Keys) // rows are never changed in place
		if err := f(tx, z, &s); err != nil {
			return err
		}
		s.Version++
		if info, err = r.submit(tx, ""); err != nil {
			return err
		}
		return r.signings.Put(tx, id, s)
	})
	return info, err
}

// notInParent refuses to remove a key for which the parent zone has a DS record, since validators would then take
// the zone for bogus. AWS resolves the record; here it can only be in another hosted zone.
func (r *Room) notInParent(tx *store.Tx, z zone, k keySigningKey) error {
	key, err := dnssec.Parse(dnssec.KSK, k.Private)
	if err != nil {
		return err
	}
	digest := key.DS(records.Presentation(z.Name), 0).Digest
	for _, parent := range r.zones.AllTx(tx) {
		if parent.ID == z.ID || parent.Name == z.Name || !records.Within(z.Name, parent.Name) {
			continue
		}
		for _, value := range r.valuesOf(parent, z.Name, r53types.RRTypeDs) {
			if strings.EqualFold(strings.Join(strings.Fields(value)[min(3, len(strings.Fields(value))):], ""), digest) {
				return wire.Errorf(
					"KeySigningKeyInParentDSRecord",
					"The key-signing key (KSK) '%s' is specified in a parent DS record, in hosted zone '%s'.",
					k.Name,
					parent.ID,
				)
			}
		}
	}
	return nil
}

// valuesOf are the values that a zone has for a name and type.
func (r *Room) valuesOf(z zone, name string, kind r53types.RRType) []string {
	var values []string
	for _, set := range r.records.of(z.ID).Named(name) {
		if set.Type != kind {
			continue
		}
		for _, record := range set.ResourceRecords {
			values = append(values, aws.ToString(record.Value))
		}
	}
	return values
}

// dnssecKeys are the keys of the signed zones, as the name servers use them. They are read again only
// if a row changed.
type dnssecKeys struct {
	version map[string]int
	keys    map[string]*dnssec.Keys
}

func newDNSSECKeys() dnssecKeys {
	return dnssecKeys{version: map[string]int{}, keys: map[string]*dnssec.Keys{}}
}

// of returns a zone's keys, or nil where it is not signed.
func (d *dnssecKeys) of(s signing) (*dnssec.Keys, error) {
	if !s.Enabled {
		delete(d.keys, s.ZoneID)
		return nil, nil
	}
	if d.version[s.ZoneID] == s.Version && d.keys[s.ZoneID] != nil {
		return d.keys[s.ZoneID], nil
	}
	zsk, err := dnssec.Parse(dnssec.ZSK, s.ZSK)
	if err != nil {
		return nil, err
	}
	keys := &dnssec.Keys{ZSK: zsk}
	for _, k := range s.Keys {
		if !k.Active {
			continue
		}
		ksk, err := dnssec.Parse(dnssec.KSK, k.Private)
		if err != nil {
			return nil, err
		}
		keys.KSKs = append(keys.KSKs, ksk)
	}
	d.version[s.ZoneID], d.keys[s.ZoneID] = s.Version, keys
	return keys, nil
}
