package zones

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/policies"
	"github.com/understudy/understudy/cloud/internal/records"
)

// root is the one record set of an instance that listings show.
func (i policyInstance) root() records.Set {
	return &r53types.ResourceRecordSet{Name: aws.String(i.Name), Type: r53types.RRType(i.Type), TTL: aws.Int64(i.TTL), TrafficPolicyInstanceId: aws.String(i.ID)}
}

// policyTrees are the record sets of instances as they were compiled, and those of zones with them.
type policyTrees struct {
	instances map[string]policyTree
	zones     map[string]zoneTree
}

func newPolicyTrees() policyTrees {
	return policyTrees{instances: map[string]policyTree{}, zones: map[string]zoneTree{}}
}

type policyTree struct {
	change int
	sets   records.Sets
}

// zoneTree is a zone's record sets with the trees of its instances in the roots' places.
type zoneTree struct {
	from   records.Sets
	change int
	sets   records.Sets
}

// recordsOf are a zone's record sets as they are served. They are the very same slice until something changes.
func (t *policyTrees) recordsOf(r *Room, z zone) records.Sets {
	plain, change := r.records.of(z.ID), 0
	var instances []policyInstance
	for _, i := range r.instances.All() {
		if i.ZoneID == z.ID {
			instances = append(instances, i)
			change = max(change, i.Change)
		}
	}
	if len(instances) == 0 {
		delete(t.zones, z.ID)
		return plain
	}
	if known, ok := t.zones[z.ID]; ok && known.change == change && len(known.from) == len(plain) && &known.from[0] == &plain[0] {
		return known.sets
	}
	sets := slices.DeleteFunc(slices.Clone(plain), func(s records.Set) bool { return s.TrafficPolicyInstanceId != nil })
	for _, i := range instances {
		sets = append(sets, t.tree(r, i, z)...)
	}
	t.zones[z.ID] = zoneTree{from: plain, change: change, sets: sets}
	return sets
}

// tree are an instance's record sets.
func (t *policyTrees) tree(r *Room, i policyInstance, z zone) records.Sets {
	if known, ok := t.instances[i.ID]; ok && known.change == i.Change {
		return known.sets
	}
	sets, err := r.compile(i, z)
	if err != nil {
		r.Log.Error("a traffic policy instance cannot be served", "instance", i.ID, "error", err)
	}
	t.instances[i.ID] = policyTree{change: i.Change, sets: sets}
	return sets
}

// compile makes an instance's record sets from its policy as stored.
func (r *Room) compile(i policyInstance, z zone) (records.Sets, error) {
	p, _ := r.policies.Get(i.PolicyID)
	v, ok := p.version(i.PolicyVersion)
	if !ok {
		return nil, noPolicy(i.PolicyID, i.PolicyVersion)
	}
	d, err := policies.Parse(v.Document)
	if err != nil {
		return nil, err
	}
	return d.Compile(policies.Instance{ID: i.ID, Name: i.Name, TTL: i.TTL, Zone: z.ID, Parent: z.Name})
}
