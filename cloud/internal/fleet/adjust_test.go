package fleet

import "testing"

func TestAdjustmentsOfCapacity(t *testing.T) {
	for _, c := range []struct {
		a          Adjustment
		from, want int32
	}{
		{Adjustment{Type: "ChangeInCapacity", By: 3}, 2, 5},
		{Adjustment{Type: "ChangeInCapacity", By: -3}, 2, -1},
		{Adjustment{Type: "ExactCapacity", By: 3}, 7, 3},
		// The examples of "Scaling adjustment types": 12.7 is 12, 0.67 is 1, -6.67 is -6, -0.58 is -1.
		{Adjustment{Type: "PercentChangeInCapacity", By: 127}, 10, 22},
		{Adjustment{Type: "PercentChangeInCapacity", By: 67}, 1, 2},
		{Adjustment{Type: "PercentChangeInCapacity", By: -67}, 10, 4},
		{Adjustment{Type: "PercentChangeInCapacity", By: -58}, 1, 0},
		{Adjustment{Type: "PercentChangeInCapacity", By: 25, Magnitude: 2}, 4, 6},
		{Adjustment{Type: "PercentChangeInCapacity", By: -25, Magnitude: 2}, 4, 2},
		{Adjustment{Type: "PercentChangeInCapacity"}, 4, 4},
		{Adjustment{Type: "PercentChangeInCapacity", By: 10}, 0, 1},
	} {
		if got := c.a.Of(c.from); got != c.want {
			t.Errorf("%+v of %d is %d, want %d", c.a, c.from, got, c.want)
		}
	}
}

// TestStepsWhileInstancesWarmUpOrTerminate has the numbers of AWS's examples in "Step and simple scaling policies", "Instance warmup".
func TestStepsWhileInstancesWarmUpOrTerminate(t *testing.T) {
	for _, c := range []struct {
		what                            string
		a                               Adjustment
		desired, settled, leaving, want int32
	}{
		{"the metric gets to 60", Adjustment{Type: "PercentChangeInCapacity", By: 10}, 10, 10, 0, 11},
		{"to 62 while the new one warms up", Adjustment{Type: "PercentChangeInCapacity", By: 10}, 11, 10, 0, 11},
		{"to 70 while it still does", Adjustment{Type: "PercentChangeInCapacity", By: 30}, 11, 10, 0, 13},
		{"to 70 once it has", Adjustment{Type: "PercentChangeInCapacity", By: 30}, 11, 11, 0, 14},
		{"a step by a number", Adjustment{Type: "ChangeInCapacity", By: 1}, 11, 10, 0, 11},
		{"the next one", Adjustment{Type: "ChangeInCapacity", By: 3}, 11, 10, 0, 13},
		{"to a capacity", Adjustment{Type: "ExactCapacity", By: 13}, 11, 10, 0, 13},
		{"to one that is less than was asked for", Adjustment{Type: "ExactCapacity", By: 12}, 13, 10, 0, 13},
		{"inwards while something warms up", Adjustment{Type: "ChangeInCapacity", By: -1}, 11, 10, 0, 11},
		{"inwards to a capacity meanwhile", Adjustment{Type: "ExactCapacity", By: 2}, 11, 10, 0, 11},
		{"inwards", Adjustment{Type: "ChangeInCapacity", By: -1}, 10, 10, 0, 9},
		{"again, while one terminates", Adjustment{Type: "ChangeInCapacity", By: -1}, 9, 9, 1, 9},
		{"by a larger step", Adjustment{Type: "ChangeInCapacity", By: -3}, 9, 9, 1, 7},
		{"by a part", Adjustment{Type: "PercentChangeInCapacity", By: -20}, 9, 9, 1, 8},
		{"by less than terminates", Adjustment{Type: "ChangeInCapacity", By: -1}, 7, 7, 3, 7},
		{"to a capacity while some terminate", Adjustment{Type: "ExactCapacity", By: 5}, 7, 7, 3, 5},
		{"outwards while some terminate", Adjustment{Type: "ChangeInCapacity", By: 1}, 7, 7, 3, 8},
		{"a step that changes nothing", Adjustment{Type: "ChangeInCapacity"}, 9, 9, 1, 9},
	} {
		if got := c.a.Next(c.desired, c.settled, c.leaving); got != c.want {
			t.Errorf("%s: from %d, of which %d have warmed up, with %d that leave, %+v leads to %d, want %d", c.what, c.desired, c.settled, c.leaving, c.a, got, c.want)
		}
	}
}

func TestStepsHoldTheirNearerBound(t *testing.T) {
	for _, c := range []struct {
		step     Step
		distance float64
		want     bool
	}{
		{Step{Lower: new(0.0), Upper: new(10.0)}, 0, true},
		{Step{Lower: new(0.0), Upper: new(10.0)}, 10, false},
		{Step{Lower: new(10.0)}, 10, true},
		{Step{Lower: new(10.0)}, 1e9, true},
		{Step{Lower: new(-10.0), Upper: new(-5.0)}, -5, true},
		{Step{Lower: new(-10.0), Upper: new(-5.0)}, -10, false},
		{Step{Upper: new(-10.0)}, -10, true},
		{Step{Upper: new(0.0)}, -3, true},
		{Step{Upper: new(0.0)}, 3, false},
		{Step{}, 3, true},
	} {
		if got := c.step.Covers(c.distance); got != c.want {
			t.Errorf("a step from %v to %v of %v: %v", c.step.Lower, c.step.Upper, c.distance, got)
		}
	}
}
