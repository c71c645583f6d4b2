package health

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Alarm names a CloudWatch alarm.
type Alarm struct{ Region, Name string }

// AlarmState is what an alarm's data stream says. Route 53 looks at the data and not at the alarm's own state
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
	alarms   map[Alarm]AlarmState
	controls map[string]bool // by the routing control's ARN: on
	// checks are those that follow an alarm or a control.
	checks index[any]
}

// source returns what a check follows; nil for one that follows nothing from outside.
func source(c r53types.HealthCheckConfig) any {
	switch c.Type {
	case r53types.HealthCheckTypeCloudwatchMetric:
		if c.AlarmIdentifier != nil {
			return Alarm{string(c.AlarmIdentifier.Region), aws.ToString(c.AlarmIdentifier.Name)}
		}
	case r53types.HealthCheckTypeRecoveryControl:
		return aws.ToString(c.RoutingControlArn)
	}
	return nil
}

// FeedAlarm tells what an alarm's data stream says now. Checks that name the alarm follow, those to come too.
func (m *Monitor) FeedAlarm(a Alarm, s AlarmState) {
	m.mu.Lock()
	m.outside.alarms[a] = s
	m.follow(a)
}

// FeedControl tells that a routing control, named by its ARN, is on or off. A check of a control that nothing was
// told of is healthy.
func (m *Monitor) FeedControl(arn string, on bool) {
	m.mu.Lock()
	m.outside.controls[arn] = on
	m.follow(arn)
}

// follow settles the checks of a source, and lets go of the lock.
func (m *Monitor) follow(source any) {
	for id := range m.outside.checks[source] {
		m.settle(id)
	}
	m.unlockAndTell()
}

// found is a check's health before its settings modify it. The caller holds the lock.
func (m *Monitor) found(c *check) bool {
	switch c.config.Type {
	case r53types.HealthCheckTypeCalculated:
		return calculate(c.config, m.effective)
	case r53types.HealthCheckTypeCloudwatchMetric:
		alarm, _ := source(c.config).(Alarm)
		s := m.outside.alarms[alarm]
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
