package health

import r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

// Route 53 never restarts; here its process does. A check that was unhealthy must not be healthy after a restart only
// because its checkers have no results yet and need FailureThreshold probes to find out again. So the result of a check,
// before its settings modify it, is kept outside of the Monitor: Keep is called when it changes, and Recall is called
// once for a check that is new to the Monitor. All its checkers then start with that result, and change it after
// FailureThreshold results in a row, as always. What each of them saw is not kept.

// known is what is kept of a check. Calculated checks follow from their children, and the states of routing controls are
// reported again.
func (c *check) known() bool {
	if c.config.Type == r53types.HealthCheckTypeCloudwatchMetric {
		return c.lastAlarm != InAlarm
	}
	return Weigh(c.healthy, len(c.checkers))
}

// note records that Keep must be called for a check whose result differs from the kept one. The caller holds the lock.
func (m *Monitor) note(c *check) {
	if now := c.known(); now != c.kept && m.config.Keep != nil {
		c.kept, m.finds[c.id] = now, now
	}
}

// recall gives a new check its kept result. The caller holds the lock.
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
