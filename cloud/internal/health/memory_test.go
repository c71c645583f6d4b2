package health

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// notes is what a Monitor has kept, for the next one.
type notes map[string]bool

func (n notes) config() Config {
	return Config{
		Keep: func(found map[string]bool) {
			for id, healthy := range found {
				n[id] = healthy
			}
		},
		Recall: func(id string) bool { healthy, kept := n[id]; return healthy || !kept },
	}
}

func TestHealthOutlivesTheMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, kept := newSite(), notes{}
		s.dead = true
		set := func(m *Monitor) {
			m.Set("a", config(nil))
			m.Set("inverted", config(func(c *r53types.HealthCheckConfig) { c.Inverted = aws.Bool(true) }))
			m.Set("disabled", config(func(c *r53types.HealthCheckConfig) { c.Disabled = aws.Bool(true) }))
			m.Set("alarm", ofAlarm("x", r53types.InsufficientDataHealthStatusLastKnownStatus))
			m.Set("all", r53types.HealthCheckConfig{
				Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(2), ChildHealthChecks: []string{"a", "disabled"}})
		}
		want := func(m *Monitor, when string, a, alarm bool) {
			t.Helper()
			h := m.Healthy()
			if h["a"] != a || h["inverted"] == a || !h["disabled"] || h["alarm"] != alarm || h["all"] != a {
				t.Errorf("%s: %v", when, h)
			}
		}
		first := s.monitor(t, kept.config())
		set(first)
		first.FeedAlarm("alarm", InAlarm)
		pass(31 * time.Second)
		want(first, "down", false, false)
		first.Close()

		second := s.monitor(t, kept.config())
		set(second)
		want(second, "again, before any data", false, false)
		if n := len(second.Observations("a")); n != 0 {
			t.Errorf("%d observations that nobody made", n)
		}
		s.set(func() { s.dead = false })
		pass(20 * time.Second)
		want(second, "after two passes", false, false)
		pass(11 * time.Second)
		second.FeedAlarm("alarm", OK)
		want(second, "after three passes", true, true)
		second.Close()

		third := s.monitor(t, kept.config())
		set(third)
		want(third, "once more", true, true)
	})
}

// A check that is disabled forgets, also where its effective health stays what it was.
func TestDisabledIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, kept := newSite(), notes{}
		s.dead = true
		m := s.monitor(t, kept.config())
		m.Set("a", config(nil))
		pass(31 * time.Second)
		if kept["a"] {
			t.Fatal("not kept as unhealthy")
		}
		m.Set("a", config(func(c *r53types.HealthCheckConfig) { c.Disabled, c.Inverted = aws.Bool(true), aws.Bool(true) }))
		if m.Healthy()["a"] || !kept["a"] {
			t.Errorf("healthy %v, kept %v", m.Healthy()["a"], kept["a"])
		}
	})
}
