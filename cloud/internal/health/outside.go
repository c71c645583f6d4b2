package health

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// AlarmState is the state by the data of a check's alarm. Route 53 uses the data and not the alarm's own state
// (developer guide, "How Amazon Route 53 determines whether a health check is healthy").
type AlarmState int

// The states. The zero value, before any report, also means insufficient data.
const (
	InsufficientData AlarmState = iota
	OK
	InAlarm
)

// alarmHealth is the health by an alarm's data. If there is too little data, the check's settings decide
// (HealthCheckConfig, InsufficientDataHealthStatus); last is the health when there was enough data, or healthy
// if there never was.
func alarmHealth(c r53types.HealthCheckConfig, s AlarmState, last bool) bool {
	switch s {
	case OK:
		return true
	case InAlarm:
		return false
	}
	switch c.InsufficientDataHealthStatus {
	case r53types.InsufficientDataHealthStatusHealthy:
		return true
	case r53types.InsufficientDataHealthStatusUnhealthy:
		return false
	}
	return last
}

// outside has the states of alarms and routing controls.
type outside struct {
	alarms   map[string]AlarmState // by the check's id: two checks of one alarm may know it by unlike settings
	controls map[string]bool       // by the routing control's ARN: on
	// followers are the checks that follow a control.
	followers index[string]
}

// FeedAlarm sets the state of a check's alarm. The check may be created later.
func (m *Monitor) FeedAlarm(id string, s AlarmState) {
	m.mu.Lock()
	m.outside.alarms[id] = s
	m.settle(id)
	m.unlockAndTell()
}

// FeedControls sets whether routing controls, named by their ARNs, are on. Checks that follow them change before
// it returns. A check of a control whose state was never set is healthy.
func (m *Monitor) FeedControls(states map[string]bool) {
	m.mu.Lock()
	maps.Copy(m.outside.controls, states)
	for arn := range states {
		for id := range m.outside.followers[arn] {
			m.settle(id)
		}
	}
	m.unlockAndTell()
}

// found is a check's result before its settings modify it. The caller holds the lock.
func (m *Monitor) found(c *check) bool {
	switch c.config.Type {
	case r53types.HealthCheckTypeCalculated:
		return calculate(c.config, m.effective)
	case r53types.HealthCheckTypeCloudwatchMetric:
		s := m.outside.alarms[c.id]
		if s != InsufficientData {
			c.lastAlarm = s
		}
		return alarmHealth(c.config, s, c.lastAlarm != InAlarm)
	case r53types.HealthCheckTypeRecoveryControl:
		on, known := m.outside.controls[aws.ToString(c.config.RoutingControlArn)]
		return on || !known
	}
	return Weigh(c.healthy, len(c.checkers))
}
