package health

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// state is what judging a check needs to know of it.
type state struct {
	config       r53types.HealthCheckConfig
	healthy, all int // checkers of the opinion that it is healthy, and all of them
}

// verdicts returns each check's effective health: measured or calculated, forced healthy where it is
// disabled, and then inverted where it is Inverted (HealthCheckConfig: a disabled and inverted check
// is unhealthy, which makes it the switch to turn off a record by hand).
func verdicts(checks map[string]state) map[string]bool {
	effective := make(map[string]bool, len(checks))
	for id, s := range checks {
		if s.config.Type != r53types.HealthCheckTypeCalculated {
			effective[id] = modified(s.config, Weigh(s.healthy, s.all))
		}
	}
	calculated := map[string]bool{}
	for id, s := range checks {
		if s.config.Type == r53types.HealthCheckTypeCalculated {
			calculated[id] = modified(s.config, calculate(s.config, effective))
		}
	}
	for id, healthy := range calculated {
		effective[id] = healthy
	}
	return effective
}

// modified applies Disabled and Inverted, in this order.
func modified(c r53types.HealthCheckConfig, measured bool) bool {
	healthy := measured || aws.ToBool(c.Disabled)
	return healthy != aws.ToBool(c.Inverted)
}

// calculate tells whether enough children are healthy. A threshold of zero is always reached, one
// above the number of children never (HealthCheckConfig, HealthThreshold). A child counts as its
// effective health says, so a disabled one is healthy; so is one that is gone, as it is for a record.
// A calculated check cannot be a child.
func calculate(c r53types.HealthCheckConfig, effective map[string]bool) bool {
	healthy := 0
	for _, id := range c.ChildHealthChecks {
		if h, ok := effective[id]; h || !ok {
			healthy++
		}
	}
	return healthy >= int(aws.ToInt32(c.HealthThreshold))
}
