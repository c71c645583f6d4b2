package balancing

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

func (t *TargetGroup) name() string {
	if t.Further != nil {
		return t.Further.Name
	}
	return ""
}

func (t *TargetGroup) role() string { return understudy.GroupRole(t.name()) }

func (t *TargetGroup) GroupName() string {
	number := t.Number
	if t.Lead != nil {
		number = t.Lead.Number
	}
	return understudy.GroupName(Generation(t.Scope, number), t.name())
}

// how tells how its targets are asked, and at which port for what users ask.
func (t *TargetGroup) how() (understudy.Target, int) {
	if t.Further != nil {
		return t.Further.Target, t.Further.Port
	}
	return t.Declared.Target, t.Declared.Service.Port
}

// take makes what was found the one in use.
func (t *TargetGroup) take(one *TargetGroup) {
	t.Number, t.ARN, t.Seen, t.Port, t.Probed, t.members, t.used = one.Number, one.ARN, one.Seen, one.Port, one.Probed, one.members, one.used
}

// join takes the place of a further one in the generation that is in use.
func (t *TargetGroup) join() bool {
	t.ARN, t.Seen, t.Port, t.Probed = "", nil, 0, 0
	if one := t.Lead.memberFound(t.name()); one != nil {
		t.take(one)
	}
	return t.ARN != ""
}

func (t *TargetGroup) memberFound(name string) *TargetGroup {
	if n := slices.IndexFunc(t.members, func(one *TargetGroup) bool { return one.name() == name }); n >= 0 {
		return t.members[n]
	}
	return nil
}

// assemble gives each generation its further target groups. Those whose generation has no other any more are one that cannot serve.
func (t *TargetGroup) assemble(all, members []*TargetGroup) []*TargetGroup {
	for _, m := range members {
		n := slices.IndexFunc(all, func(one *TargetGroup) bool { return one.Number == m.Number })
		if n < 0 {
			n, all = len(all), append(all, &TargetGroup{Scope: t.Scope, VPC: t.VPC, Number: m.Number, within: m.within})
		}
		all[n].members = append(all[n].members, m)
	}
	return all
}

// cannotBecome tells whether one that was found cannot be made as wanted. One in another VPC is refused elsewhere.
func cannotBecome(wanted, found *TargetGroup) bool {
	differences := resource.Compare(wanted.Desired(), found.Seen)
	return !resource.Differs(differences, "vpc") && slices.ContainsFunc(differences, func(d resource.Difference) bool { return d.Fixed })
}

// outgrowsMembers tells whether the further target groups of a generation are others than the declared ones. Where no load balancer knows the
// generation yet, it is still being made, and those that it lacks are to come.
func (t *TargetGroup) outgrowsMembers(one *TargetGroup) bool {
	for _, f := range t.Followers {
		m := one.memberFound(f.name())
		if m == nil && one.used || m != nil && cannotBecome(f, m) {
			return true
		}
	}
	return slices.ContainsFunc(one.members, func(m *TargetGroup) bool {
		return !slices.ContainsFunc(t.Followers, func(f *TargetGroup) bool { return f.name() == m.name() })
	})
}

// together are all of a generation, the service's last: as long as it is there, the generation is known by it.
func (t *TargetGroup) together() []*TargetGroup {
	if t.ARN == "" {
		return t.members
	}
	return append(slices.Clone(t.members), t)
}

// DeclaredTogether are all that are declared, the service's first.
func (t *TargetGroup) DeclaredTogether() []*TargetGroup {
	return append([]*TargetGroup{t}, t.Followers...)
}

// ARNs are those of all that are declared, at which a fleet registers its instances.
func (t *TargetGroup) ARNs() (all []string) {
	for _, one := range t.DeclaredTogether() {
		all = append(all, one.ARN)
	}
	return all
}

// Known are the ARNs as a plan shows them.
func (t *TargetGroup) Known() (all []string) {
	for _, arn := range t.ARNs() {
		all = append(all, resource.Known(arn))
	}
	return all
}

// toward returns shares of target groups with a name, for those of the service's. A generation without one of that name serves by the service's.
func (l *Listener) toward(name string, shares []Share) []Share {
	if name == "" {
		return shares
	}
	var all []Share
	for _, s := range shares {
		if arn, ok := l.counterpart(name, s.Group); ok {
			s.Group = arn
		}
		all = append(all, s)
	}
	return all
}

// counterpart returns the ARN of the target group with a name that is of a generation, known by the service's.
func (l *Listener) counterpart(name, of string) (arn string, ok bool) {
	if of == l.Group.ARN {
		for _, f := range l.Group.Followers {
			if f.name() == name {
				return f.ARN, true
			}
		}
	}
	for _, one := range l.Group.Earlier {
		if m := one.memberFound(name); one.ARN == of && m != nil {
			return m.ARN, true
		}
	}
	return "", false
}

// toWhom returns the name of the target group that has shares: that of the declared generation, where it is among them.
func (l *Listener) toWhom(shares []Share) string {
	has := func(all []*TargetGroup) string {
		n := slices.IndexFunc(all, func(g *TargetGroup) bool {
			return slices.ContainsFunc(shares, func(s Share) bool { return s.Group == g.ARN && g.ARN != "" })
		})
		if n < 0 {
			return ""
		}
		return all[n].name()
	}
	if slices.ContainsFunc(shares, func(s Share) bool { return s.Group == l.Group.ARN }) {
		return ""
	}
	if name := has(l.Group.Followers); name != "" {
		return name
	}
	for _, one := range l.Group.Earlier {
		if name := has(one.members); name != "" {
			return name
		}
	}
	return ""
}

// States returns what the load balancer finds of each target. Of one that several target groups have, the worst counts.
func (t *TargetGroup) States(ctx context.Context) (map[string]*TargetState, error) {
	var all map[string]*TargetState
	for _, one := range t.DeclaredTogether() {
		found, err := t.Targets(ctx, one.ARN)
		if err != nil {
			return nil, err
		}
		all = worse(all, StateOf(found))
	}
	return all, nil
}

// worse returns of each target the state that is not healthy, if one of two is not. Nil says nothing yet.
func worse(all, more map[string]*TargetState) map[string]*TargetState {
	if all == nil {
		return more
	}
	for id, state := range all {
		switch other := more[id]; {
		case !state.Healthy():
		case other == nil:
			all[id] = &TargetState{State: elbtypes.TargetHealthStateEnumInitial, Reason: elbtypes.TargetHealthReasonEnumNotRegistered}
		default:
			all[id] = other
		}
	}
	return all
}
