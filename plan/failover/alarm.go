package failover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Alarm is a CloudWatch alarm of something that the stack has made. It is known by its name, which a region has once, and follows what it
// watches when that is made anew.
type Alarm struct {
	resource.Scope
	Role   string
	Means  understudy.MadeAlarm
	Of     Subject // whose it watches
	Node   string
	was    *cwtypes.MetricAlarm
	tags   resource.Field
	has    map[string]string // its tags
	theirs error             // where the name is somebody else's
}

// Subject is what alarms of a region can be of.
type Subject struct {
	resource.Scope
	Balancer    *balancing.Balancer
	TargetGroup *balancing.TargetGroup
	Fleet       *fleet.Fleet
	Check       *Check
}

func (a *Alarm) alarmName() string { return a.Declared.AlarmName(a.Role) }

func (a *Alarm) Identity() string {
	if a.was == nil {
		return ""
	}
	return a.alarmName()
}

func (a *Alarm) Refused() error { return a.theirs }

// dimensions are what the metric is of. Of what is not made yet they are not known.
func (a *Alarm) dimensions() (all []cwtypes.Dimension) {
	add := func(name, value string) {
		all = append(all, cwtypes.Dimension{Name: &name, Value: aws.String(resource.Known(value))})
	}
	switch a.Means.AlarmKind.Of {
	case understudy.OfFleet:
		add("AutoScalingGroupName", a.Of.Fleet.FleetName())
	case understudy.OfCheck:
		add("HealthCheckId", a.Of.Check.next())
	default:
		add("LoadBalancer", after(a.Of.Balancer.ARN, ":loadbalancer/"))
		if a.Means.AlarmKind.Of == understudy.OfTargets {
			add("TargetGroup", after(a.Of.TargetGroup.ARN, ":"))
		}
	}
	return all
}

// after is what follows the last place of a text in an ARN. A blueprint's reference is as it is.
func after(arn, text string) string {
	if _, reference := blueprint.ParseRef(arn); reference {
		return arn
	}
	i := strings.LastIndex(arn, text)
	if i < 0 {
		return ""
	}
	return arn[i+len(text):]
}

func dimensionsText(all []cwtypes.Dimension) string {
	var texts []string
	for _, d := range all {
		texts = append(texts, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
	}
	return resource.Set(texts...)
}

// put is what is sent.
func (a *Alarm) put() *cloudwatch.PutMetricAlarmInput {
	m := a.Means
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(a.alarmName()), AlarmDescription: aws.String("understudy: " + m.Purpose + ", of " + a.Stack() + " in " + a.Of.Place().Name),
		Namespace: &m.Namespace, MetricName: &m.Metric, Dimensions: a.dimensions(),
		ComparisonOperator: account.Comparison(m.AlarmKind), Threshold: &m.Threshold,
		Period: aws.Int32(int32(m.Period)), EvaluationPeriods: aws.Int32(int32(m.Periods)), TreatMissingData: &m.Missing,
		ActionsEnabled: aws.Bool(true), AlarmActions: m.Topics, OKActions: m.Topics,
	}
	if statistic := cwtypes.Statistic(m.Statistic); slices.Contains(statistic.Values(), statistic) {
		in.Statistic = statistic
	} else {
		in.ExtendedStatistic = &m.Statistic
	}
	return in
}

func (a *Alarm) Desired() []resource.Field {
	in := a.put()
	return append(alarmFields(&cwtypes.MetricAlarm{
		AlarmDescription: in.AlarmDescription, Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: in.Dimensions,
		ComparisonOperator: in.ComparisonOperator, Threshold: in.Threshold, Period: in.Period, EvaluationPeriods: in.EvaluationPeriods,
		TreatMissingData: in.TreatMissingData, ActionsEnabled: in.ActionsEnabled, AlarmActions: in.AlarmActions, OKActions: in.OKActions,
		Statistic: in.Statistic, ExtendedStatistic: in.ExtendedStatistic,
	}), a.Tagged(a.Role))
}

// alarmFields are an alarm's settings. M out of N is N out of N where M is not said.
func alarmFields(m *cwtypes.MetricAlarm) []resource.Field {
	of := aws.ToInt32(m.EvaluationPeriods)
	datapoints := of
	if m.DatapointsToAlarm != nil {
		datapoints = *m.DatapointsToAlarm
	}
	return []resource.Field{
		{Name: "metric", Value: strings.TrimSpace(aws.ToString(m.Namespace) + " " + aws.ToString(m.MetricName))},
		{Name: "of", Value: dimensionsText(m.Dimensions)},
		{Name: "statistic", Value: string(m.Statistic) + aws.ToString(m.ExtendedStatistic)},
		{Name: "unit", Value: string(m.Unit)},
		{Name: "alarms when", Value: string(m.ComparisonOperator)},
		{Name: "threshold", Value: strconv.FormatFloat(aws.ToFloat64(m.Threshold), 'f', -1, 64)},
		{Name: "period", Value: resource.Number(aws.ToInt32(m.Period))},
		{Name: "evaluation periods", Value: resource.Number(of)},
		{Name: "datapoints to alarm", Value: resource.Number(datapoints)},
		{Name: "missing data", Value: aws.ToString(m.TreatMissingData)},
		{Name: "low sample counts", Value: aws.ToString(m.EvaluateLowSampleCountPercentile)},
		{Name: "acts", Value: resource.Yes(aws.ToBool(m.ActionsEnabled))},
		{Name: "tells", Value: resource.Set(m.AlarmActions...)},
		{Name: "tells when ok", Value: resource.Set(m.OKActions...)},
		{Name: "tells without data", Value: resource.Set(m.InsufficientDataActions...)},
		{Name: "description", Value: aws.ToString(m.AlarmDescription)},
	}
}

func (a *Alarm) Actual() []resource.Field {
	if a.was == nil {
		return nil
	}
	return append(alarmFields(a.was), a.tags)
}

func (a *Alarm) Find(ctx context.Context) (bool, error) {
	a.was, a.has, a.theirs = nil, nil, nil
	all, err := foundAlarms(ctx, a.Scope)
	if err != nil {
		return false, err
	}
	found, ok := all[a.alarmName()]
	if !ok {
		return false, nil
	}
	if a.has, err = a.tagsOfAlarm(ctx, aws.ToString(found.AlarmArn)); err != nil {
		return false, err
	}
	if !account.Unclaimed(a.has, a.Stack()) {
		a.theirs = resource.InTheWay("alarm "+a.alarmName(), a.Mark(a.Role))
		return false, nil
	}
	a.was, a.tags = &found, a.TaggedWith(a.Role, a.has)
	return true, nil
}

func (a *Alarm) tagsOfAlarm(ctx context.Context, arn string) (map[string]string, error) {
	out, err := a.CloudWatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: &arn})
	if account.IsNotFound(err) { // it has gone meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list tags of %s: %w", arn, err)
	}
	return account.OfCloudWatch(out.Tags), nil
}

// Create makes the alarm with its tags: PutMetricAlarm gives them to a new alarm alone (PutMetricAlarm in the CloudWatch API Reference, Tags).
func (a *Alarm) Create(ctx context.Context) error {
	in := a.put()
	in.Tags = a.Mark(a.Role).CloudWatch()
	return a.send(ctx, in)
}

func (a *Alarm) send(ctx context.Context, in *cloudwatch.PutMetricAlarmInput) error {
	if _, err := a.CloudWatch.PutMetricAlarm(ctx, in); err != nil {
		return fmt.Errorf("put alarm %s: %w", a.alarmName(), err)
	}
	return nil
}

// Change replaces the alarm's whole definition, and its tags by themselves.
func (a *Alarm) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := a.retag(ctx); err != nil || len(differences) == 1 {
			return err
		}
	}
	return a.send(ctx, a.put())
}

func (a *Alarm) retag(ctx context.Context) error {
	arn := a.was.AlarmArn
	return resource.Tagging{
		Read: func(context.Context) (map[string]string, error) { return maps.Clone(a.has), nil },
		Remove: func(ctx context.Context, keys []string) error {
			_, err := a.CloudWatch.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: arn, TagKeys: keys})
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			_, err := a.CloudWatch.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: arn, Tags: tags.CloudWatch()})
			return err
		},
	}.Give(ctx, a.alarmName(), a.Mark(a.Role))
}

// Remove is no error where there is none: DeleteAlarms passes over names that it does not know.
func (a *Alarm) Remove(ctx context.Context) error {
	if _, err := a.CloudWatch.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{a.alarmName()}}); err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete alarm %s: %w", a.alarmName(), err)
	}
	return nil
}

var (
	_ resource.Resource   = (*Alarm)(nil)
	_ resource.Obstructed = (*Alarm)(nil)
)

func (a *Alarm) Monthly() float64 { return prices.AlarmMonth }
