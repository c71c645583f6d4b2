package failover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// A further check may follow the data of an alarm. Route 53 does so by the settings that the alarm had when the check was made or updated last
// ("Monitoring a CloudWatch alarm" in its Developer Guide), so that the check is updated after each change of the alarm. It shows the settings in
// the check's CloudWatchAlarmConfiguration.

// following is the configuration of a check that follows an alarm of this region.
func following(s resource.Scope, c understudy.Check) *route53types.HealthCheckConfig {
	alarm, _ := s.Declared.FollowedAlarm(c, s.Side)
	return &route53types.HealthCheckConfig{
		Type:                         route53types.HealthCheckTypeCloudwatchMetric,
		InsufficientDataHealthStatus: account.NoDataStatus[c.NoneIs],
		AlarmIdentifier: &route53types.AlarmIdentifier{
			Name: aws.String(s.Declared.AlarmName(alarm.Role)), Region: route53types.CloudWatchRegion(s.Place().Name),
		},
	}
}

// fieldsOfAlarmCheck renders what is of such a check alone.
func fieldsOfAlarmCheck(c *route53types.HealthCheckConfig) []resource.Field {
	of := c.AlarmIdentifier
	if of == nil {
		of = &route53types.AlarmIdentifier{}
	}
	return []resource.Field{
		{Name: "follows", Value: strings.TrimSpace(aws.ToString(of.Name) + " " + string(of.Region))},
		{Name: "without data", Value: string(c.InsufficientDataHealthStatus)},
	}
}

// heeded renders the settings by which Route 53 follows an alarm: what it watches, and from where on that is wrong.
func heeded(c *route53types.CloudWatchAlarmConfiguration) []resource.Field {
	if c == nil {
		c = &route53types.CloudWatchAlarmConfiguration{}
	}
	var of []string
	for _, d := range c.Dimensions {
		of = append(of, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
	}
	return []resource.Field{
		{Name: "watches", Value: fmt.Sprintf("%s %s of %s", aws.ToString(c.Namespace), aws.ToString(c.MetricName), resource.Set(of...))},
		{Name: "by", Value: fmt.Sprintf("%s %s %g in %d of %d s", c.Statistic, c.ComparisonOperator, aws.ToFloat64(c.Threshold),
			aws.ToInt32(c.EvaluationPeriods), aws.ToInt32(c.Period))},
	}
}

// heeds are the settings of an alarm as Route 53 is to follow them.
func (a *Alarm) heeds() *route53types.CloudWatchAlarmConfiguration {
	in := a.put()
	c := &route53types.CloudWatchAlarmConfiguration{
		Namespace: in.Namespace, MetricName: in.MetricName, Statistic: route53types.Statistic(in.Statistic), Threshold: in.Threshold,
		ComparisonOperator: route53types.ComparisonOperator(in.ComparisonOperator), EvaluationPeriods: in.EvaluationPeriods, Period: in.Period,
	}
	for _, d := range in.Dimensions {
		c.Dimensions = append(c.Dimensions, route53types.Dimension{Name: d.Name, Value: d.Value})
	}
	return c
}

// state asks for the alarm's state as it is now.
func (a *Alarm) state(ctx context.Context) (cwtypes.StateValue, error) {
	out, err := a.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{a.alarmName()}})
	if err != nil {
		return "", fmt.Errorf("describe alarm %s: %w", a.alarmName(), err)
	}
	if len(out.MetricAlarms) == 0 {
		return cwtypes.StateValueInsufficientData, nil
	}
	return out.MetricAlarms[0].StateValue, nil
}

// lookAtAlarm asks what an alarm finds. Route 53 reports it of no check that follows one, and judges the same data by the same settings.
func (c *OwnCheck) lookAtAlarm(ctx context.Context) (FoundCheck, error) {
	state, err := c.Follows.state(ctx)
	return c.foundBy(state), err
}

func (c *OwnCheck) foundBy(state cwtypes.StateValue) FoundCheck {
	lacking := c.Wanted().InsufficientDataHealthStatus != route53types.InsufficientDataHealthStatusUnhealthy
	return FoundCheck{ID: c.ID, Alarm: string(state),
		Passing: state == cwtypes.StateValueOk || state == cwtypes.StateValueInsufficientData && lacking}
}

// watchAnew waits until an alarm that is of something else than before finds it well: the check would take the region away from its users for
// what was not well before they came. The alarm's state is of what it watched before, until it is forgotten.
func (c *OwnCheck) watchAnew(ctx context.Context) error {
	_, err := c.Follows.CloudWatch.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String(c.Follows.alarmName()),
		StateValue: cwtypes.StateValueInsufficientData, StateReason: aws.String("understudy: what it watches was made anew")})
	if err != nil {
		return fmt.Errorf("set the state of alarm %s: %w", c.Follows.alarmName(), err)
	}
	state := cwtypes.StateValueInsufficientData
	err = account.Poll(ctx, "alarm "+c.Follows.alarmName(), resource.LongTime, func(ctx context.Context) (bool, error) {
		var err error
		state, err = c.Follows.state(ctx)
		return state == cwtypes.StateValueOk, err
	})
	if account.IsTimeout(err) {
		return &resource.NotServing{Cause: fmt.Errorf("%w: it is %s", err, state)}
	}
	return err
}

// heed updates a check until Route 53 follows the alarm as it is: what it knows of an alarm comes from another region, and later.
func (c *OwnCheck) heed(ctx context.Context) error {
	if c.Follows == nil {
		return nil
	}
	want := heeded(c.Follows.heeds())
	return account.Poll(ctx, "Route 53 to know "+c.Follows.alarmName()+" as it is", resource.LongTime, func(ctx context.Context) (bool, error) {
		if slices.Equal(heeded(c.heeds), want) {
			return true, nil
		}
		return false, c.update(ctx, nil)
	})
}
