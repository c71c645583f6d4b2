package zones

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// batch is a zone with part of a batch applied.
type batch struct {
	zone    zone
	base    recordSets
	changed map[setKey]recordSet // nil where there is none any more
	count   int
	touched map[setKey]r53types.ChangeAction
}

func newBatch(z zone, base recordSets) *batch {
	return &batch{zone: z, base: base, changed: map[setKey]recordSet{}, count: len(base), touched: map[setKey]r53types.ChangeAction{}}
}

// get returns a set, or nil.
func (b *batch) get(k setKey) recordSet {
	if set, changed := b.changed[k]; changed {
		return set
	}
	if at, there := b.base.at(k); there {
		return b.base[at]
	}
	return nil
}

// put sets one, or with nil takes it away.
func (b *batch) put(k setKey, set recordSet) {
	if b.get(k) != nil {
		b.count--
	}
	if set != nil {
		b.count++
	}
	b.changed[k] = set
}

// at returns the sets of a name.
func (b *batch) at(name string) recordSets {
	sets := slices.DeleteFunc(slices.Clone(b.base.named(name)), func(set recordSet) bool {
		_, changed := b.changed[keyOf(set)]
		return changed
	})
	for k, set := range b.changed {
		if k.name == name && set != nil {
			sets = append(sets, set)
		}
	}
	slices.SortFunc(sets, compareSets)
	return sets
}

// change makes one change. Its errors are InvalidChangeBatch's messages.
func (b *batch) change(a *api, c r53types.Change) error {
	set := c.ResourceRecordSet
	k := keyOf(set)
	before, again := b.touched[k]
	b.touched[k] = c.Action
	if again && (before != r53types.ChangeActionDelete || c.Action == r53types.ChangeActionDelete) {
		return fmt.Errorf("The request contains an invalid set of changes for a resource record set '%s %s'", k.kind, k.name) //nolint:staticcheck // AWS's words
	}
	current := b.get(k)
	switch {
	case current != nil && current.TrafficPolicyInstanceId != nil:
		return fmt.Errorf("The resource record set %s may not be changed: it is that of traffic policy instance %s", k.words(), *current.TrafficPolicyInstanceId) //nolint:staticcheck // as AWS words others
	case c.Action == r53types.ChangeActionDelete && current == nil:
		return fmt.Errorf("Tried to delete resource record set %s but it was not found", k.words()) //nolint:staticcheck // AWS's words
	case c.Action == r53types.ChangeActionDelete && !same(current, set):
		return fmt.Errorf("Tried to delete resource record set %s but the values provided do not match the current values", k.words()) //nolint:staticcheck // AWS's words
	case c.Action == r53types.ChangeActionDelete:
		b.put(k, nil)
		return nil
	case c.Action == r53types.ChangeActionCreate && current != nil:
		return fmt.Errorf("Tried to create resource record set %s but it already exists", k.words()) //nolint:staticcheck // AWS's words
	}
	if err := b.fits(set); err != nil {
		return err
	}
	if set.AliasTarget != nil {
		if err := b.target(a, set); err != nil {
			return err
		}
	}
	b.put(k, set)
	return nil
}

// same tells whether two sets hold the same; the order of the values does not count.
func same(a, b recordSet) bool {
	x, y := *a, *b
	x.ResourceRecords, y.ResourceRecords = sortedValues(a), sortedValues(b)
	return reflect.DeepEqual(x, y)
}

func sortedValues(set recordSet) []r53types.ResourceRecord {
	if len(set.ResourceRecords) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(set.ResourceRecords), func(a, b r53types.ResourceRecord) int {
		return strings.Compare(*a.Value, *b.Value)
	})
}

// fits checks a set against the zone and what else has its name.
func (b *batch) fits(set recordSet) error {
	k, apex := keyOf(set), b.zone.Name
	switch {
	case !within(k.name, apex):
		return fmt.Errorf("RRSet with DNS name %s is not permitted in zone %s", k.name, apex)
	case k.kind == r53types.RRTypeCname && k.name == apex:
		return fmt.Errorf("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", k.name, apex)
	case k.kind == r53types.RRTypeSoa && k.name != apex:
		return fmt.Errorf("RRSet of type SOA with DNS name %s is not permitted in zone %s, as SOA records may only be defined at the zone apex", k.name, apex)
	case policyOf(set) == ipBased && b.zone.private():
		// Developer Guide, hosted-zone-private-considerations
		return fmt.Errorf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as CIDR routing is not supported in a private hosted zone", k.name, k.kind, k.id)
	case k.kind == r53types.RRTypeDs && k.name == apex:
		return fmt.Errorf("RRSet of type DS with DNS name %s is not permitted at apex in zone %s", k.name, apex)
	case k.kind == r53types.RRTypeNs && strings.HasPrefix(k.name, `\052.`):
		return fmt.Errorf("RRSet of type NS with DNS name %s is not permitted as a wildcard in zone %s", k.name, apex)
	}
	group := 1
	for _, other := range b.at(k.name) {
		if err := beside(set, other, apex); err != nil {
			return err
		}
		if o := keyOf(other); o.kind == k.kind && o != k {
			group++
		}
	}
	if group > maxGroup {
		return fmt.Errorf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as the limit of %d sets with the same name and type is reached", k.name, k.kind, k.id, maxGroup)
	}
	return nil
}

// beside checks a set against another of the same name.
func beside(set, other recordSet, apex string) error {
	k, o := keyOf(set), keyOf(other)
	if k == o {
		return nil
	}
	if k.kind != o.kind {
		switch r53types.RRTypeCname {
		case k.kind:
			return fmt.Errorf("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the same DNS name in zone %s", k.name, apex)
		case o.kind:
			return fmt.Errorf("RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s", k.kind, k.name, apex)
		}
		return nil
	}
	return policyOf(set).beside(set, other)
}

// lacking says what a zone must have and has no more.
func (b *batch) lacking() []string {
	var messages []string
	apex := b.zone.Name
	if b.get(setKey{apex, r53types.RRTypeSoa, ""}) == nil {
		messages = append(messages, "A HostedZone must contain exactly one SOA record.")
	}
	if b.get(setKey{apex, r53types.RRTypeNs, ""}) == nil {
		messages = append(messages, "A HostedZone must contain at least one NS record for the zone itself.")
	}
	if b.count > maxZoneRecords {
		messages = append(messages, fmt.Sprintf("Number of resource record sets in the hosted zone exceeds the limit of %d", maxZoneRecords))
	}
	return messages
}

// unequal names the weighted sets of the batch whose TTL is not that of the others with the same name and type. Only
// what the batch leaves counts: that is how the TTL of all of them is changed (observed,
// github.com/aws/aws-sdk-go-v2/issues/518 and github.com/hashicorp/terraform/issues/5312).
func (b *batch) unequal() []string {
	var messages []string
	for _, k := range slices.SortedFunc(maps.Keys(b.changed), setKey.compare) {
		set := b.changed[k]
		if set == nil || set.Weight == nil || set.TTL == nil {
			continue
		}
		if slices.ContainsFunc(b.at(k.name), func(o recordSet) bool { return o.Type == k.kind && o.TTL != nil && *o.TTL != *set.TTL }) {
			messages = append(messages, fmt.Sprintf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as weighted sets must contain the same TTL.", k.name, k.kind, k.id))
		}
	}
	return messages
}

// target checks where an alias leads: to a load balancer, or to a set of the same zone and type.
func (b *batch) target(a *api, set recordSet) error {
	to := set.AliasTarget
	lead := fmt.Sprintf("Tried to create an alias that targets %s, type %s in zone %s,", *to.DNSName, set.Type, *to.HostedZoneId)
	if *to.HostedZoneId == b.zone.ID {
		switch {
		case !within(*to.DNSName, b.zone.Name):
			return fmt.Errorf("%s but the alias target name does not lie within the target zone", lead)
		case set.Type == r53types.RRTypeNs || set.Type == r53types.RRTypeSoa:
			return fmt.Errorf("RRSet of type %s with DNS name %s may not be an alias", set.Type, *set.Name)
		case *to.DNSName == *set.Name:
			return fmt.Errorf("%s but the alias target name is that of the alias itself", lead)
		case !slices.ContainsFunc(b.at(*to.DNSName), func(s recordSet) bool { return s.Type == set.Type }):
			return fmt.Errorf("%s but that target was not found", lead)
		}
		return nil
	}
	suffixes := a.balancerNames(*to.HostedZoneId)
	if len(suffixes) == 0 || set.Type != r53types.RRTypeA && set.Type != r53types.RRTypeAaaa {
		return fmt.Errorf("%s but that target was not found", lead)
	}
	name := strings.TrimSuffix(aws.ToString(to.DNSName), ".")
	if !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
		return fmt.Errorf("%s but the alias target name does not lie within the target zone", lead)
	}
	return nil
}
