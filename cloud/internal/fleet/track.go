package fleet

import "math"

// Tracker is a target tracking policy at work: what it aims at, and what its alarms say.
type Tracker struct {
	Target  float64
	Value   *float64 // of its metric; nil where there is no data
	High    bool     // its alarm for scaling out is in ALARM
	Low     bool     // and the one for scaling in
	OutOnly bool     // it has scale-in disabled, and so no alarm for that
}

// Track returns the capacity that target tracking policies of a group ask for together. desired is what the group is to have, and settled
// what of it has warmed up. The metric falls as capacity rises, so that the capacity for a target follows from their ratio.
//
// The group grows as soon as one of them asks for it, from the capacity that has warmed up, and to the largest that any asks for. It shrinks
// only while nothing warms up and all that may shrink it ask for it, and to the largest of what they ask for
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html, "Multiple target tracking scaling policies" and
// "Define instance warmup time"). Without data a policy asks for nothing.
func Track(desired, settled int32, all []Tracker) int32 {
	grown := desired
	for _, t := range all {
		if t.High {
			grown = max(grown, t.wants(settled))
		}
	}
	if grown > desired || settled < desired {
		return grown
	}
	shrunk, voices := int32(0), 0
	for _, t := range all {
		switch {
		case t.OutOnly:
			continue
		case !t.Low || t.Value == nil:
			return desired
		}
		voices++
		shrunk = max(shrunk, t.wants(desired))
	}
	if voices == 0 {
		return desired
	}
	return min(desired, shrunk)
}

// wants is the capacity that brings a metric from its value to the target: rounded up, so as to be below it rather than above
// ("Target tracking scaling policies", "Considerations").
func (t Tracker) wants(capacity int32) int32 {
	if t.Value == nil || t.Target <= 0 {
		return capacity
	}
	// What a division leaves of an exact ratio is no reason for another instance.
	wanted := math.Ceil(float64(capacity)**t.Value/t.Target - 1e-9)
	return int32(min(max(wanted, 0), math.MaxInt32))
}
