package main

import (
	"testing"
	"time"

	"github.com/understudy/understudy/cloud"
)

func TestTheCloudTellsItsPace(t *testing.T) {
	for value, want := range map[string]time.Duration{"": cloud.LeastTimeout, "2s": 2 * time.Second, "soon": 0, "-1s": 0} {
		env := map[string]string{"UNDERSTUDY_SPEED": "30", "UNDERSTUDY_LEAST_TIMEOUT": value}
		o, err := readOutside(func(name string) string { return env[name] })
		if want == 0 && err == nil {
			t.Errorf("%q is taken for %v", value, o.least)
		}
		if pace := o.pace(); want != 0 && (err != nil || pace.LeastTimeout != want || pace.Speed != 30) {
			t.Errorf("%q: time-outs of %v at least at speed %v (%v), want %v", value, pace.LeastTimeout, pace.Speed, err, want)
		}
	}
}
