package scaling

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// mostOverrides is how many instance types a mixed instances policy may have (API reference, LaunchTemplateOverrides).
const mostOverrides = 40

// mixedPolicy is a mixed instances policy beside its launch template
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html). Its instances are On-Demand
// Instances: of those, the first type of the list is launched that can be.
type mixedPolicy struct {
	Overrides    []override
	Distribution autoscalingtypes.InstancesDistribution // with its defaults
}

// override is an instance type that a group may launch, with its own launch template or none, and how much capacity it is or zero.
type override struct {
	Type     string
	Template *templateSpec
	Weight   int
}

// source is what a group launches instances from.
type source struct {
	Template      templateSpec
	Mixed         *mixedPolicy // nil for none
	Configuration string       // a launch configuration in place of both
	Configured    time.Time    // when that was made
}

func (r *Room) sourceOf(tx *store.Tx, f fleetRow) source {
	c, _ := r.configurations.GetTx(tx, f.Configuration)
	return source{f.Template, f.Mixed, f.Configuration, c.Created}
}

// exactSource has all launch templates of a source stand for what they are at present.
func (r *Room) exactSource(tx *store.Tx, s source) (out source, err error) {
	if s.Configuration != "" {
		return s, nil
	}
	if out.Template, err = r.exactTemplate(tx, s.Template); err != nil || s.Mixed == nil {
		return out, err
	}
	mixed := *s.Mixed
	mixed.Overrides = slices.Clone(mixed.Overrides)
	for n, o := range mixed.Overrides {
		if o.Template == nil {
			continue
		}
		exact, err := r.exactTemplate(tx, *o.Template)
		if err != nil {
			return out, err
		}
		mixed.Overrides[n].Template = &exact
	}
	out.Mixed = &mixed
	return out, nil
}

// next is what a source launches next, but for types whose last launch failed.
func (s source) next(exhausted []string) override {
	if s.Mixed == nil || len(s.Mixed.Overrides) == 0 {
		return override{Template: &s.Template}
	}
	at := max(0, slices.IndexFunc(s.Mixed.Overrides, func(o override) bool { return !slices.Contains(exhausted, o.Type) }))
	return s.at(at)
}

func (s source) at(n int) override {
	o := s.Mixed.Overrides[n]
	if o.Template == nil {
		o.Template = &s.Template
	}
	return o
}

// versions are what instances of an exact source are of.
func (s source) versions() (all []fleet.Version) {
	if s.Configuration != "" {
		return []fleet.Version{{Configured: s.Configured.UnixNano()}}
	}
	if s.Mixed == nil || len(s.Mixed.Overrides) == 0 {
		return []fleet.Version{s.Template.version()}
	}
	for n := range s.Mixed.Overrides {
		o := s.at(n)
		v := o.Template.version()
		v.Type = o.Type
		all = append(all, v)
	}
	return all
}

// newSource checks a mixed instances policy; what it leaves out is as before.
func (r *Room) newSource(tx *store.Tx, before source, in *autoscalingtypes.MixedInstancesPolicy) (s source, err error) {
	s = source{Template: before.Template, Mixed: &mixedPolicy{Distribution: defaultDistribution()}}
	if before.Mixed != nil {
		*s.Mixed = *before.Mixed
	}
	if d := in.InstancesDistribution; d != nil {
		if s.Mixed.Distribution, err = distribution(*d); err != nil {
			return s, err
		}
	}
	t := in.LaunchTemplate
	switch {
	case t == nil && before.Mixed != nil:
		return s, nil
	case t == nil || t.LaunchTemplateSpecification == nil:
		return s, invalid("A mixed instances policy must have a LaunchTemplate with a LaunchTemplateSpecification.")
	case len(t.Overrides) > mostOverrides:
		return s, invalid("A mixed instances policy may have at most %d overrides.", mostOverrides)
	}
	if s.Template, _, err = r.resolveTemplate(tx, t.LaunchTemplateSpecification); err != nil {
		return s, err
	}
	s.Mixed.Overrides = nil
	for _, o := range t.Overrides {
		made, err := r.newOverride(tx, o)
		if err != nil {
			return s, err
		}
		if s.Mixed.Overrides = append(s.Mixed.Overrides, made); (made.Weight == 0) != (s.Mixed.Overrides[0].Weight == 0) {
			return s, invalid("If you specify a WeightedCapacity for one instance type, you must specify one for all of them.")
		}
	}
	return s, nil
}

func (r *Room) newOverride(tx *store.Tx, in autoscalingtypes.LaunchTemplateOverrides) (o override, err error) {
	if err := room.Only(&in, "InstanceType", "LaunchTemplateSpecification", "WeightedCapacity"); err != nil {
		return o, err
	}
	if o.Type = room.Deref(in.InstanceType); o.Type == "" {
		return o, invalid("An override must have an InstanceType.")
	}
	if in.WeightedCapacity != nil {
		if o.Weight, err = strconv.Atoi(*in.WeightedCapacity); err != nil || o.Weight < 1 || o.Weight > 999 {
			return o, invalid("The WeightedCapacity '%s' is not valid: it must be between 1 and 999.", *in.WeightedCapacity)
		}
	}
	if in.LaunchTemplateSpecification != nil {
		t, _, err := r.resolveTemplate(tx, in.LaunchTemplateSpecification)
		if err != nil {
			return o, err
		}
		o.Template = &t
	}
	return o, nil
}

// The strategies and defaults of InstancesDistribution in the API reference.
const (
	prioritized = "prioritized"
	lowestPrice = "lowest-price"
)

var spotStrategies = []string{lowestPrice, "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized"}

func defaultDistribution() autoscalingtypes.InstancesDistribution {
	return autoscalingtypes.InstancesDistribution{
		OnDemandAllocationStrategy: new(prioritized), OnDemandBaseCapacity: new(int32(0)), OnDemandPercentageAboveBaseCapacity: new(int32(100)),
		SpotAllocationStrategy: new(lowestPrice), SpotInstancePools: new(int32(2)),
	}
}

// distribution checks how instances are distributed, and completes it. There are no Spot Instances here, and no prices.
func distribution(in autoscalingtypes.InstancesDistribution) (out autoscalingtypes.InstancesDistribution, err error) {
	if err := room.Only(&in, "OnDemandAllocationStrategy", "OnDemandBaseCapacity", "OnDemandPercentageAboveBaseCapacity", "SpotAllocationStrategy",
		"SpotInstancePools", "SpotMaxPrice"); err != nil {
		return in, err
	}
	out = defaultDistribution()
	for _, n := range []struct {
		from, to    **int32
		name        string
		least, most int32
	}{
		{&in.OnDemandBaseCapacity, &out.OnDemandBaseCapacity, "OnDemandBaseCapacity", 0, 1 << 30},
		{&in.OnDemandPercentageAboveBaseCapacity, &out.OnDemandPercentageAboveBaseCapacity, "OnDemandPercentageAboveBaseCapacity", 0, 100},
		{&in.SpotInstancePools, &out.SpotInstancePools, "SpotInstancePools", 0, 20},
	} {
		if v := *n.from; v != nil && (*v < n.least || *v > n.most) {
			return in, invalid("%s must be between %d and %d.", n.name, n.least, n.most)
		} else if v != nil {
			*n.to = v
		}
	}
	onDemand := cmp.Or(room.Deref(in.OnDemandAllocationStrategy), prioritized)
	spot := cmp.Or(room.Deref(in.SpotAllocationStrategy), lowestPrice)
	switch {
	case *out.OnDemandPercentageAboveBaseCapacity < 100:
		return in, wire.Errorf("UnsupportedOperation", "OnDemandPercentageAboveBaseCapacity %d asks for Spot Instances, which are not supported here: 100 is.",
			*out.OnDemandPercentageAboveBaseCapacity)
	case onDemand == lowestPrice:
		return in, wire.Errorf("UnsupportedOperation", "The OnDemandAllocationStrategy %s is not supported here, where instances have no price: %s is.",
			lowestPrice, prioritized)
	case onDemand != prioritized:
		return in, invalid("The OnDemandAllocationStrategy '%s' is not valid: %s and %s are.", onDemand, prioritized, lowestPrice)
	case !slices.Contains(spotStrategies, spot):
		return in, invalid("The SpotAllocationStrategy '%s' is not valid: %v are.", spot, spotStrategies)
	case spot != lowestPrice && in.SpotInstancePools != nil && *in.SpotInstancePools > 0:
		return in, invalid("SpotInstancePools option is only available with the lowest-price allocation strategy.")
	}
	out.SpotAllocationStrategy, out.SpotMaxPrice = &spot, room.Some(room.Deref(in.SpotMaxPrice))
	if spot != lowestPrice {
		out.SpotInstancePools = nil
	}
	return out, nil
}

// show is a source as groups and refreshes show it: a launch template, or a policy.
func (s source) show() (*autoscalingtypes.LaunchTemplateSpecification, *autoscalingtypes.MixedInstancesPolicy) {
	switch {
	case s.Configuration != "":
		return nil, nil
	case s.Mixed == nil:
		return s.Template.show(), nil
	}
	out := &autoscalingtypes.MixedInstancesPolicy{
		InstancesDistribution: &s.Mixed.Distribution,
		LaunchTemplate: &autoscalingtypes.LaunchTemplate{
			LaunchTemplateSpecification: s.Template.show(), Overrides: []autoscalingtypes.LaunchTemplateOverrides{},
		},
	}
	for _, o := range s.Mixed.Overrides {
		shown := autoscalingtypes.LaunchTemplateOverrides{InstanceType: new(o.Type), WeightedCapacity: weight(o.Weight)}
		if o.Template != nil {
			shown.LaunchTemplateSpecification = o.Template.show()
		}
		out.LaunchTemplate.Overrides = append(out.LaunchTemplate.Overrides, shown)
	}
	return nil, out
}

// weight is a weight as it is shown; one that is not given is not.
func weight(n int) *string {
	if n == 0 {
		return nil
	}
	return new(strconv.Itoa(n))
}

// exhaust notes that a type could not be launched, so that the next of the policy's is tried, and tells whether there is one.
func (f *fleetRow) exhaust(s source, kind string) bool {
	if s.Mixed == nil || len(s.Mixed.Overrides) == 0 {
		return false
	}
	if !slices.Contains(f.Exhausted, kind) {
		f.Exhausted = append(slices.Clone(f.Exhausted), kind)
	}
	if len(f.Exhausted) < len(s.Mixed.Overrides) {
		return true
	}
	f.Exhausted = nil
	return false
}
