package scaling

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The alarms of target tracking, as AWS makes them: a group grows after three minutes above the target, and shrinks after fifteen
// below a share of it. AWS documents neither the numbers nor the share; of groups it was observed to be this, whatever the target is.
const (
	minutesHigh = 3
	minutesLow  = 15
	lowShare    = 0.7
)

// setTracking takes the configuration of a target tracking policy.
func (p *policyRow) setTracking(in *autoscaling.PutScalingPolicyInput) error {
	if in.AdjustmentType != nil || !placeholders(in.ScalingAdjustment, in.MinAdjustmentMagnitude, in.Cooldown) ||
		len(in.StepAdjustments) > 0 || in.MetricAggregationType != nil {
		return invalid("AdjustmentType, ScalingAdjustment, MinAdjustmentMagnitude, Cooldown, StepAdjustments and MetricAggregationType "+
			"are not supported by policies of the type %s", targetTracking)
	}
	c := in.TargetTrackingConfiguration
	if c == nil {
		return invalid("TargetTrackingConfiguration is required for policies of the type %s", targetTracking)
	}
	if err := required("targetTrackingConfiguration.targetValue", c.TargetValue == nil); err != nil {
		return err
	}
	if v := *c.TargetValue; math.IsNaN(v) || v <= 0 || v > math.Ldexp(1, 360) {
		return invalid("The target value %v must be greater than 0 and at most 2 to the power of 360.", v)
	}
	if (c.PredefinedMetricSpecification == nil) == (c.CustomizedMetricSpecification == nil) {
		return invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.")
	}
	p.Tracking, p.Cooldown = c, nil
	if c.CustomizedMetricSpecification != nil {
		return checkCustomized(c.CustomizedMetricSpecification)
	}
	return checkPredefined(c.PredefinedMetricSpecification)
}

func checkPredefined(m *autoscalingtypes.PredefinedMetricSpecification) error {
	if !slices.Contains(m.PredefinedMetricType.Values(), m.PredefinedMetricType) {
		return invalid("1 validation error detected: Value '%s' at 'targetTrackingConfiguration.predefinedMetricSpecification.predefinedMetricType' "+
			"failed to satisfy constraint: Member must satisfy enum value set: %v", m.PredefinedMetricType, m.PredefinedMetricType.Values())
	}
	if byRequests := m.PredefinedMetricType == autoscalingtypes.MetricTypeALBRequestCountPerTarget; byRequests == (room.Deref(m.ResourceLabel) == "") {
		return invalid("A ResourceLabel is required for the metric type %s, and for no other.", autoscalingtypes.MetricTypeALBRequestCountPerTarget)
	}
	return nil
}

func checkCustomized(m *autoscalingtypes.CustomizedMetricSpecification) error {
	if err := room.Only(m, "MetricName", "Namespace", "Dimensions", "Statistic", "Unit", "Period", "Metrics"); err != nil {
		return err
	}
	single := m.MetricName != nil || m.Namespace != nil || len(m.Dimensions) > 0 || m.Statistic != "" || m.Unit != nil || m.Period != nil
	switch {
	case len(m.Metrics) > 0 && single:
		return invalid("A CustomizedMetricSpecification has either Metrics or one metric.")
	case len(m.Metrics) > 0:
		return nil // they are checked as their alarms are made
	case room.Deref(m.MetricName) == "" || room.Deref(m.Namespace) == "" || m.Statistic == "":
		return invalid("A CustomizedMetricSpecification must have a MetricName, a Namespace and a Statistic.")
	case !slices.Contains(m.Statistic.Values(), m.Statistic):
		return invalid("The statistic '%s' is not valid: %v are.", m.Statistic, m.Statistic.Values())
	case m.Period != nil && !slices.Contains([]int32{10, 30, 60}, *m.Period):
		return invalid("The period %d is not valid: 10, 30 and 60 are.", *m.Period)
	}
	return nil
}

// tracksTwice tells whether another policy of a group tracks the same metric.
func (r *Room) tracksTwice(tx *store.Tx, p policyRow) bool {
	return p.Type == targetTracking && slices.ContainsFunc(r.policies.AllTx(tx), func(other policyRow) bool {
		return other.Group == p.Group && other.Name != p.Name && other.Type == targetTracking &&
			reflect.DeepEqual(other.Tracking.PredefinedMetricSpecification, p.Tracking.PredefinedMetricSpecification) &&
			reflect.DeepEqual(other.Tracking.CustomizedMetricSpecification, p.Tracking.CustomizedMetricSpecification)
	})
}

// putAlarms makes the alarms of a target tracking policy, or changes them. A policy that is disabled has none
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enable-disable-scaling-policy.html), one with scale-in disabled only that for
// scaling out.
func (r *Room) putAlarms(tx *store.Tx, f fleetRow, p *policyRow) error {
	if p.Type != targetTracking || p.Disabled {
		err := r.alarms.DropAlarms(tx, p.High, p.Low)
		p.High, p.Low = "", ""
		return err
	}
	if err := p.checkLabel(f); err != nil {
		return err
	}
	p.High = cmp.Or(p.High, "TargetTracking-"+p.Group+"-AlarmHigh-"+room.NewUUID())
	high := r.trackingAlarm(*p, p.High, minutesHigh)
	high.ComparisonOperator, high.Threshold = cwtypes.ComparisonOperatorGreaterThanThreshold, p.Tracking.TargetValue
	if err := r.alarms.PutAlarm(tx, high); err != nil {
		return err
	}
	if room.Deref(p.Tracking.DisableScaleIn) {
		err := r.alarms.DropAlarms(tx, p.Low)
		p.Low = ""
		return err
	}
	p.Low = cmp.Or(p.Low, "TargetTracking-"+p.Group+"-AlarmLow-"+room.NewUUID())
	low := r.trackingAlarm(*p, p.Low, minutesLow)
	low.ComparisonOperator, low.Threshold = cwtypes.ComparisonOperatorLessThanThreshold, new(lowShare**p.Tracking.TargetValue)
	return r.alarms.PutAlarm(tx, low)
}

// checkLabel refuses a resource label whose target group is not attached to the policy's group (PredefinedMetricSpecification in the API
// reference).
func (p *policyRow) checkLabel(f fleetRow) error {
	m := p.Tracking.PredefinedMetricSpecification
	if m == nil || m.ResourceLabel == nil {
		return nil
	}
	balancer, group, ok := splitLabel(*m.ResourceLabel)
	attached := slices.ContainsFunc(f.Attachments, func(a fleet.Attachment) bool {
		return a.State != fleet.Removing && strings.HasSuffix(a.ARN, ":"+group)
	})
	if !ok || !strings.HasPrefix(balancer, "app/") || !attached {
		return invalid("The resource label '%s' is not valid: it must be app/LOAD-BALANCER/ID/targetgroup/TARGET-GROUP/ID "+
			"of a target group that is attached to the Auto Scaling group.", *m.ResourceLabel)
	}
	return nil
}

// splitLabel splits a resource label into the final portions of a load balancer's and a target group's ARN.
func splitLabel(label string) (balancer, group string, ok bool) {
	at := strings.Index(label, "/targetgroup/")
	if at < 0 {
		return "", "", false
	}
	return label[:at], label[at+1:], true
}

// trackingAlarm is an alarm of a policy without its threshold.
func (r *Room) trackingAlarm(p policyRow, name string, minutes int32) *cloudwatch.PutMetricAlarmInput {
	arn := r.policyARN(p)
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmActions: []string{arn}, EvaluationPeriods: &minutes, Period: new(int32(60)),
		AlarmDescription: new("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + arn + "."),
	}
	if m := p.Tracking.CustomizedMetricSpecification; m != nil && len(m.Metrics) > 0 {
		in.Metrics, in.Period = watchedQueries(m.Metrics), nil
		return in
	}
	if m := p.Tracking.CustomizedMetricSpecification; m != nil {
		in.Namespace, in.MetricName, in.Statistic, in.Unit = m.Namespace, m.MetricName, cwtypes.Statistic(m.Statistic), cwtypes.StandardUnit(room.Deref(m.Unit))
		if m.Period != nil {
			in.Period = m.Period
		}
		for _, d := range m.Dimensions {
			in.Dimensions = append(in.Dimensions, cwtypes.Dimension{Name: d.Name, Value: d.Value})
		}
		return in
	}
	watchPredefined(in, p.Group, *p.Tracking.PredefinedMetricSpecification)
	return in
}

// watchedQueries has an alarm watch metric math
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-target-tracking-metric-math.html), by the minute where no period is said.
func watchedQueries(queries []autoscalingtypes.TargetTrackingMetricDataQuery) (all []cwtypes.MetricDataQuery) {
	minute := int32(60)
	for _, q := range queries {
		out := cwtypes.MetricDataQuery{Id: q.Id, Expression: q.Expression, Label: q.Label, Period: q.Period, ReturnData: q.ReturnData}
		if s := q.MetricStat; s != nil {
			stat := &cwtypes.MetricStat{Stat: s.Stat, Unit: cwtypes.StandardUnit(room.Deref(s.Unit)), Period: cmp.Or(s.Period, q.Period, &minute)}
			out.Period = nil
			if s.Metric != nil {
				stat.Metric = &cwtypes.Metric{Namespace: s.Metric.Namespace, MetricName: s.Metric.MetricName}
				for _, d := range s.Metric.Dimensions {
					stat.Metric.Dimensions = append(stat.Metric.Dimensions, cwtypes.Dimension{Name: d.Name, Value: d.Value})
				}
			}
			out.MetricStat = stat
		}
		all = append(all, out)
	}
	return all
}

// predefined are the metrics of the predefined types that are a group's own.
var predefined = map[autoscalingtypes.MetricType]string{
	autoscalingtypes.MetricTypeASGAverageCPUUtilization: "CPUUtilization",
	autoscalingtypes.MetricTypeASGAverageNetworkIn:      "NetworkIn",
	autoscalingtypes.MetricTypeASGAverageNetworkOut:     "NetworkOut",
}

// watchPredefined has an alarm watch a predefined metric.
func watchPredefined(in *cloudwatch.PutMetricAlarmInput, group string, m autoscalingtypes.PredefinedMetricSpecification) {
	if name, ok := predefined[m.PredefinedMetricType]; ok {
		in.Namespace, in.MetricName, in.Statistic = new("AWS/EC2"), &name, cwtypes.StatisticAverage
		in.Dimensions = []cwtypes.Dimension{{Name: new("AutoScalingGroupName"), Value: &group}}
		return
	}
	balancer, targets, _ := splitLabel(*m.ResourceLabel)
	in.Namespace, in.MetricName, in.Statistic = new("AWS/ApplicationELB"), new("RequestCountPerTarget"), cwtypes.StatisticSum
	in.Dimensions = []cwtypes.Dimension{{Name: new("LoadBalancer"), Value: &balancer}, {Name: new("TargetGroup"), Value: &targets}}
}

// trackers are the target tracking policies of a policy's group, if it is one, with what their alarms say now.
func (r *Room) trackers(policy string) (all []fleet.Tracker) {
	p, err := r.findPolicy(nil, nil, &policy)
	if err != nil || p.Type != targetTracking {
		return nil
	}
	for _, other := range r.policies.All() {
		if other.Group != p.Group || other.Type != targetTracking || other.Disabled {
			continue
		}
		high, value := r.alarms.Reading(other.High)
		low, _ := r.alarms.Reading(other.Low)
		all = append(all, fleet.Tracker{
			Target: *other.Tracking.TargetValue, Value: value, OutOnly: room.Deref(other.Tracking.DisableScaleIn),
			High: high == cwtypes.StateValueAlarm, Low: low == cwtypes.StateValueAlarm,
		})
	}
	return all
}
