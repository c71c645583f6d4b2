package fleet

// AdjustmentTypes are the words for how a policy changes a capacity.
var AdjustmentTypes = []string{"ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"}

// Adjustment is how a scaling policy changes a group's capacity.
type Adjustment struct {
	Type      string // one of AdjustmentTypes
	By        int32
	Magnitude int32 // of instances that a percentage changes by at least
}

// Of returns the capacity that follows from one, before a group's bounds. A percentage of an instance is rounded as AWS does:
// towards zero, and from less than one to one
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html, "Scaling adjustment types").
func (a Adjustment) Of(capacity int32) int32 {
	switch a.Type {
	case "ExactCapacity":
		return a.By
	case "PercentChangeInCapacity":
		return capacity + a.part(capacity)
	}
	return capacity + a.By
}

func (a Adjustment) part(capacity int32) int32 {
	change := int32(int64(capacity) * int64(a.By) / 100)
	switch {
	case a.By > 0:
		return max(change, 1, a.Magnitude)
	case a.By < 0:
		return min(change, -1, -a.Magnitude)
	}
	return 0
}

// Next returns the capacity that a step of a step policy leads to from the desired one. settled is how much of it has warmed up, and
// leaving how much more is there that is in service or terminates.
//
// A step outwards counts from what has warmed up, so that one breach is not answered twice: what was desired before is no more added to
// than the step leads beyond it. No step leads inwards while something warms up; otherwise what terminates counts as current capacity, so that
// no more is removed than necessary (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html, "Instance warmup").
func (a Adjustment) Next(desired, settled, leaving int32) int32 {
	if to := a.Of(settled); to >= settled {
		return max(to, desired)
	}
	if settled < desired {
		return desired
	}
	return min(a.Of(desired+leaving), desired)
}

// Step is a part of a step policy: what it does while a metric is so far from its alarm's threshold. Without a bound it has
// no end on that side.
type Step struct {
	Lower, Upper *float64
	By           int32
}

// Covers tells whether a step is the one for a distance from the threshold. Above the threshold a step holds its lower bound,
// below its upper one.
func (s Step) Covers(distance float64) bool {
	if distance >= 0 {
		return (s.Lower == nil || distance >= *s.Lower) && (s.Upper == nil || distance < *s.Upper)
	}
	return (s.Lower == nil || distance > *s.Lower) && (s.Upper == nil || distance <= *s.Upper)
}
