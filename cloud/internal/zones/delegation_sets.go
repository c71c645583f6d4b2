package zones

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The quotas of reusable delegation sets (Developer Guide, DNSLimitations).
const (
	maxDelegationSets = 100
	maxZonesOfASet    = 100
)

// nameServers is the delegation set of every zone: the names of the four addresses that the cloud's DNS
// server has.
var nameServers = []string{
	"ns-2048.awsdns-64.com",
	"ns-2049.awsdns-65.net",
	"ns-2050.awsdns-66.org",
	"ns-2051.awsdns-67.co.uk",
}

func (d delegationSet) describe() *r53types.DelegationSet {
	return &r53types.DelegationSet{Id: aws.String("/delegationset/" + d.ID), CallerReference: &d.Reference, NameServers: slices.Clone(d.Servers)}
}

// delegationSet is a zone's delegation set, nil for a private zone.
func (z zone) delegationSet() *r53types.DelegationSet {
	if z.private() {
		return nil
	}
	if z.Delegation != nil {
		return z.Delegation.describe()
	}
	return &r53types.DelegationSet{NameServers: slices.Clone(nameServers)}
}

// servers are what the zone's NS record set names.
func (z zone) servers() []string {
	if z.private() {
		return privateServers
	}
	if z.Delegation != nil {
		return z.Delegation.Servers
	}
	return nameServers
}

func noDelegationSet(id string) error {
	return wire.Errorf("NoSuchDelegationSet", "A reusable delegation set with the ID %s does not exist.", id)
}

func (r *Room) delegationSet(tx *store.Tx, id string) (delegationSet, error) {
	return room.Find(tx, r.delegationSets, id, noDelegationSet)
}

// createDelegationSet makes a set, or makes the set of a zone one that others may use too.
func (r *Room) createDelegationSet(_ context.Context, in *route53.CreateReusableDelegationSetInput) (*route53.CreateReusableDelegationSetOutput, error) {
	reference, zoneID := aws.ToString(in.CallerReference), request.Bare(aws.ToString(in.HostedZoneId))
	if err := request.Length("callerReference", reference, 1, 128); err != nil {
		return nil, err
	}
	made := delegationSet{ID: request.NewID("N"), Reference: reference}
	err := r.commit(func(tx *store.Tx) error {
		all := r.delegationSets.AllTx(tx)
		for _, other := range all {
			if other.Reference == reference {
				return wire.Errorf("DelegationSetAlreadyCreated", "A delegation set with the same owner and caller reference combination has already been created.")
			}
		}
		if len(all) >= maxDelegationSets {
			return wire.Errorf(
				"LimitsExceeded",
				"Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - Cannot create more than %d reusable delegation sets.",
				maxDelegationSets,
			)
		}
		if zoneID == "" {
			made.Servers = newServers(all)
		} else if err := r.reuse(tx, zoneID, &made); err != nil {
			return err
		}
		return r.delegationSets.Put(tx, made.ID, made)
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateReusableDelegationSetOutput{DelegationSet: made.describe(), Location: aws.String(request.Endpoint + "/delegationset/" + made.ID)}, nil
}

// reuse makes a zone's own set the reusable one.
func (r *Room) reuse(tx *store.Tx, id string, made *delegationSet) error {
	z, ok := r.zones.GetTx(tx, id)
	switch {
	case !ok:
		return wire.Errorf("HostedZoneNotFound", "The specified HostedZone %s can't be found.", id)
	case z.private():
		return wire.Errorf("InvalidArgument", "The hosted zone %s is private: it has no delegation set.", id)
	case z.Delegation != nil:
		return wire.Errorf("DelegationSetAlreadyReusable", "The specified delegation set has already been marked as reusable.")
	}
	made.Servers = slices.Clone(z.servers())
	z.Delegation = made
	return r.zones.Put(tx, id, z)
}

// newServers chooses four names at random, in Route 53's form, one in each domain: ns-0 to ns-511 are in .com, the next 512
// in .net, then in .org and .co.uk, and each eight consecutive ones share a domain. No two sets have a name in common.
func newServers(others []delegationSet) []string {
	taken := map[string]bool{}
	for _, o := range others {
		for _, s := range o.Servers {
			taken[s] = true
		}
	}
	var servers []string
	for i, top := range []string{"com", "net", "org", "co.uk"} {
		for {
			n := rand.IntN(512)
			if s := fmt.Sprintf("ns-%d.awsdns-%02d.%s", 512*i+n, n/8, top); !taken[s] {
				servers = append(servers, s)
				break
			}
		}
	}
	return servers
}

func (r *Room) getDelegationSet(_ context.Context, in *route53.GetReusableDelegationSetInput) (*route53.GetReusableDelegationSetOutput, error) {
	d, err := r.delegationSet(nil, request.Bare(aws.ToString(in.Id)))
	if err != nil {
		return nil, err
	}
	return &route53.GetReusableDelegationSetOutput{DelegationSet: d.describe()}, nil
}

func (r *Room) deleteDelegationSet(_ context.Context, in *route53.DeleteReusableDelegationSetInput) (*route53.DeleteReusableDelegationSetOutput, error) {
	id := request.Bare(aws.ToString(in.Id))
	return &route53.DeleteReusableDelegationSetOutput{}, r.commit(func(tx *store.Tx) error {
		if _, err := r.delegationSet(tx, id); err != nil {
			return err
		}
		if n := len(r.zonesOf(r.zones.AllTx(tx), id)); n > 0 {
			return wire.Errorf("DelegationSetInUse", "The specified delegation set has %d associated hosted zones, which must be deleted before it can be.", n)
		}
		return r.delegationSets.Delete(tx, id)
	})
}

// zonesOf are those among all that have a reusable delegation set.
func (r *Room) zonesOf(all []zone, id string) []zone {
	return slices.DeleteFunc(slices.Clone(all), func(z zone) bool { return z.Delegation == nil || z.Delegation.ID != id })
}

func (r *Room) listDelegationSets(_ context.Context, in *route53.ListReusableDelegationSetsInput) (*route53.ListReusableDelegationSetsOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	marker := request.Bare(aws.ToString(in.Marker))
	rows, next := request.Page(r.delegationSets.All(), func(d delegationSet) string { return d.ID }, marker, n)
	out := &route53.ListReusableDelegationSetsOutput{
		DelegationSets: []r53types.DelegationSet{}, Marker: &marker, MaxItems: aws.Int32(int32(n)), IsTruncated: next != nil, NextMarker: next,
	}
	for _, d := range rows {
		out.DelegationSets = append(out.DelegationSets, *d.describe())
	}
	return out, nil
}

func (r *Room) getDelegationSetLimit(_ context.Context, in *route53.GetReusableDelegationSetLimitInput) (*route53.GetReusableDelegationSetLimitOutput, error) {
	d, err := r.delegationSet(nil, request.Bare(aws.ToString(in.DelegationSetId)))
	if err != nil {
		return nil, err
	}
	if err := request.OneOf("type", string(in.Type), in.Type.Values()); err != nil {
		return nil, err
	}
	return &route53.GetReusableDelegationSetLimitOutput{
		Count: int64(len(r.zonesOf(r.zones.All(), d.ID))),
		Limit: &r53types.ReusableDelegationSetLimit{Type: in.Type, Value: aws.Int64(maxZonesOfASet)},
	}, nil
}

// delegate gives a new zone the reusable delegation set that it asks for. Zones of one name, or of which one lies
// in the other, may not have name servers in common (API reference, CreateHostedZone: ConflictingDomainExists).
func (r *Room) delegate(tx *store.Tx, z *zone, id string, all []zone) error {
	if id == "" {
		return nil
	}
	d, err := r.delegationSet(tx, id)
	if err != nil {
		return err
	}
	having := r.zonesOf(all, id)
	if len(having) >= maxZonesOfASet {
		return wire.Errorf(
			"TooManyHostedZones",
			"Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - Cannot create more than %d hosted zones with the delegation set %s.",
			maxZonesOfASet,
			id,
		)
	}
	for _, other := range having {
		if records.Within(other.Name, z.Name) || records.Within(z.Name, other.Name) {
			return wire.Errorf(
				"ConflictingDomainExists",
				"Cannot create hosted zone with DelegationSetId %s as the DNSName %s conflicts with existing ones sharing the delegation set",
				id,
				z.Name,
			)
		}
	}
	z.Delegation = &d
	return nil
}

// serversAt are the addresses of all zones' name servers.
func (r *Room) serversAt() map[string]netip.Addr {
	all := map[string]netip.Addr{}
	for i, n := range nameServers {
		all[n+"."] = address.NameServers[i]
	}
	for _, d := range r.delegationSets.All() {
		for i, n := range d.Servers {
			all[n+"."] = address.NameServers[i]
		}
	}
	return all
}
