package zones

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

// compiler makes the record sets of one traffic policy instance: a tree, of which the root has the instance's name.
// Each further rule has a name of its own, which no listing shows, and to which aliases lead. (Developer Guide,
// traffic-flow: Route 53 makes a tree of records; ResourceRecordSet.TrafficPolicyInstanceId: one record set stands
// for it.)
type compiler struct {
	document policyDocument
	instance policyInstance
	zone     zone
	made     map[string]bool // rules that have their record sets
	sets     records.Sets
}

// compilePolicy makes an instance's record sets, in the order in which they are listed.
func compilePolicy(d policyDocument, i policyInstance, z zone) (records.Sets, error) {
	c := &compiler{document: d, instance: i, zone: z, made: map[string]bool{}}
	var err error
	if d.StartRule != "" {
		err = c.rule(d.StartRule, i.Name)
	} else {
		err = c.endpoint(&r53types.ResourceRecordSet{}, i.Name, policyBranch{EndpointReference: d.StartEndpoint})
	}
	slices.SortFunc(c.sets, records.CompareSets)
	return c.sets, err
}

// hidden is the name of a rule's record sets. Ids of rules are anyone's own, so a number stands for one.
func (c *compiler) hidden(rule string) string {
	ids := slices.Sorted(maps.Keys(c.document.Rules))
	at, _ := slices.BinarySearch(ids, rule)
	return fmt.Sprintf("_%s-%d.%s", c.instance.ID, at+1, c.zone.Name)
}

// rule makes the record sets of a rule, at a name.
func (c *compiler) rule(id, at string) error {
	r := c.document.Rules[id]
	for i, b := range r.branches() {
		set := &r53types.ResourceRecordSet{}
		if err := b.route(set, r.RuleType, i); err != nil {
			return err
		}
		if b.HealthCheck != "" {
			set.HealthCheckId = aws.String(b.HealthCheck)
		}
		if err := c.branch(set, at, b); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) branch(set records.Set, at string, b policyBranch) error {
	if b.RuleReference == "" {
		return c.endpoint(set, at, b)
	}
	to := c.hidden(b.RuleReference)
	c.alias(set, at, c.zone.ID, to, b)
	if c.made[b.RuleReference] {
		return nil
	}
	c.made[b.RuleReference] = true
	return c.rule(b.RuleReference, to)
}

// endpoint makes the record set that leads to an endpoint.
func (c *compiler) endpoint(set records.Set, at string, b policyBranch) error {
	e := c.document.Endpoints[b.EndpointReference]
	switch e.Type {
	case "value":
		set.TTL = aws.Int64(c.instance.TTL)
		set.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(e.Value)}}
		c.put(set, at)
		return nil
	case "application-load-balancer", "elastic-load-balancer", "network-load-balancer":
		to, err := records.Name(e.Value)
		if err != nil {
			return err
		}
		for zone, region := range records.BalancerZones {
			if strings.HasSuffix(to, "."+region+".elb.amazonaws.com.") || strings.HasSuffix(to, ".elb."+region+".amazonaws.com.") {
				c.alias(set, at, zone, to, b)
				return nil
			}
		}
		return request.BadInput("Invalid request: endpoint %s: %s is the name of no load balancer of a region", b.EndpointReference, e.Value)
	}
	return request.Unsupported("TrafficPolicyId", fmt.Sprintf("endpoints of type %s, as %s is, are not there", e.Type, b.EndpointReference))
}

func (c *compiler) alias(set records.Set, at, zone, to string, b policyBranch) {
	set.AliasTarget = &r53types.AliasTarget{HostedZoneId: &zone, DNSName: &to, EvaluateTargetHealth: b.EvaluateTargetHealth.boolean()}
	c.put(set, at)
}

func (c *compiler) put(set records.Set, at string) {
	set.Name, set.Type, set.TrafficPolicyInstanceId = &at, c.document.RecordType, &c.instance.ID
	c.sets = append(c.sets, set)
}

// root is the one record set of an instance that listings show.
func (i policyInstance) root() records.Set {
	return &r53types.ResourceRecordSet{Name: aws.String(i.Name), Type: r53types.RRType(i.Type), TTL: aws.Int64(i.TTL), TrafficPolicyInstanceId: aws.String(i.ID)}
}

// policyTrees are the record sets of instances as they were compiled, and those of zones with them.
type policyTrees struct {
	instances map[string]policyTree
	zones     map[string]zoneTree
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
func (p *plane) recordsOf(z zone) records.Sets {
	plain, change := p.state.records.of(z.ID), 0
	var instances []policyInstance
	for _, i := range p.state.instances.All() {
		if i.ZoneID == z.ID {
			instances = append(instances, i)
			change = max(change, i.Change)
		}
	}
	if len(instances) == 0 {
		delete(p.trees.zones, z.ID)
		return plain
	}
	if t, ok := p.trees.zones[z.ID]; ok && t.change == change && len(t.from) == len(plain) && &t.from[0] == &plain[0] {
		return t.sets
	}
	sets := slices.DeleteFunc(slices.Clone(plain), func(s records.Set) bool { return s.TrafficPolicyInstanceId != nil })
	for _, i := range instances {
		sets = append(sets, p.tree(i, z)...)
	}
	p.trees.zones[z.ID] = zoneTree{from: plain, change: change, sets: sets}
	return sets
}

// tree are an instance's record sets.
func (p *plane) tree(i policyInstance, z zone) records.Sets {
	if t, ok := p.trees.instances[i.ID]; ok && t.change == i.Change {
		return t.sets
	}
	sets, err := p.state.compile(i, z)
	if err != nil {
		p.log.Error("a traffic policy instance cannot be served", "instance", i.ID, "error", err)
	}
	p.trees.instances[i.ID] = policyTree{change: i.Change, sets: sets}
	return sets
}

// compile makes an instance's record sets from its policy as stored.
func (s *state) compile(i policyInstance, z zone) (records.Sets, error) {
	p, _ := s.policies.Get(i.PolicyID)
	v, ok := p.version(i.PolicyVersion)
	if !ok {
		return nil, noPolicy(i.PolicyID, i.PolicyVersion)
	}
	d, err := parsePolicy(v.Document)
	if err != nil {
		return nil, err
	}
	return compilePolicy(d, i, z)
}
