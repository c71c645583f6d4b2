package health

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// state and verdicts are a second, naive reading of the rules: all checks at once, from nothing.
type state struct {
	config       r53types.HealthCheckConfig
	healthy, all int
}

func verdicts(checks map[string]state) map[string]bool {
	effective := map[string]bool{}
	for id, s := range checks {
		if s.config.Type != r53types.HealthCheckTypeCalculated {
			effective[id] = verdict(s.config, Weigh(s.healthy, s.all))
		}
	}
	for id, s := range checks {
		if s.config.Type == r53types.HealthCheckTypeCalculated {
			effective[id] = verdict(s.config, calculate(s.config, effective))
		}
	}
	return effective
}

// The table is from the API reference's HealthCheckConfig: Disabled, Inverted, HealthThreshold,
// ChildHealthChecks; and from "Values that you specify when you create or update health checks".
func TestVerdicts(t *testing.T) {
	measured := func(healthy int, inverted, disabled bool) state {
		return state{healthy: healthy, all: 16, config: r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeHttp, Inverted: aws.Bool(inverted), Disabled: aws.Bool(disabled),
		}}
	}
	calculated := func(threshold int32, inverted, disabled bool, children ...string) state {
		return state{config: r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(threshold),
			ChildHealthChecks: children, Inverted: aws.Bool(inverted), Disabled: aws.Bool(disabled),
		}}
	}
	family := map[string]state{
		"up":           measured(16, false, false),
		"down":         measured(2, false, false),
		"up-inverted":  measured(16, true, false),
		"down-invert":  measured(0, true, false),
		"disabled":     measured(0, false, true),
		"switched-off": measured(16, true, true),
	}
	for id, want := range map[string]bool{
		"up": true, "down": false, "up-inverted": false, "down-invert": true,
		"disabled": true, "switched-off": false,
	} {
		if got := verdicts(family)[id]; got != want {
			t.Errorf("%s: healthy %v, want %v", id, got, want)
		}
	}
	for _, c := range []struct {
		name string
		of   state
		want bool
	}{
		{"one of two is enough for one", calculated(1, false, false, "up", "down"), true},
		{"one of two is not enough for two", calculated(2, false, false, "up", "down"), false},
		{"zero is always reached", calculated(0, false, false, "down"), true},
		{"more than there are children is never reached", calculated(3, false, false, "up", "up-inverted"), false},
		{"a disabled child is healthy", calculated(1, false, false, "disabled"), true},
		{"a disabled and inverted child is not", calculated(1, false, false, "switched-off"), false},
		{"a child's inversion counts", calculated(1, false, false, "down-invert"), true},
		{"inverted", calculated(1, true, false, "up"), false},
		{"disabled", calculated(1, false, true, "down"), true},
		{"disabled and inverted", calculated(1, true, true, "up"), false},
		{"a child that is gone is healthy", calculated(1, false, false, "gone"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			family["parent"] = c.of
			if got := verdicts(family)["parent"]; got != c.want {
				t.Errorf("healthy %v, want %v", got, c.want)
			}
		})
	}
}
