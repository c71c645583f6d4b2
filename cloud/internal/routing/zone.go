package routing

import (
	"slices"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// HostedZone is a hosted zone as the control plane stores it. Records are named as Route 53 lists them: lower
// case, a dot at the end, and odd characters as octal escapes. A record set is never changed in place: its
// pointer is its identity.
type HostedZone struct {
	ID, Name string
	// Private has the VPCs to which a private zone is answered, each as "us-east-1/vpc-1a2b3c".
	Private bool
	VPCs    []string
	Records []*r53types.ResourceRecordSet
	// Keys are the keys of a signed zone, nil if it is not signed.
	Keys *dnssec.Keys
}

// Zone is a compiled hosted zone, from which questions are answered. It never changes.
type Zone struct {
	ID, Name string
	Keys     *dnssec.Keys // nil where it is not signed
	of       HostedZone   // as compiled
	// nodes are all names that exist: those of records and, so that they answer NODATA, those between a
	// record and the apex (empty non-terminals, RFC 8020).
	nodes map[string]*node
	soa   dns.RR // of negative answers
}

// node has the record sets of one name, by their types in ascending order. Most nodes have one.
type node struct {
	groups []group
	cut    bool // the name of a delegation: an NS set below the apex
}

// group is the record sets of one name and type: a simple one, or several of one routing policy.
type group struct {
	rtype   uint16
	records []*record
}

// record is one record set.
type record struct {
	*r53types.ResourceRecordSet
	rrs    []dns.RR // of a record that is no alias
	target string   // of one that is, folded
}

// compile makes a zone. A value that cannot be read is left out; the control plane accepts no such value. From the zone
// before, which may be nil, it takes over all unchanged records.
func compile(in HostedZone, before *Zone, speed tempo.Speed) *Zone {
	if before != nil && before.of.same(in) {
		return before
	}
	z := &Zone{ID: in.ID, Name: fold(in.Name), Keys: in.Keys, of: in, nodes: make(map[string]*node, len(in.Records))}
	for _, set := range in.Records {
		rtype, ok := dns.StringToType[string(set.Type)]
		if !ok {
			continue
		}
		name := fold(aws.ToString(set.Name))
		r := before.find(name, rtype, set)
		if r == nil {
			r = read(name, set, speed)
		}
		z.node(name).add(rtype, r, name != z.Name)
	}
	z.soa = z.negative(speed)
	return z
}

// same tells whether two zones are identical: they share one slice of records, which is never changed in place.
func (z HostedZone) same(other HostedZone) bool {
	return z.ID == other.ID && z.Name == other.Name && z.Private == other.Private && z.Keys == other.Keys && slices.Equal(z.VPCs, other.VPCs) &&
		len(z.Records) == len(other.Records) && unsafe.SliceData(z.Records) == unsafe.SliceData(other.Records)
}

// find returns the compiled record of a set that the zone has already.
func (z *Zone) find(name string, rtype uint16, set *r53types.ResourceRecordSet) *record {
	if z == nil || z.nodes[name] == nil {
		return nil
	}
	if g := z.nodes[name].group(rtype); g != nil {
		for _, r := range g.records {
			if r.ResourceRecordSet == set {
				return r
			}
		}
	}
	return nil
}

func read(name string, set *r53types.ResourceRecordSet, speed tempo.Speed) *record {
	r := &record{ResourceRecordSet: set}
	if set.AliasTarget != nil {
		r.target = fold(aws.ToString(set.AliasTarget.DNSName))
		return r
	}
	ttl := speed.TTL(uint32(aws.ToInt64(set.TTL)))
	r.rrs = make([]dns.RR, 0, len(set.ResourceRecords))
	for _, value := range set.ResourceRecords {
		if rr, err := Parse(name, string(set.Type), ttl, aws.ToString(value.Value)); err == nil {
			r.rrs = append(r.rrs, rr)
		}
	}
	return r
}

// node returns the node of a name. If there is none, it makes it, and those of all names above it.
func (z *Zone) node(name string) *node {
	if n := z.nodes[name]; n != nil {
		return n
	}
	parents(name, func(n string) bool {
		if z.nodes[n] != nil || !dns.IsSubDomain(z.Name, n) {
			return false
		}
		z.nodes[n] = &node{}
		return n != z.Name
	})
	if z.nodes[name] == nil { // outside the zone, where the control plane lets nothing be
		return &node{}
	}
	return z.nodes[name]
}

func (n *node) add(rtype uint16, r *record, below bool) {
	n.cut = n.cut || rtype == dns.TypeNS && below
	if g := n.group(rtype); g != nil {
		g.records = append(g.records, r)
		return
	}
	at, _ := slices.BinarySearchFunc(n.groups, rtype, func(g group, t uint16) int { return int(g.rtype) - int(t) })
	n.groups = slices.Insert(n.groups, at, group{rtype, []*record{r}})
}

func (n *node) group(rtype uint16) *group {
	for i := range n.groups {
		if n.groups[i].rtype == rtype {
			return &n.groups[i]
		}
	}
	return nil
}

// negative is the authority of negative answers. Its TTL is the smaller of the record's and its minimum (RFC
// 2308; with Route 53's defaults the record's, 900 s).
func (z *Zone) negative(speed tempo.Speed) dns.RR {
	apex := z.nodes[z.Name]
	if apex == nil {
		return nil
	}
	g := apex.group(dns.TypeSOA)
	if g == nil || len(g.records[0].rrs) == 0 {
		return nil
	}
	soa := dns.Copy(g.records[0].rrs[0]).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, speed.TTL(soa.Minttl))
	return soa
}

// Types lists the types that a name has record sets of, in ascending order, after wildcards; and whether the name
// exists at all.
func (z *Zone) Types(name string) (types []uint16, exists bool) {
	n, _ := z.lookup(fold(name))
	if n == nil {
		return nil, false
	}
	for _, g := range n.groups {
		types = append(types, g.rtype)
	}
	return types, true
}

// lookup returns the node of a name, or of the closest wildcard; nil where the name does not exist (RFC 4592;
// Developer Guide, DomainNameFormat: an exact name wins, a wildcard covers any depth below).
func (z *Zone) lookup(name string) (n *node, wildcard bool) {
	if n := z.nodes[name]; n != nil {
		return n, false
	}
	parents(name, func(parent string) bool {
		if parent == name {
			return true
		}
		n = z.nodes["*."+parent]
		wildcard = n != nil
		return n == nil && z.nodes[parent] == nil && parent != z.Name // the closest encloser's or none
	})
	return n, wildcard
}

// cut returns the delegation that a name is in; of several, the one nearest to the apex.
func (z *Zone) cut(name string) (found string, n *node) {
	parents(name, func(parent string) bool {
		if parent == z.Name {
			return false
		}
		if at := z.nodes[parent]; at != nil && at.cut {
			found, n = parent, at
		}
		return true
	})
	return found, n
}

// answers tells whether a client may ask the zone.
func (z *Zone) answers(c Client) bool {
	return !z.of.Private || slices.Contains(z.of.VPCs, c.VPC)
}
