package health

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// AlarmState is what the data stream of a check's alarm says. Route 53 looks at the data and not at the alarm's own state
// (developer guide, "How Amazon Route 53 determines whether a health check is healthy").
type AlarmState int

// The states. The zero value, that nothing was heard yet, is lack of data too.
const (
	InsufficientData AlarmState = iota
	OK
	InAlarm
)

// alarmHealth is the health by an alarm's data. Where there is too little of it, the check's settings say what
// then (HealthCheckConfig, InsufficientDataHealthStatus); last is the health when there was enough, healthy
// where there never was.
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

// outside is what is known from elsewhere, by what the checks name.
type outside struct {
	alarms   map[string]AlarmState // by the check's id: two checks of one alarm may know it by unlike settings
	controls map[string]bool       // by the routing control's ARN: on
	// followers are the checks that follow a control.
	followers index[string]
}

// FeedAlarm tells what the data stream of a check's alarm says now. The check may be yet to come.
func (m *Monitor) FeedAlarm(id string, s AlarmState) {
	m.mu.Lock()
	m.outside.alarms[id] = s
	m.settle(id)
	m.unlockAndTell()
}

// FeedControls tells of routing controls, named by their ARNs, that are on or off now. What follows them changes at
// once. A check of a control that nothing was told of is healthy.
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

// found is a check's health before its settings modify it. The caller holds the lock.
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
