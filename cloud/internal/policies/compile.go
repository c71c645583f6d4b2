package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

// compiler makes the record sets of one traffic policy instance: a tree, of which the root has the instance's name.
// Each further rule has a name of its own, which no listing shows, and to which aliases lead. (Developer Guide,
// traffic-flow: Route 53 makes a tree of records; ResourceRecordSet.TrafficPolicyInstanceId: one record set stands
// for it.)
type compiler struct {
	document Document
	at       Instance
	made     map[string]bool // rules that have their record sets
	sets     records.Sets
}

// Instance is a traffic policy instance: what its record sets are made from.
type Instance struct {
	ID, Name     string
	TTL          int64  // in seconds
	Zone, Parent string // the id and the name of the hosted zone
}

// Compile makes an instance's record sets, in the order in which they are listed.
func (d Document) Compile(i Instance) (records.Sets, error) {
	c := &compiler{document: d, at: i, made: map[string]bool{}}
	var err error
	if d.StartRule != "" {
		err = c.rule(d.StartRule, i.Name)
	} else {
		err = c.endpoint(&r53types.ResourceRecordSet{}, i.Name, branch{EndpointReference: d.StartEndpoint})
	}
	slices.SortFunc(c.sets, records.CompareSets)
	return c.sets, err
}

// hidden is the name of a rule's record sets. It has a number instead of the rule's id, which may be any text.
func (c *compiler) hidden(rule string) string {
	ids := slices.Sorted(maps.Keys(c.document.Rules))
	at, _ := slices.BinarySearch(ids, rule)
	return fmt.Sprintf("_%s-%d.%s", c.at.ID, at+1, c.at.Parent)
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

func (c *compiler) branch(set records.Set, at string, b branch) error {
	if b.RuleReference == "" {
		return c.endpoint(set, at, b)
	}
	to := c.hidden(b.RuleReference)
	c.alias(set, at, c.at.Zone, to, b)
	if c.made[b.RuleReference] {
		return nil
	}
	c.made[b.RuleReference] = true
	return c.rule(b.RuleReference, to)
}

// endpoint makes the record set for an endpoint.
func (c *compiler) endpoint(set records.Set, at string, b branch) error {
	e := c.document.Endpoints[b.EndpointReference]
	switch e.Type {
	case "value":
		set.TTL = aws.Int64(c.at.TTL)
		set.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(e.Value)}}
		c.put(set, at)
		return nil
	case "application-load-balancer", "elastic-load-balancer", "network-load-balancer":
		to, err := records.Name(e.Value)
		if err != nil {
			return err
		}
		for _, region := range partition.Names() {
			if strings.HasSuffix(to, "."+region+".elb.amazonaws.com.") {
				c.alias(set, at, partition.BalancerZone(region), to, b)
				return nil
			}
			if strings.HasSuffix(to, ".elb."+region+".amazonaws.com.") {
				c.alias(set, at, partition.NetworkBalancerZone(region), to, b)
				return nil
			}
		}
		return request.BadInput("Invalid request: endpoint %s: %s is the name of no load balancer of a region", b.EndpointReference, e.Value)
	}
	return request.Unsupported("TrafficPolicyId", fmt.Sprintf("endpoints of type %s, as %s is, are not there", e.Type, b.EndpointReference))
}

func (c *compiler) alias(set records.Set, at, zone, to string, b branch) {
	set.AliasTarget = &r53types.AliasTarget{HostedZoneId: &zone, DNSName: &to, EvaluateTargetHealth: b.EvaluateTargetHealth.boolean()}
	c.put(set, at)
}

func (c *compiler) put(set records.Set, at string) {
	set.Name, set.Type, set.TrafficPolicyInstanceId = &at, c.document.RecordType, &c.at.ID
	c.sets = append(c.sets, set)
}
