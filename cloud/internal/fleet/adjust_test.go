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
