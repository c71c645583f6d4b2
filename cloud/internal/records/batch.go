package records

//lint:file-ignore ST1005 the messages are AWS's, which answers carry as they are

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
)

// Zone is what the rules of record sets need to know about their zone.
type Zone struct {
	ID, Name string
	Private  bool
	// balancers tells how the names in a hosted zone of load balancers end: nothing where it is no such zone.
	Balancers func(zone string) []string
}

// Apply applies changes to a zone's record sets one after the other, and returns the result. The
// error has a message for every change that is refused.
func Apply(to Zone, base Sets, changes []r53types.Change) (map[Key]Set, error) {
	b := newBatch(to, base)
	var messages []string
	for _, c := range changes {
		if err := b.change(c); err != nil {
			messages = append(messages, err.Error())
		}
	}
	if len(messages) == 0 {
		messages = append(b.lacking(), b.unequal()...)
	}
	if len(messages) > 0 {
		return nil, BadBatch(messages...)
	}
	return b.changed, nil
}

// Plant adds the record set of a traffic policy instance to a zone's record sets, with the checks of a change.
func Plant(in Zone, base Sets, root Set) (map[Key]Set, error) {
	b := newBatch(in, base)
	if b.get(KeyOf(root)) != nil {
		return nil, request.BadInput("Invalid request: Tried to create resource record set %s but it already exists", KeyOf(root).Words())
	}
	if err := b.fits(root); err != nil {
		return nil, request.BadInput("Invalid request: %v", err)
	}
	b.put(KeyOf(root), root)
	if messages := b.lacking(); len(messages) > 0 {
		return nil, request.BadInput("Invalid request: %s", messages[0])
	}
	return b.changed, nil
}

// batch is a zone to which a part of a batch is applied.
type batch struct {
	zone    Zone
	base    Sets
	changed map[Key]Set // nil where there is none any more
	count   int
	touched map[Key]r53types.ChangeAction
}

func newBatch(z Zone, base Sets) *batch {
	return &batch{zone: z, base: base, changed: map[Key]Set{}, count: len(base), touched: map[Key]r53types.ChangeAction{}}
}

// get returns a set, or nil.
func (b *batch) get(k Key) Set {
	if set, changed := b.changed[k]; changed {
		return set
	}
	if at, there := b.base.At(k); there {
		return b.base[at]
	}
	return nil
}

// put sets a record set, or with nil removes it.
func (b *batch) put(k Key, set Set) {
	if b.get(k) != nil {
		b.count--
	}
	if set != nil {
		b.count++
	}
	b.changed[k] = set
}

// at returns the sets of a name.
func (b *batch) at(name string) Sets {
	sets := slices.DeleteFunc(slices.Clone(b.base.Named(name)), func(set Set) bool {
		_, changed := b.changed[KeyOf(set)]
		return changed
	})
	for k, set := range b.changed {
		if k.Name == name && set != nil {
			sets = append(sets, set)
		}
	}
	slices.SortFunc(sets, CompareSets)
	return sets
}

// change makes one change. Its errors are InvalidChangeBatch's messages.
func (b *batch) change(c r53types.Change) error {
	set := c.ResourceRecordSet
	k := KeyOf(set)
	before, again := b.touched[k]
	b.touched[k] = c.Action
	if again && (before != r53types.ChangeActionDelete || c.Action == r53types.ChangeActionDelete) {
		return fmt.Errorf("The request contains an invalid set of changes for a resource record set '%s %s'", k.Kind, k.Name)
	}
	current := b.get(k)
	switch {
	case current != nil && current.TrafficPolicyInstanceId != nil:
		return fmt.Errorf("The resource record set %s may not be changed: it is that of traffic policy instance %s", k.Words(), *current.TrafficPolicyInstanceId)
	case c.Action == r53types.ChangeActionDelete && current == nil:
		return fmt.Errorf("Tried to delete resource record set %s but it was not found", k.Words())
	case c.Action == r53types.ChangeActionDelete && !same(current, set):
		return fmt.Errorf("Tried to delete resource record set %s but the values provided do not match the current values", k.Words())
	case c.Action == r53types.ChangeActionDelete:
		b.put(k, nil)
		return nil
	case c.Action == r53types.ChangeActionCreate && current != nil:
		return fmt.Errorf("Tried to create resource record set %s but it already exists", k.Words())
	}
	if err := b.fits(set); err != nil {
		return err
	}
	if set.AliasTarget != nil {
		if err := b.target(set); err != nil {
			return err
		}
	}
	b.put(k, set)
	return nil
}

// same tells whether two sets have the same content; the order of the values does not matter.
func same(a, b Set) bool {
	x, y := *a, *b
	x.ResourceRecords, y.ResourceRecords = sortedValues(a), sortedValues(b)
	return reflect.DeepEqual(x, y)
}

func sortedValues(set Set) []r53types.ResourceRecord {
	if len(set.ResourceRecords) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(set.ResourceRecords), func(a, b r53types.ResourceRecord) int {
		return strings.Compare(*a.Value, *b.Value)
	})
}

// fits checks a set against the zone and the other sets of its name.
func (b *batch) fits(set Set) error {
	k, apex := KeyOf(set), b.zone.Name
	switch {
	case !Within(k.Name, apex):
		return fmt.Errorf("RRSet with DNS name %s is not permitted in zone %s", k.Name, apex)
	case k.Kind == r53types.RRTypeCname && k.Name == apex:
		return fmt.Errorf("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", k.Name, apex)
	case k.Kind == r53types.RRTypeSoa && k.Name != apex:
		return fmt.Errorf("RRSet of type SOA with DNS name %s is not permitted in zone %s, as SOA records may only be defined at the zone apex", k.Name, apex)
	case policyOf(set) == ipBased && b.zone.Private:
		// Developer Guide, hosted-zone-private-considerations
		return fmt.Errorf(
			"RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as CIDR routing is not supported in a private hosted zone",
			k.Name,
			k.Kind,
			k.ID,
		)
	case k.Kind == r53types.RRTypeDs && k.Name == apex:
		return fmt.Errorf("RRSet of type DS with DNS name %s is not permitted at apex in zone %s", k.Name, apex)
	case k.Kind == r53types.RRTypeNs && strings.HasPrefix(k.Name, `\052.`):
		return fmt.Errorf("RRSet of type NS with DNS name %s is not permitted as a wildcard in zone %s", k.Name, apex)
	}
	group := 1
	for _, other := range b.at(k.Name) {
		if err := beside(set, other, apex); err != nil {
			return err
		}
		if o := KeyOf(other); o.Kind == k.Kind && o != k {
			group++
		}
	}
	if group > MaxGroup {
		return fmt.Errorf(
			"RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as the limit of %d sets with the same name and type is reached",
			k.Name,
			k.Kind,
			k.ID,
			MaxGroup,
		)
	}
	return nil
}

// beside checks a set against another of the same name.
func beside(set, other Set, apex string) error {
	k, o := KeyOf(set), KeyOf(other)
	if k == o {
		return nil
	}
	if k.Kind != o.Kind {
		switch r53types.RRTypeCname {
		case k.Kind:
			return fmt.Errorf("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the same DNS name in zone %s", k.Name, apex)
		case o.Kind:
			return fmt.Errorf(
				"RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s",
				k.Kind,
				k.Name,
				apex,
			)
		}
		return nil
	}
	return policyOf(set).beside(set, other)
}

// lacking returns messages about what a zone must have and no longer has.
func (b *batch) lacking() []string {
	var messages []string
	apex := b.zone.Name
	if b.get(Key{apex, r53types.RRTypeSoa, ""}) == nil {
		messages = append(messages, "A HostedZone must contain exactly one SOA record.")
	}
	if b.get(Key{apex, r53types.RRTypeNs, ""}) == nil {
		messages = append(messages, "A HostedZone must contain at least one NS record for the zone itself.")
	}
	if b.count > MaxZoneRecords {
		messages = append(messages, fmt.Sprintf("Number of resource record sets in the hosted zone exceeds the limit of %d", MaxZoneRecords))
	}
	return messages
}

// unequal names the weighted sets of the batch whose TTL differs from that of others with the same name and type. Only
// the state after the whole batch counts, since that is how the TTL of all of them can be changed (observed,
// github.com/aws/aws-sdk-go-v2/issues/518 and github.com/hashicorp/terraform/issues/5312).
func (b *batch) unequal() []string {
	var messages []string
	for _, k := range slices.SortedFunc(maps.Keys(b.changed), Key.compare) {
		set := b.changed[k]
		if set == nil || set.Weight == nil || set.TTL == nil {
			continue
		}
		if slices.ContainsFunc(b.at(k.Name), func(o Set) bool { return o.Type == k.Kind && o.TTL != nil && *o.TTL != *set.TTL }) {
			messages = append(
				messages,
				fmt.Sprintf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as weighted sets must contain the same TTL.", k.Name, k.Kind, k.ID),
			)
		}
	}
	return messages
}

// target checks where an alias leads: to a load balancer, or to a set of the same zone and type.
func (b *batch) target(set Set) error {
	to := set.AliasTarget
	lead := fmt.Sprintf("Tried to create an alias that targets %s, type %s in zone %s,", *to.DNSName, set.Type, *to.HostedZoneId)
	if *to.HostedZoneId == b.zone.ID {
		switch {
		case !Within(*to.DNSName, b.zone.Name):
			return fmt.Errorf("%s but the alias target name does not lie within the target zone", lead)
		case set.Type == r53types.RRTypeNs || set.Type == r53types.RRTypeSoa:
			return fmt.Errorf("RRSet of type %s with DNS name %s may not be an alias", set.Type, *set.Name)
		case *to.DNSName == *set.Name:
			return fmt.Errorf("%s but the alias target name is that of the alias itself", lead)
		case !slices.ContainsFunc(b.at(*to.DNSName), func(s Set) bool { return s.Type == set.Type }):
			return fmt.Errorf("%s but that target was not found", lead)
		}
		return nil
	}
	suffixes := b.zone.Balancers(*to.HostedZoneId)
	if len(suffixes) == 0 || set.Type != r53types.RRTypeA && set.Type != r53types.RRTypeAaaa {
		return fmt.Errorf("%s but that target was not found", lead)
	}
	name := strings.TrimSuffix(aws.ToString(to.DNSName), ".")
	if !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
		return fmt.Errorf("%s but the alias target name does not lie within the target zone", lead)
	}
	return nil
}
