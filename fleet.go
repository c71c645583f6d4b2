package understudy

import (
	"fmt"
	"slices"
)

// Size is how many instances an Auto Scaling group has: at its creation, and within which bounds later.
type Size struct{ Min, Desired, Max int }

// Size returns the size that is declared for each region.
func (f Fleet) Size() Size { return Size{f.Min, f.Desired, f.Max} }

// Size returns the size of a region's fleet, while it does not serve in the other's place.
func (d *Declaration) Size(side Side) Size {
	if s := d.Regions[side].Fleet; s != nil {
		return *s
	}
	return d.Fleet.Size()
}

// Grows tells whether the standby is declared smaller than the primary, and so has to grow before it serves in its place.
func (d *Declaration) Grows() bool {
	p, s := d.Size(Primary), d.Size(Secondary)
	return s.Desired < p.Desired || s.Max < p.Max
}

// Dark tells whether the standby is declared to have no instance until it is to serve.
func (d *Declaration) Dark() bool { return d.Size(Secondary).Desired == 0 }

// Share is how many of the instances that the primary begins with the standby has, in percent.
func (d *Declaration) Share() int { return 100 * d.Size(Secondary).Desired / d.Size(Primary).Desired }

// usual is the size of a fleet of which nothing is declared.
var usual = Size{2, 2, 4}

// most is the most instances that a fleet may be declared to have.
const most = 500

// standbySize reads how large the standby's fleet is, where it is another size than the primary's. What is not said is the fleet's, as
// far as what is said allows.
func standbySize(o *object, fleet Fleet) *Size {
	in := o.object("fleet")
	const unsaid = -1
	number := func(key string, usual, lowest int) int {
		k := Key{Name: key, Kind: Number, Default: usual, Lowest: lowest, Highest: most}
		return in.whole(k, unsaid, func(v int) bool { return v >= lowest && v <= most })
	}
	s := Size{number("min", usual.Min, 0), number("desired", usual.Desired, 0), number("max", usual.Max, 1)}
	if s.Desired == unsaid {
		s.Desired = max(fleet.Desired, s.Min)
		if s.Max != unsaid {
			s.Desired = min(s.Desired, s.Max)
		}
	}
	if s.Min == unsaid {
		s.Min = min(fleet.Min, s.Desired)
	}
	if s.Max == unsaid {
		s.Max = max(fleet.Max, s.Desired)
	}
	switch {
	case s.Desired < s.Min:
		in.mistake("desired", fmt.Sprint(s.Desired), fmt.Sprintf("a whole number from min, %d", s.Min))
	case s.Desired > s.Max:
		in.mistake("max", fmt.Sprint(s.Max), fmt.Sprintf("a whole number from desired, %d", s.Desired))
	case s.Desired == 0 && fleet.Track != (Track{}):
		// Average use and requests for each target are measured of instances: of none there is nothing that would make it one again.
		in.mistake("desired", fmt.Sprint(s.Desired), "1 at least where fleet.track scales the fleet")
	case s == fleet.Size():
		return nil
	}
	return &s
}

// maxLifetime reads after which time an instance is replaced, within AWS's bounds ("Replace Auto Scaling instances based on maximum instance
// lifetime" in the Amazon EC2 Auto Scaling User Guide).
func maxLifetime(o *object) int {
	const day = 24 * 60 * 60
	n := o.number("max_lifetime", 0, 0, 365*day)
	if n > 0 && n < day {
		o.mistake("max_lifetime", fmt.Sprint(n), fmt.Sprintf("0, or from %d (a day) to %d (365 days)", day, 365*day))
	}
	return n
}

// terminationPolicies reads by which policies an instance is chosen to go: each that Auto Scaling has for a group of one template.
func terminationPolicies(o *object) []string {
	const key = "termination_policies"
	all := o.texts(key, []string{"Default"}, terminationPolicy)
	for n, policy := range all {
		if slices.Contains(all[:n], policy) {
			o.mistake(key, policy+" twice", "each policy once")
		}
	}
	if n := slices.Index(all, "Default"); n >= 0 && n < len(all)-1 {
		o.mistake(key, "Default before others", "Default alone, or last: it leaves nothing to choose from")
	}
	return all
}

var terminationPolicy = oneOf("Default, OldestInstance, NewestInstance, OldestLaunchTemplate or ClosestToNextInstanceHour",
	"Default", "OldestInstance", "NewestInstance", "OldestLaunchTemplate", "ClosestToNextInstanceHour")

// CreateAutoScalingGroup, HealthCheckType, in the Amazon EC2 Auto Scaling API Reference; that of EC2 is always there.
var healthCheckKind = oneOf("ELB or EC2", "ELB", "EC2")
