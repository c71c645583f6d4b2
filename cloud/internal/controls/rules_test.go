package controls

import (
	"strings"
	"testing"
	"time"

	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"
	"pgregory.net/rapid"
)

const (
	atLeast = configtypes.RuleTypeAtleast
	and     = configtypes.RuleTypeAnd
	or      = configtypes.RuleTypeOr
)

// states writes on controls as capitals: "aB" is a off and b on.
func states(s string) map[string]control {
	all := map[string]control{}
	for _, c := range s {
		all[strings.ToLower(string(c))] = control{On: c < 'a'}
	}
	return all
}

func changes(s string) map[string]bool {
	all := map[string]bool{}
	for _, c := range s {
		all[strings.ToLower(string(c))] = c < 'a'
	}
	return all
}

func letters(s string) (all []string) {
	for _, c := range s {
		all = append(all, string(c))
	}
	return all
}

// The pages are the control configuration API reference's, of which each line says the data type, and the
// developer guide's "Safety rules in routing control".
func TestSafetyRules(t *testing.T) {
	assert := func(controls string, kind configtypes.RuleType, n int, inverted bool) rule {
		return rule{Name: "r", Controls: letters(controls), Type: kind, Threshold: n, Inverted: inverted}
	}
	gate := func(gates, targets string, kind configtypes.RuleType, n int, inverted bool) rule {
		return rule{Name: "r", Gating: true, Controls: letters(gates), Targets: letters(targets), Type: kind, Threshold: n, Inverted: inverted}
	}
	for _, c := range []struct {
		page, before, change string
		rule                 rule
		allowed              bool
	}{
		// At least one routing control is On after the transaction: no fail-open.
		{"AssertionRule", "AB", "b", assert("ab", atLeast, 1, false), true},
		{"AssertionRule", "Ab", "a", assert("ab", atLeast, 1, false), false},
		{"AssertionRule", "AB", "ab", assert("ab", atLeast, 1, false), false},
		{"AssertionRule", "Ab", "aB", assert("ab", atLeast, 1, false), true}, // failover in one transaction
		{"AssertionRule", "ab", "A", assert("ab", atLeast, 1, false), true},
		{"AssertionRule", "abC", "c", assert("ab", atLeast, 1, false), true},   // not an asserted control
		{"AssertionRule", "abC", "ac", assert("ab", atLeast, 1, false), false}, // one of them is
		// ATLEAST 2 of three: at least two Regions have traffic.
		{"AssertionRule RuleConfig", "ABC", "c", assert("abc", atLeast, 2, false), true},
		{"AssertionRule RuleConfig", "ABc", "b", assert("abc", atLeast, 2, false), false},
		{"AssertionRule RuleConfig", "ABc", "bC", assert("abc", atLeast, 2, false), true},
		{"AssertionRule RuleConfig", "abc", "AB", assert("abc", atLeast, 2, false), true},
		{"AssertionRule RuleConfig", "abc", "A", assert("abc", atLeast, 2, false), false},
		{"RuleConfig Threshold", "AB", "ab", assert("ab", atLeast, 0, false), true},
		// AND is at least all of them, OR at least one, whatever the threshold.
		{"RuleType AND", "Ab", "B", assert("ab", and, 0, false), true},
		{"RuleType AND", "AB", "b", assert("ab", and, 1, false), false},
		{"RuleType OR", "AB", "b", assert("ab", or, 0, false), true},
		{"RuleType OR", "Ab", "a", assert("ab", or, 2, false), false},
		// Inverted is the logical negation: never both, which with ATLEAST 1 makes exactly one.
		{"RuleConfig Inverted", "Ab", "B", assert("ab", and, 0, true), false},
		{"RuleConfig Inverted", "AB", "b", assert("ab", and, 0, true), true},
		{"RuleConfig Inverted", "Ab", "a", assert("ab", or, 0, true), true},
		{"RuleConfig Inverted", "aB", "Ab", assert("ab", atLeast, 2, true), true},
		// One gating control is an on/off switch for the targets, for setting and unsetting.
		{"GatingRule", "Gab", "A", gate("g", "ab", or, 1, false), true},
		{"GatingRule", "GAB", "a", gate("g", "ab", or, 1, false), true},
		{"GatingRule", "gab", "A", gate("g", "ab", or, 1, false), false},
		{"GatingRule", "gAB", "a", gate("g", "ab", or, 1, false), false},
		{"GatingRule", "gabc", "C", gate("g", "ab", or, 1, false), true}, // not a target
		{"GatingRule", "Gab", "g", gate("g", "ab", or, 1, false), true},  // the gate itself is free
		{"GatingRule", "gab", "GA", gate("g", "ab", or, 1, false), false},
		{"GatingRule", "Gab", "gA", gate("g", "ab", or, 1, false), true},
		// ATLEAST 2 of three gating controls.
		{"NewGatingRule RuleConfig", "GHia", "A", gate("ghi", "a", atLeast, 2, false), true},
		{"NewGatingRule RuleConfig", "Ghia", "A", gate("ghi", "a", atLeast, 2, false), false},
		{"NewGatingRule RuleConfig", "GHia", "A", gate("ghi", "a", and, 0, false), false},
		{"RuleConfig Inverted", "ga", "A", gate("g", "a", or, 0, true), true}, // a lock: off lets changes pass
		{"RuleConfig Inverted", "Ga", "A", gate("g", "a", or, 0, true), false},
	} {
		v := evaluate([]rule{c.rule}, states(c.before), changes(c.change), time.Unix(0, 0))
		if (v == nil) != c.allowed {
			t.Errorf("%s: %s then %s under %+v: %v, want allowed %v", c.page, c.before, c.change, c.rule, v, c.allowed)
		}
	}
}

// The wait period counts from the last change of any governed control.
func TestWaitPeriod(t *testing.T) {
	now := time.Unix(1000, 0)
	ago := func(ms int) control {
		return control{On: true, Changed: now.Add(-time.Duration(ms) * time.Millisecond)}
	}
	r := rule{Controls: letters("ab"), Type: or, Wait: 5 * time.Second}
	for _, c := range []struct {
		states  map[string]control
		change  string
		allowed bool
	}{
		{map[string]control{"a": {On: true}, "b": {On: true}}, "a", true}, // never changed
		{map[string]control{"a": ago(5000), "b": ago(9000)}, "a", true},
		{map[string]control{"a": ago(4999), "b": ago(9000)}, "a", false},
		{map[string]control{"a": ago(9000), "b": ago(1)}, "a", false}, // another of the rule's
		{map[string]control{"a": ago(9000), "b": ago(9000), "c": ago(1)}, "a", true},
		{map[string]control{"a": ago(1), "b": ago(1), "c": ago(1)}, "c", true},
		{map[string]control{"a": ago(1), "b": ago(9000)}, "A", false}, // any request fails, one that changes nothing too
	} {
		if v := evaluate([]rule{r}, c.states, changes(c.change), now); (v == nil) != c.allowed {
			t.Errorf("%v, %s: %v", c.states, c.change, v)
		}
	}
	gate := rule{Gating: true, Controls: letters("g"), Targets: letters("a"), Type: or, Wait: time.Second}
	if v := evaluate([]rule{gate}, map[string]control{"g": ago(1), "a": ago(2000)}, changes("A"), now); v != nil {
		t.Errorf("a gate's own change makes its targets wait: %v", v)
	}
}

// A second reading of the rules, in words of sets: it lists what is on and compares sizes.
func naive(rules []rule, before map[string]bool, change map[string]bool) bool {
	for _, r := range rules {
		governed := r.Controls
		look := map[string]bool{}
		for k, v := range before {
			look[k] = v
		}
		if r.Gating {
			governed = r.Targets
		} else {
			for k, v := range change {
				look[k] = v
			}
		}
		asked := false
		for _, g := range governed {
			for k := range change {
				asked = asked || k == g
			}
		}
		var on, off []string
		for _, k := range r.Controls {
			if look[k] {
				on = append(on, k)
			} else {
				off = append(off, k)
			}
		}
		var holds bool
		switch r.Type {
		case and:
			holds = len(off) == 0
		case or:
			holds = len(on) > 0
		default:
			holds = len(off) <= len(r.Controls)-r.Threshold
		}
		if asked && holds == r.Inverted {
			return false
		}
	}
	return true
}

func TestSafetyRulesAgainstASecondReading(t *testing.T) {
	forbidden, allowed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		names := letters("abcdef")
		some := func(label string, least int) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(names), least, len(names), rapid.ID).Draw(t, label)
		}
		var rules []rule
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			r := rule{
				Controls: some("controls", 1),
				Type:     rapid.SampledFrom([]configtypes.RuleType{atLeast, and, or}).Draw(t, "type"),
				Inverted: rapid.Bool().Draw(t, "inverted"),
			}
			r.Threshold = rapid.IntRange(0, len(r.Controls)).Draw(t, "threshold")
			if r.Gating = rapid.Bool().Draw(t, "gating"); r.Gating {
				r.Targets = some("targets", 1)
			}
			rules = append(rules, r)
		}
		full, before := map[string]control{}, map[string]bool{}
		for _, n := range names {
			before[n] = rapid.Bool().Draw(t, n)
			full[n] = control{On: before[n]}
		}
		change := map[string]bool{}
		for _, n := range some("change", 1) {
			change[n] = rapid.Bool().Draw(t, "to")
		}
		want := naive(rules, before, change)
		if want {
			allowed++
		} else {
			forbidden++
		}
		if v := evaluate(rules, full, change, time.Now()); (v == nil) != want {
			t.Fatalf("%v; the second reading allows: %v", v, want)
		}
	})
	t.Logf("%d allowed, %d forbidden", allowed, forbidden)
}
