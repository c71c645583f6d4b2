package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// The network that a VPC is made with is there for its life (AssociateVpcCidrBlock in the Amazon EC2 API Reference adds others), subnets,
// security groups and target groups never leave their VPC, and a load balancer takes subnets of one VPC only (SetSubnets in the Elastic
// Load Balancing API Reference). So another declared network takes a second generation of all that lies in it, and users move by the
// failover record:
//
//  1. The VPC with the declared network is made beside the earlier one, and in it all that a new region gets. Launch template, image and
//     names are those of both; a version of the template names the new security group.
//  2. The new instances come to serve, and a health check of its own asks the new load balancer and passes. The standby's switch is made
//     again, in the position of the earlier one.
//  3. The record changes alias and health check in one batch (failover/records.go).
//  4. The earlier load balancer serves on for as long as resolvers keep its addresses. Then all that lies in the earlier VPC is deleted,
//     as by down.
//
// Which generation is which is told by what is found, as in balancing/generation.go: the VPC with the declared network is the new one, whatever
// run made it. Resources look past what lies in the VPCs of others (beyond).

// DefaultLinger is the TTL of the answers of an alias record that leads to a load balancer ("Choosing between alias and non-alias
// records" in the Amazon Route 53 Developer Guide).
const DefaultLinger = 60 * time.Second

// declaredWith is the scope of a declaration with another network. One that is given has no range of its own to be declared with, and
// stays as it is.
func declaredWith(s resource.Scope, network string) resource.Scope {
	cidr, err := netip.ParsePrefix(network)
	if err != nil {
		return s
	}
	d, place := *s.Declared, s.Place()
	place.CIDR, place.Network = cidr, nil
	d.Regions = maps.Clone(d.Regions)
	d.Regions[s.Side] = place
	s.Declared = &d
	return s
}

// moved is the wait between the move of users to another network and the end of the earlier one.
type moved struct {
	resource.Scope
	region  *region
	records *failover.Records // a reading of its own
	linger  time.Duration
}

func (m *moved) Momentary()    {}
func (m *moved) Foreign() bool { return true } // what it names has nodes of its own

func (m *moved) Find(context.Context) (bool, error) { return true, nil }
func (m *moved) Desired() []resource.Field          { return []resource.Field{{Name: "earlier networks"}} }

func (m *moved) Actual() []resource.Field {
	return []resource.Field{{Name: "earlier networks", Value: resource.Set(m.region.vpc.Before()...)}}
}

func (m *moved) Create(context.Context) error { return nil }
func (m *moved) Remove(context.Context) error { return nil }

// Change returns when nobody has the earlier load balancer's addresses any more, and the region passes its check with the new one.
func (m *moved) Change(ctx context.Context, _ []resource.Difference) error {
	began := time.Now()
	return account.Poll(ctx, fmt.Sprintf("the end of answers with the earlier addresses, %v", m.linger), m.linger+resource.LongTime,
		func(ctx context.Context) (bool, error) {
			if _, err := m.region.passing.Find(ctx); err != nil {
				return false, err
			}
			return (m.region.passing.Passes() || m.region.passing.Check.Dark()) && time.Since(began) >= m.linger, nil
		})
}

// undo deletes the new network, with all that lies in it, where that does not come to serve. The record leads to the earlier one all
// the time.
func (m *moved) undo(ctx context.Context, cause error) error {
	var ill *resource.NotServing
	r := m.region
	if !errors.As(cause, &ill) || r.vpc.ID == "" {
		return cause
	}
	if err := m.records.Look(ctx); err != nil {
		return fmt.Errorf("%w\nnot rolled back: %w", cause, err)
	}
	if set := m.records.Seen[m.Side]; set.AliasTarget != nil && balancing.SameName(aws.ToString(set.AliasTarget.DNSName), r.balancer.DNSName) {
		return cause // users have moved
	}
	resource.Note(ctx, "%s does not come to serve; it is deleted", r.vpc.ID)
	if err := m.giveUp(ctx); err != nil {
		return fmt.Errorf("%w\ndeleting %s, which does not come to serve, failed: %w", cause, r.vpc.ID, err)
	}
	said := fmt.Sprintf("rolled back: users are served in %s as before, and %s is deleted", strings.Join(r.vpc.Before(), " and "), r.vpc.ID)
	if r.fleet.Second != "" {
		said += "; the " + string(r.fleet.Second) + " fleet was not touched"
	}
	return fmt.Errorf("%w\n%s", cause, said)
}

func (m *moved) giveUp(ctx context.Context) error {
	r := m.region
	if c := r.check; c.ID != "" && c.Config != nil && len(c.Superseded) > 0 && balancing.SameName(aws.ToString(c.Config.FullyQualifiedDomainName),
		r.balancer.DNSName) {
		if err := failover.DeleteHealthChecks(ctx, c.Scope, &[]string{c.ID}); err != nil {
			return err
		}
	}
	of := &network.VPC{Scope: r.Scope, ID: r.vpc.ID, Seen: r.vpc.Seen}
	alone := &inventory{}
	alone.addLeaving(r, of, "")
	p, err := planDown(ctx, alone, false)
	if err != nil {
		return err
	}
	if err := p.Apply(ctx, Silent{}); err != nil {
		return err
	}
	return r.template.GiveUp(ctx, r.template.Exact())
}

// addLeaving adds what lies in a VPC of a region that is to go. The prefix is of its nodes' names.
func (v *inventory) addLeaving(r *region, of *network.VPC, prefix string) *region {
	old := &region{Scope: declaredWith(r.Scope, of.Network()), prefix: prefix, template: r.template, templateNode: v.graph.byID[r.id("launch template")]}
	v.addNetwork(old)
	old.vpc.ID, old.vpc.Seen, old.vpc.Leaving = of.ID, of.Seen, true
	v.addGroups(old)
	v.addEndpoints(old)
	v.addFront(old)
	v.addInstances(old)
	v.graph.needs(old.balancerNode, old.fleetNode) // whoever still asks it is not told that nobody serves
	return old
}

// leaving adds what lies in the earlier VPCs that were found, and finds it. The records and checks that lead there need it, for down's
// order.
func (v *inventory) leaving(ctx context.Context) (map[*node]bool, error) {
	known := slices.Clone(v.graph.nodes)
	for _, side := range understudy.Sides {
		r := v.regions[side]
		if r == nil {
			continue
		}
		for nth, of := range r.vpc.Earlier {
			prefix := "earlier "
			if nth > 0 { // one more for each that was declared and not completed
				prefix = fmt.Sprintf("earlier (%d) ", nth+1)
			}
			old := v.addLeaving(r, of, prefix)
			v.graph.add(old.id("neighbours"), &neighbours{Scope: old.Scope, vpc: old.vpc, graph: &v.graph}, old.vpcNode)
			v.graph.needs(v.recordsNode, old.balancerNode)
			for _, n := range append([]*node{r.checkNode}, r.furtherCheckNodes...) {
				v.graph.needs(n, old.balancerNode)
			}
		}
	}
	if len(known) == len(v.graph.nodes) {
		return nil, nil
	}
	return v.graph.examine(ctx, func(n *node) bool { return slices.Contains(known, n) })
}

// refuseAlone refuses to take another network to one side alone: the records, which move the users, are of both.
func (v *inventory) refuseAlone(o Rollout) error {
	for _, side := range understudy.Sides {
		if r := v.regions[side]; o.Only != "" && r.vpc.Replaced() {
			return fmt.Errorf("%s: %s is to make place for %s, which is not done for one side alone: users are moved by the record, which is of both",
				r.id("vpc"), r.vpc.Earlier[0], r.vpc.Wanted())
		}
	}
	return nil
}

// moveByRecord has users move to another network only when it serves, and what belongs to the move come in its order.
func (v *inventory) moveByRecord(r *region, linger time.Duration) {
	g := &v.graph
	r.moved.linger = linger
	for _, n := range r.hostNodes {
		g.after(n, r.readyNodes...)
	}
	for _, n := range append([]*node{r.presetNode, v.recordsNode}, v.switchNodes[r.Side]...) {
		g.after(n, r.healthNode)
	}
	g.after(r.movedNode, v.recordsNode)
	for _, n := range append([]*node{r.fleetNode, r.healthNode}, r.readyNodes...) {
		n.undo = r.moved.undo
	}
}

var _ resource.Resource = (*moved)(nil)
