package discover

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Tree is how a zone's record sets lead from a name to what answers there. A name that is reached by several ways stands in it once.
type Tree struct {
	Host string // without the dot at its end
	Root *Name
	// Unread are names of the zone that a record leads to and no record was given of.
	Unread []string
	names  map[string]*Name
	zone   Zone
	order  []*Name
}

// Zone is a hosted zone.
type Zone struct {
	ID   string // without /hostedzone/
	Name string // without the dot at its end
}

// Name is one name of the zone, with the record sets that Route 53 chooses its answer from. The walk takes the record sets of addresses
// of both families together: which of them a user asks for is the user's to decide.
type Name struct {
	Name     string
	Branches []Branch
}

// Branch is one record set and where it leads: to another name of the zone, or to an end.
type Branch struct {
	Record r53types.ResourceRecordSet
	Next   *Name // nil at an end
	End    End
	To     string // the DNS name, or the addresses
	// Evaluates tells whether Route 53 heeds the health of what an alias leads to.
	Evaluates bool
}

// End is a sort of end.
type End string

// The ends. Cycle is a record that leads back to a name on the way to it: Route 53 answers nothing then.
const (
	Inner     End = ""
	Balancer  End = "load balancer"
	Addresses End = "addresses"
	Elsewhere End = "elsewhere" // a name outside of the zone
	Nothing   End = "nothing"   // a name of the zone that has no record of the kind
	Cycle     End = "cycle"
)

// Walk follows a name through a zone's record sets. It reads nothing: what is not among the records is listed in Unread.
func Walk(zone Zone, host string, records []r53types.ResourceRecordSet) *Tree {
	t := &Tree{Host: PlainName(host), zone: zone, names: map[string]*Name{}}
	byName := map[string][]r53types.ResourceRecordSet{}
	for _, r := range records {
		if Leads(r) {
			name := PlainName(aws.ToString(r.Name))
			byName[name] = append(byName[name], r)
		}
	}
	t.Root = t.visit(t.Host, byName, map[string]bool{})
	return t
}

// Leads tells whether users of a name follow record sets of this type: to addresses, or to another name.
func Leads(r r53types.ResourceRecordSet) bool {
	return r.Type == r53types.RRTypeA || r.Type == r53types.RRTypeAaaa || r.Type == r53types.RRTypeCname
}

// visit walks from a name that is not on the way to itself.
func (t *Tree) visit(name string, byName map[string][]r53types.ResourceRecordSet, way map[string]bool) *Name {
	if known := t.names[name]; known != nil {
		return known
	}
	n := &Name{Name: name}
	t.names[name], t.order = n, append(t.order, n)
	way[name] = true
	defer delete(way, name)
	all := slices.Clone(byName[name])
	slices.SortStableFunc(all, func(a, b r53types.ResourceRecordSet) int { return cmp.Compare(turn(a), turn(b)) })
	for _, r := range all {
		b := t.branch(r)
		if b.End == Inner {
			switch {
			case way[b.To]:
				b.End = Cycle
			case len(byName[b.To]) == 0:
				b.End = Nothing
				if !slices.Contains(t.Unread, b.To) {
					t.Unread = append(t.Unread, b.To)
				}
			default:
				b.Next = t.visit(b.To, byName, way)
			}
		}
		n.Branches = append(n.Branches, b)
	}
	return n
}

// turn orders record sets by who is asked first: a failover primary before its secondary, and others as they stand, but the heavier before
// the lighter.
func turn(r r53types.ResourceRecordSet) int64 {
	switch {
	case r.Failover == r53types.ResourceRecordSetFailoverSecondary:
		return 1
	case r.Weight != nil:
		return -*r.Weight
	}
	return 0
}

// branch tells where one record set leads, Inner for a name of the zone.
func (t *Tree) branch(r r53types.ResourceRecordSet) Branch {
	b := Branch{Record: r}
	inZone := func(name string) bool { return name == t.zone.Name || strings.HasSuffix(name, "."+t.zone.Name) }
	switch {
	case r.AliasTarget != nil:
		b.To, b.Evaluates = PlainName(aws.ToString(r.AliasTarget.DNSName)), r.AliasTarget.EvaluateTargetHealth
		inner := strings.TrimPrefix(aws.ToString(r.AliasTarget.HostedZoneId), "/hostedzone/") == t.zone.ID
		b.End = ending(b.To, inner && inZone(b.To))
	case r.Type == r53types.RRTypeCname && len(r.ResourceRecords) > 0:
		b.To = PlainName(aws.ToString(r.ResourceRecords[0].Value))
		b.End = ending(b.To, inZone(b.To))
	default:
		var values []string
		for _, v := range r.ResourceRecords {
			values = append(values, aws.ToString(v.Value))
		}
		b.To, b.End = strings.Join(values, ", "), Addresses
	}
	return b
}

func ending(name string, inZone bool) End {
	switch {
	case RegionOf(name) != "":
		return Balancer
	case inZone:
		return Inner
	}
	return Elsewhere
}

// Names returns every name that the walk has met, in the order in which it met them.
func (t *Tree) Names() []*Name { return t.order }

// Name returns a name that the walk has met, nil for any other.
func (t *Tree) Name(name string) *Name { return t.names[name] }

// Records returns every record set that the walk has met, each once.
func (t *Tree) Records() []r53types.ResourceRecordSet {
	var all []r53types.ResourceRecordSet
	for _, n := range t.order {
		for _, b := range n.Branches {
			all = append(all, b.Record)
		}
	}
	return all
}

// Balancers returns the DNS names of the load balancers that a name leads to, in the order in which Route 53 would ask for them.
func (n *Name) Balancers() []string { return n.balancers(map[*Name]bool{}) }

func (n *Name) balancers(seen map[*Name]bool) (found []string) {
	if seen[n] {
		return nil
	}
	seen[n] = true
	for _, b := range n.Branches {
		for _, to := range b.balancers(seen) {
			if !slices.Contains(found, to) {
				found = append(found, to)
			}
		}
	}
	return found
}

// Balancers returns those that a branch leads to.
func (b Branch) Balancers() []string { return b.balancers(map[*Name]bool{}) }

func (b Branch) balancers(seen map[*Name]bool) []string {
	switch {
	case b.End == Balancer:
		return []string{b.To}
	case b.Next != nil:
		return b.Next.balancers(seen)
	}
	return nil
}

// Regions returns the regions of the load balancers that a name leads to.
func (n *Name) Regions() []string { return regionsOf(n.Balancers()) }

// Regions returns those of the load balancers that a branch leads to.
func (b Branch) Regions() []string { return regionsOf(b.Balancers()) }

func regionsOf(balancers []string) (regions []string) {
	for _, b := range balancers {
		if r := RegionOf(b); !slices.Contains(regions, r) {
			regions = append(regions, r)
		}
	}
	return regions
}

// Pair is two load balancers in different regions, of which the first serves users and the second is to do so in its place.
type Pair struct {
	Name      string // of whose record sets they are
	Balancers [2]string
}

// Pairs returns the load balancers that stand in for each other: of every failover pair of record sets, a primary's first load balancer with
// the secondary's first in another region. A region that is in none of these stands beside the first load balancer of all.
func (t *Tree) Pairs() []Pair {
	var pairs []Pair
	paired := map[string]bool{}
	add := func(name, from, to string) {
		p := Pair{name, [2]string{from, to}}
		if !slices.ContainsFunc(pairs, func(o Pair) bool { return o.Balancers == p.Balancers }) {
			pairs = append(pairs, p)
		}
		paired[RegionOf(from)], paired[RegionOf(to)] = true, true
	}
	for _, n := range t.order {
		primary, secondary := n.halves()
		for _, from := range primary[:min(1, len(primary))] {
			if to := outside(secondary, RegionOf(from)); to != "" {
				add(n.Name, from, to)
			}
		}
	}
	all := t.Root.Balancers()
	for _, to := range all[min(1, len(all)):] {
		if r := RegionOf(to); !paired[r] && r != RegionOf(all[0]) {
			add(t.Host, all[0], to)
		}
	}
	return pairs
}

// halves returns the load balancers behind the two failover record sets of a name.
func (n *Name) halves() (primary, secondary []string) {
	for _, b := range n.Branches {
		switch b.Record.Failover {
		case r53types.ResourceRecordSetFailoverPrimary:
			primary = append(primary, b.Balancers()...)
		case r53types.ResourceRecordSetFailoverSecondary:
			secondary = append(secondary, b.Balancers()...)
		}
	}
	return primary, secondary
}

func outside(balancers []string, region string) string {
	for _, b := range balancers {
		if RegionOf(b) != region {
			return b
		}
	}
	return ""
}
