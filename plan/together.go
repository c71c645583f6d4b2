package plan

import (
	"context"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// Further target groups are of the service's generation (generation.go): its fleet registers its instances in all of them, and Auto Scaling takes an
// instance for healthy only if each does. One more of them, or one less, could therefore not be had in place: instances that do not serve a port
// yet would be replaced, all at once. So another set of them is another generation, and so is another port or protocol of one.

// addFurtherGroups adds the further target groups.
func (v *inventory) addFurtherGroups(r *region) {
	for _, d := range r.Declared.Groups {
		t := &targetGroup{Scope: r.Scope, vpc: r.vpc, further: &d, lead: r.targetGroup}
		r.targetGroup.followers = append(r.targetGroup.followers, t)
		n := v.graph.add(r.id("target group "+d.Name), t, r.vpcNode, r.targetGroupNode).finding(r.targetGroupNode)
		r.groupsNodes = append(r.groupsNodes, n)
	}
}

func (t *targetGroup) name() string {
	if t.further != nil {
		return t.further.Name
	}
	return ""
}

func (t *targetGroup) role() string { return understudy.GroupRole(t.name()) }

func (t *targetGroup) groupName() string {
	number := t.number
	if t.lead != nil {
		number = t.lead.number
	}
	return understudy.GroupName(generation(t.Scope, number), t.name())
}

// how tells how its targets are asked, and at which port for what users ask.
func (t *targetGroup) how() (understudy.Target, int) {
	if t.further != nil {
		return t.further.Target, t.further.Port
	}
	return t.Declared.Target, t.Declared.Service.Port
}

// take makes what was found the one in use.
func (t *targetGroup) take(one *targetGroup) {
	t.number, t.arn, t.seen, t.port, t.probed, t.members, t.used = one.number, one.arn, one.seen, one.port, one.probed, one.members, one.used
}

// join takes the place of a further one in the generation that is in use.
func (t *targetGroup) join() bool {
	t.arn, t.seen, t.port, t.probed = "", nil, 0, 0
	if one := t.lead.memberFound(t.name()); one != nil {
		t.take(one)
	}
	return t.arn != ""
}

func (t *targetGroup) memberFound(name string) *targetGroup {
	if n := slices.IndexFunc(t.members, func(one *targetGroup) bool { return one.name() == name }); n >= 0 {
		return t.members[n]
	}
	return nil
}

// assemble gives each generation its further target groups. Those whose generation has no other any more are one that cannot serve.
func (t *targetGroup) assemble(all, members []*targetGroup) []*targetGroup {
	for _, m := range members {
		n := slices.IndexFunc(all, func(one *targetGroup) bool { return one.number == m.number })
		if n < 0 {
			n, all = len(all), append(all, &targetGroup{Scope: t.Scope, vpc: t.vpc, number: m.number, within: m.within})
		}
		all[n].members = append(all[n].members, m)
	}
	return all
}

// cannotBecome tells whether one that was found cannot be made as wanted. One in another VPC is refused elsewhere.
func cannotBecome(wanted, found *targetGroup) bool {
	differences := resource.Compare(wanted.Desired(), found.seen)
	return !resource.Differs(differences, "vpc") && slices.ContainsFunc(differences, func(d resource.Difference) bool { return d.Fixed })
}

// outgrowsMembers tells whether the further target groups of a generation are others than the declared ones. Where no load balancer knows the
// generation yet, it is still being made, and those that it lacks are to come.
func (t *targetGroup) outgrowsMembers(one *targetGroup) bool {
	for _, f := range t.followers {
		m := one.memberFound(f.name())
		if m == nil && one.used || m != nil && cannotBecome(f, m) {
			return true
		}
	}
	return slices.ContainsFunc(one.members, func(m *targetGroup) bool {
		return !slices.ContainsFunc(t.followers, func(f *targetGroup) bool { return f.name() == m.name() })
	})
}

// together are all of a generation, the service's last: as long as it is there, the generation is known by it.
func (t *targetGroup) together() []*targetGroup {
	if t.arn == "" {
		return t.members
	}
	return append(slices.Clone(t.members), t)
}

// declaredTogether are all that are declared, the service's first.
func (t *targetGroup) declaredTogether() []*targetGroup {
	return append([]*targetGroup{t}, t.followers...)
}

// arns are those of all that are declared, at which a fleet registers its instances.
func (t *targetGroup) arns() (all []string) {
	for _, one := range t.declaredTogether() {
		all = append(all, one.arn)
	}
	return all
}

// known are the ARNs as a plan shows them.
func (t *targetGroup) known() (all []string) {
	for _, arn := range t.arns() {
		all = append(all, resource.Known(arn))
	}
	return all
}

// toward returns shares of target groups with a name, for those of the service's. A generation without one of that name serves by the service's.
func (l *listener) toward(name string, shares []share) []share {
	if name == "" {
		return shares
	}
	var all []share
	for _, s := range shares {
		if arn, ok := l.counterpart(name, s.group); ok {
			s.group = arn
		}
		all = append(all, s)
	}
	return all
}

// counterpart returns the ARN of the target group with a name that is of a generation, known by the service's.
func (l *listener) counterpart(name, of string) (arn string, ok bool) {
	if of == l.group.arn {
		for _, f := range l.group.followers {
			if f.name() == name {
				return f.arn, true
			}
		}
	}
	for _, one := range l.group.earlier {
		if m := one.memberFound(name); one.arn == of && m != nil {
			return m.arn, true
		}
	}
	return "", false
}

// toWhom returns the name of the target group that has shares: that of the declared generation, where it is among them.
func (l *listener) toWhom(shares []share) string {
	has := func(all []*targetGroup) string {
		n := slices.IndexFunc(all, func(g *targetGroup) bool {
			return slices.ContainsFunc(shares, func(s share) bool { return s.group == g.arn && g.arn != "" })
		})
		if n < 0 {
			return ""
		}
		return all[n].name()
	}
	if slices.ContainsFunc(shares, func(s share) bool { return s.group == l.group.arn }) {
		return ""
	}
	if name := has(l.group.followers); name != "" {
		return name
	}
	for _, one := range l.group.earlier {
		if name := has(one.members); name != "" {
			return name
		}
	}
	return ""
}

// states returns what the load balancer finds of each target. Of one that several target groups have, the worst counts.
func (t *targetGroup) states(ctx context.Context) (map[string]*targetState, error) {
	var all map[string]*targetState
	for _, one := range t.declaredTogether() {
		found, err := t.Targets(ctx, one.arn)
		if err != nil {
			return nil, err
		}
		all = worse(all, stateOf(found))
	}
	return all, nil
}

// worse returns of each target the state that is not healthy, if one of two is not. Nil says nothing yet.
func worse(all, more map[string]*targetState) map[string]*targetState {
	if all == nil {
		return more
	}
	for id, state := range all {
		switch other := more[id]; {
		case !state.healthy():
		case other == nil:
			all[id] = &targetState{State: elbtypes.TargetHealthStateEnumInitial, Reason: elbtypes.TargetHealthReasonEnumNotRegistered}
		default:
			all[id] = other
		}
	}
	return all
}
