package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource"
)

// addAlarms adds the alarms of both regions, also what is left of those that are not declared.
func (v *inventory) addAlarms() {
	for _, at := range understudy.Sides {
		declared := map[string]understudy.MadeAlarm{}
		for _, m := range v.regions[at].Declared.AlarmsOf(at) {
			declared[m.Role] = m
		}
		for _, kind := range understudy.AlarmKinds {
			for _, of := range understudy.Sides {
				if kind.Of == understudy.OfCheck || of == at {
					m, is := declared[understudy.AlarmRole(kind.Name, of)]
					v.addAlarm(v.regions[at], v.regions[of], understudy.AlarmRole(kind.Name, of), m, is)
				}
			}
		}
	}
}

func (v *inventory) addAlarm(at, of *region, role string, means understudy.MadeAlarm, declared bool) {
	a := &failover.Alarm{Scope: at.Scope, Role: role, Means: means, Of: failover.Subject{Scope: of.Scope, Balancer: of.balancer, TargetGroup: of.targetGroup,
		Fleet: of.fleet, Check: of.check}, Node: at.alarmNode(role)}
	needs := []*node{of.balancerNode, of.targetGroupNode, of.listenerNode, of.fleetNode}
	if means.AlarmKind.Of == understudy.OfCheck {
		needs = []*node{of.checkNode}
	}
	v.graph.add(a.Node, unless(declared, a), needs...).finding(needs...)
}

// followAlarms gives the further checks of a region their alarms. An alarm that is followed waits until the region serves: of a load balancer or a
// target group that is new, it would see nothing good yet.
func (v *inventory) followAlarms(r *region) {
	for i, c := range r.furtherChecks {
		m, ok := r.Declared.FollowedAlarm(r.Declared.Failover.Further[i], r.Side)
		if !ok {
			continue
		}
		n := v.graph.byID[r.alarmNode(m.Role)]
		c.Follows, _ = n.resource.(*failover.Alarm)
		v.graph.after(n, r.readyNodes...)
		check := r.furtherCheckNodes[i]
		v.graph.needs(check, n)
		check.reads = append(check.reads, reading(n)...)
	}
}

// alarmNode is the id of an alarm's node.
func (r *region) alarmNode(role string) string { return r.id(strings.Replace(role, "-", " ", 1)) }

// addFurtherChecks adds a side's further checks, and what is left of those that are no longer declared, which goes after all else.
func (v *inventory) addFurtherChecks(r *region) {
	for nth := 1; nth <= understudy.MostChecks; nth++ {
		declared := nth <= len(r.Declared.Failover.Further)
		c := failover.FurtherCheck(r.Scope, r.balancer, nth)
		n := v.graph.add(r.id(fmt.Sprintf("further check %d", nth)), unless(declared, c), append(r.readyNodes, r.balancerNode)...).finding(r.balancerNode)
		r.furtherCheckNodes = append(r.furtherCheckNodes, n)
		if declared {
			r.furtherChecks = append(r.furtherChecks, c)
		}
	}
}

// ChecksFind asks Route 53 what its checkers find of a region.
func (s *Stack) ChecksFind(ctx context.Context, side understudy.Side) (failover.Found, error) {
	r := takeInventory(s.Declaration, s.Accounts).regions[side]
	ctx = resource.WithSharedLists(ctx)
	for _, c := range append([]resource.Resource{r.check}, failover.AsResources(r.furtherChecks)...) {
		there, err := c.Find(ctx)
		if err != nil {
			return failover.Found{}, err
		}
		if !there {
			return failover.Found{}, errors.New("there is no such health check")
		}
	}
	_, err := r.passing.Find(ctx)
	return failover.Found{Passing: r.passing.Passes(), Checks: r.passing.Found, Told: r.passing.Told()}, err
}

// unless returns a resource that is declared, or else what removes what is left of it.
func unless(declared bool, r resource.Resource) resource.Resource {
	if declared {
		return r
	}
	return &retired{Resource: r}
}
