package health

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func ofAlarm(name string, insufficient r53types.InsufficientDataHealthStatus) r53types.HealthCheckConfig {
	return r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeCloudwatchMetric, InsufficientDataHealthStatus: insufficient,
		AlarmIdentifier: &r53types.AlarmIdentifier{Name: &name, Region: r53types.CloudWatchRegionUsEast1},
	}
}

func ofControl(arn string) r53types.HealthCheckConfig {
	return r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: &arn}
}

// API reference, HealthCheckConfig, InsufficientDataHealthStatus.
func TestAlarmsData(t *testing.T) {
	const healthy, unhealthy, last = r53types.InsufficientDataHealthStatusHealthy,
		r53types.InsufficientDataHealthStatusUnhealthy, r53types.InsufficientDataHealthStatusLastKnownStatus
	for _, c := range []struct {
		insufficient r53types.InsufficientDataHealthStatus
		heard        []AlarmState
		want         bool
	}{
		{last, nil, true}, // new, with no history
		{healthy, nil, true},
		{unhealthy, nil, false},
		{unhealthy, []AlarmState{OK}, true},
		{healthy, []AlarmState{InAlarm}, false},
		{healthy, []AlarmState{InAlarm, InsufficientData}, true},
		{unhealthy, []AlarmState{OK, InsufficientData}, false},
		{last, []AlarmState{OK, InsufficientData}, true},
		{last, []AlarmState{InAlarm, InsufficientData}, false},
		{last, []AlarmState{InAlarm, InsufficientData, InsufficientData, OK}, true},
	} {
		m := New(Config{})
		m.Set("a", ofAlarm("x", c.insufficient))
		for _, s := range c.heard {
			m.FeedAlarm("a", s)
			m.FeedAlarm("b", InAlarm) // another's
		}
		if got := m.Healthy()["a"]; got != c.want {
			t.Errorf("%s after %v: healthy %v, want %v", c.insufficient, c.heard, got, c.want)
		}
		m.Close()
	}
}

func TestRoutingControls(t *testing.T) {
	var told []string
	m := New(Config{Changed: func(changes map[string]bool) { told = append(told, fmt.Sprint(changes)) }})
	defer m.Close()
	m.FeedControls(map[string]bool{"arn:early": false})
	m.Set("early", ofControl("arn:early"))
	m.Set("late", ofControl("arn:late"))
	m.Set(
		"both",
		r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(2), ChildHealthChecks: []string{"early", "late"}},
	)
	m.FeedControls(map[string]bool{"arn:early": true})
	m.FeedControls(map[string]bool{"arn:early": true})
	m.FeedControls(map[string]bool{"arn:late": false})
	m.Remove("late")
	want := []string{"map[early:false]", "map[late:true]", "map[both:false]", "map[both:true early:true]", "map[both:false late:false]", "map[both:true]"}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
}

// Whatever is done to checks, what the monitor keeps is what a reading of all of them at once finds.
func TestHealthIsKeptAsItWouldBeFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heard := map[string]bool{}
		m := New(Config{Changed: func(changes map[string]bool) {
			for id, h := range changes {
				heard[id] = h
			}
		}})
		defer m.Close()
		configs, controls := map[string]r53types.HealthCheckConfig{}, map[string]bool{}
		leaf, parent := rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.SampledFrom([]string{"x", "y"})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				id := leaf.Draw(t, "check")
				configs[id] = ofControl("arn:" + id)
			case 1:
				id := parent.Draw(t, "check")
				configs[id] = r53types.HealthCheckConfig{
					Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(rapid.Int32Range(0, 4).Draw(t, "threshold")),
					ChildHealthChecks: rapid.SliceOfNDistinct(leaf, 0, 4, rapid.ID).Draw(t, "children"),
				}
			case 2:
				id := rapid.OneOf(leaf, parent).Draw(t, "check")
				c, ok := configs[id]
				if !ok {
					continue
				}
				c.Inverted, c.Disabled = aws.Bool(rapid.Bool().Draw(t, "inverted")), aws.Bool(rapid.Bool().Draw(t, "disabled"))
				configs[id] = c
			case 3:
				id := rapid.OneOf(leaf, parent).Draw(t, "check")
				delete(configs, id)
				delete(heard, id)
				m.Remove(id)
				continue
			case 4:
				id := leaf.Draw(t, "control")
				controls[id] = rapid.Bool().Draw(t, "on")
				m.FeedControls(map[string]bool{"arn:" + id: controls[id]})
				continue
			}
			for id, c := range configs {
				m.Set(id, c)
			}
		}
		states := map[string]state{}
		for id, c := range configs {
			s := state{config: c, all: 1, healthy: 1}
			if on, known := controls[id]; known && !on && c.Type == r53types.HealthCheckTypeRecoveryControl {
				s.healthy = 0
			}
			states[id] = s
		}
		want := verdicts(states)
		if d := cmp.Diff(want, m.Healthy()); d != "" {
			t.Fatalf("kept: %s", d)
		}
		if d := cmp.Diff(want, heard); d != "" {
			t.Fatalf("told: %s", d)
		}
	})
}
