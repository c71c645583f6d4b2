package health

import r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

// Route 53 never restarts; here its process does. A check that was unhealthy must not be answered as healthy just
// because its checkers, which have seen nothing yet, would need FailureThreshold probes to find out again. So what was
// found of a check, before its settings modify it, is kept outside: Keep is told when it changes, and Recall is asked
// once for a check that is new to the Monitor. All its checkers are of that opinion then, until as many results in a
// row as ever speak against it; what each of them saw is not kept.

// known is what is kept of a check. Calculated checks follow from their children, routing controls are told again.
func (c *check) known() bool {
	if c.config.Type == r53types.HealthCheckTypeCloudwatchMetric {
		return c.lastAlarm != InAlarm
	}
	return Weigh(c.healthy, len(c.checkers))
}

// note has Keep told of a check where it is another than it was kept as. The caller holds the lock.
func (m *Monitor) note(c *check) {
	if now := c.known(); now != c.kept && m.config.Keep != nil {
		c.kept, m.finds[c.id] = now, now
	}
}

// recall gives a new check the opinion that it had. The caller holds the lock.
func (m *Monitor) recall(c *check) {
	if m.config.Recall == nil || m.config.Recall(c.id) {
		return
	}
	c.kept = false
	if c.config.Type == r53types.HealthCheckTypeCloudwatchMetric {
		c.lastAlarm = InAlarm
	}
	c.healthy = 0
	for _, k := range c.checkers {
		k.judge = Judge{unhealthy: true}
	}
}
