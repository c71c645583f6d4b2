package tempo

import (
	"testing"
	"time"
)

func TestTimesAtSpeed(t *testing.T) {
	for _, c := range []struct {
		speed        Speed
		in           time.Duration
		of, timeout  time.Duration
		boot         time.Duration
		seconds, ttl uint32
	}{
		{0, time.Minute, time.Minute, time.Minute, time.Minute, 60, 60},
		{1, time.Minute, time.Minute, time.Minute, time.Minute, 60, 60},
		{30, time.Minute, 2 * time.Second, 2 * time.Second, LeastBoot, 60, 2},
		{30, 4 * time.Second, 4 * time.Second / 30, LeastTimeout, 4 * time.Second, 60, 2},
		{1000, 100 * time.Millisecond, 100 * time.Microsecond, 100 * time.Millisecond, 100 * time.Millisecond, 60, 1},
		{10, time.Hour, 6 * time.Minute, 6 * time.Minute, 6 * time.Minute, 60, 6},
		{1000, 0, 0, 0, 0, 0, 0},
	} {
		if got := c.speed.Of(c.in); got != c.of {
			t.Errorf("%v at %v: %v, want %v", c.in, c.speed, got, c.of)
		}
		if got := At(c.speed).Timeout(c.in); got != c.timeout {
			t.Errorf("time-out %v at %v: %v, want %v", c.in, c.speed, got, c.timeout)
		}
		const patient = 2 * time.Second
		if got, want := (Pace{c.speed, patient}).Timeout(c.in), max(c.timeout, min(c.in, patient)); got != want {
			t.Errorf("time-out %v at %v, of %v at least: %v, want %v", c.in, c.speed, patient, got, want)
		}
		if got := c.speed.Boot(c.in); got != c.boot {
			t.Errorf("boot %v at %v: %v, want %v", c.in, c.speed, got, c.boot)
		}
		if got := c.speed.TTL(c.seconds); got != c.ttl {
			t.Errorf("TTL %v at %v: %v, want %v", c.seconds, c.speed, got, c.ttl)
		}
	}
}
