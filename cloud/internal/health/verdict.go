package health

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// verdict returns a check's effective health: the result, or healthy if the check is disabled, and then
// inverted if it is Inverted (HealthCheckConfig: a disabled and inverted check is unhealthy, so it can be used
// to turn off a record by hand).
func verdict(c r53types.HealthCheckConfig, found bool) bool {
	healthy := found || aws.ToBool(c.Disabled)
	return healthy != aws.ToBool(c.Inverted)
}

// calculate tells whether enough children are healthy. A threshold of zero is always reached, one
// above the number of children never (HealthCheckConfig, HealthThreshold). A child counts by its
// effective health, so a disabled child is healthy. A deleted child is healthy too, as it is for a record.
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
