package scaling

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// testLabel is the resource label of testGroup.
const testLabel = "app/lb/50dc6c495c0c9188/targetgroup/"

func cpu(target float64) *autoscalingtypes.TargetTrackingConfiguration {
	return &autoscalingtypes.TargetTrackingConfiguration{
		TargetValue:                   &target,
		PredefinedMetricSpecification: &autoscalingtypes.PredefinedMetricSpecification{PredefinedMetricType: autoscalingtypes.MetricTypeASGAverageCPUUtilization},
	}
}

// track puts a policy of the group "app" and returns its alarms' names.
func (s *stage) track(name string, c *autoscalingtypes.TargetTrackingConfiguration, change func(*autoscaling.PutScalingPolicyInput)) (high, low string) {
	s.t.Helper()
	in := &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: new("app"), PolicyName: &name, PolicyType: new("TargetTrackingScaling"),
		TargetTrackingConfiguration: c, EstimatedInstanceWarmup: new(int32(0)),
	}
	if change != nil {
		change(in)
	}
	for _, a := range roomtest.Must(s.client().PutScalingPolicy(s.t.Context(), in))(s.t).Alarms {
		if strings.HasPrefix(*a.AlarmName, "TargetTracking-app-AlarmHigh-") {
			high = *a.AlarmName
		} else if strings.HasPrefix(*a.AlarmName, "TargetTracking-app-AlarmLow-") {
			low = *a.AlarmName
		}
	}
	return high, low
}

// alarmed has an alarm of a policy ask for it.
func (s *stage) alarmed(policy string, breach Breach) string {
	s.t.Helper()
	p, _ := s.r.policies.Get(policyKey("app", policy))
	return roomtest.Must(s.r.Alarmed(s.r.policyARN(p), breach))(s.t)
}

func TestTargetTrackingMakesItsAlarms(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	high, low := s.track("cpu", cpu(50), nil)
	h, l := s.alarms.all()[high], s.alarms.all()[low]
	if h == nil || l == nil || len(s.alarms.all()) != 2 {
		t.Fatalf("the alarms are %q, %q of %v", high, low, s.alarms.all())
	}
	if *h.Threshold != 50 || *h.EvaluationPeriods != 3 || *h.Period != 60 || h.ComparisonOperator != cwtypes.ComparisonOperatorGreaterThanThreshold {
		t.Errorf("high is %+v", h)
	}
	if *l.Threshold != 35 || *l.EvaluationPeriods != 15 || l.ComparisonOperator != cwtypes.ComparisonOperatorLessThanThreshold {
		t.Errorf("low is %+v", l)
	}
	if *h.Namespace != "AWS/EC2" || *h.MetricName != "CPUUtilization" || h.Statistic != "Average" ||
		*h.Dimensions[0].Name != "AutoScalingGroupName" || *h.Dimensions[0].Value != "app" {
		t.Errorf("it watches %+v", h)
	}
	s.reopen()
	if again, _ := s.track("cpu", cpu(60), nil); again != high || *s.alarms.all()[high].Threshold != 60 {
		t.Errorf("changed it is %q", again)
	}
	shown := roomtest.Must(s.client().DescribePolicies(t.Context(), &autoscaling.DescribePoliciesInput{}))(t).ScalingPolicies
	if off := shown[0].TargetTrackingConfiguration.DisableScaleIn; off == nil || *off { // as the AWS CLI's examples of describe-policies show it
		t.Errorf("DisableScaleIn is shown as %v", off)
	}
	only := cpu(60)
	only.DisableScaleIn = new(true)
	if _, none := s.track("cpu", only, nil); none != "" || len(s.alarms.all()) != 1 {
		t.Errorf("with scale-in disabled %q, %v", none, s.alarms.all())
	}
	found := roomtest.Must(s.client().DescribePolicies(t.Context(), &autoscaling.DescribePoliciesInput{
		PolicyTypes: []string{"TargetTrackingScaling"},
	}))(t).ScalingPolicies
	if len(found) != 1 || len(found[0].Alarms) != 1 || found[0].AdjustmentType != nil || *found[0].TargetTrackingConfiguration.TargetValue != 60 {
		t.Errorf("it is shown as %+v", found)
	}
	s.track("cpu", cpu(60), func(in *autoscaling.PutScalingPolicyInput) { in.Enabled = new(false) })
	if len(s.alarms.all()) != 0 {
		t.Errorf("disabled it has %v", s.alarms.all())
	}
	s.track("cpu", cpu(60), nil)
	roomtest.Must(s.client().DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("cpu")}))(t)
	if len(s.alarms.all()) != 0 {
		t.Errorf("deleted it has %v", s.alarms.all())
	}
	s.track("cpu", cpu(60), nil)
	roomtest.Must(s.client().DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), ForceDelete: new(true),
	}))(t)
	s.wait("the group goes", func() bool { _, ok := s.r.fleets.Get("app"); return !ok })
	if len(s.alarms.all()) != 0 {
		t.Errorf("without its group it has %v", s.alarms.all())
	}
}

// What a policy tracks may be metric math: its alarms watch it by the minute, and are refused for what is wrong with it.
func TestTargetTrackingByMetricMath(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	queue := func(expression string) *autoscalingtypes.TargetTrackingConfiguration {
		stat := func(namespace, name, of, value string) *autoscalingtypes.TargetTrackingMetricStat {
			return &autoscalingtypes.TargetTrackingMetricStat{Stat: new("Sum"), Metric: &autoscalingtypes.Metric{
				Namespace: &namespace, MetricName: &name, Dimensions: []autoscalingtypes.MetricDimension{{Name: &of, Value: &value}},
			}}
		}
		return &autoscalingtypes.TargetTrackingConfiguration{TargetValue: new(100.0), CustomizedMetricSpecification: &autoscalingtypes.CustomizedMetricSpecification{
			Metrics: []autoscalingtypes.TargetTrackingMetricDataQuery{
				{Id: new("m1"), Label: new("queue"), MetricStat: stat("Jobs", "Waiting", "Queue", "q"), ReturnData: new(false)},
				{Id: new("m2"), MetricStat: stat("AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", "app"), ReturnData: new(false)},
				{Id: new("e1"), Expression: &expression},
			},
		}}
	}
	high, low := s.track("backlog", queue("m1 / m2"), nil)
	h, l := s.alarms.all()[high], s.alarms.all()[low]
	if h == nil || l == nil || len(h.Metrics) != 3 || h.MetricName != nil || h.Period != nil || *l.Threshold != 70 {
		t.Fatalf("the alarms are %+v, %+v", h, l)
	}
	if m := h.Metrics[0]; *m.MetricStat.Period != 60 || *m.MetricStat.Metric.Dimensions[0].Value != "q" || *m.ReturnData || *h.Metrics[2].Expression != "m1 / m2" {
		t.Errorf("it watches %+v", h.Metrics)
	}
	both := queue("m1 / m2")
	both.CustomizedMetricSpecification.MetricName = new("Waiting")
	_, err := s.client().PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: new("app"), PolicyName: new("both"), PolicyType: new("TargetTrackingScaling"), TargetTrackingConfiguration: both,
	})
	roomtest.WantAPIError(t, err, "ValidationError")
}

func TestTargetTrackingFollowsItsMetrics(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	s.await("two in service", serve(2))
	label := testLabel + testGroup[strings.LastIndex(testGroup, ":targetgroup/")+len(":targetgroup/"):]
	requests := &autoscalingtypes.TargetTrackingConfiguration{
		TargetValue: new(1000.0),
		PredefinedMetricSpecification: &autoscalingtypes.PredefinedMetricSpecification{
			PredefinedMetricType: autoscalingtypes.MetricTypeALBRequestCountPerTarget, ResourceLabel: &label,
		},
	}
	cpuHigh, cpuLow := s.track("cpu", cpu(50), nil)
	reqHigh, reqLow := s.track("requests", requests, nil)
	if in := s.alarms.all()[reqHigh]; *in.MetricName != "RequestCountPerTarget" || in.Statistic != "Sum" || *in.Dimensions[0].Value != "app/lb/50dc6c495c0c9188" {
		t.Errorf("requests are watched by %+v", in)
	}
	alarm, ok := cwtypes.StateValueAlarm, cwtypes.StateValueOk
	say := s.alarms.say
	say(cpuHigh, alarm, 70)
	say(reqHigh, alarm, 1800)
	s.alarmed("cpu", Breach{By: "a monitor alarm " + cpuHigh + " in state ALARM"})
	if s.desired() != 4 {
		t.Errorf("the larger of three and four is %d", s.desired())
	}
	s.await("four in service", serve(4))
	if a := s.activity("triggered policy cpu changing the desired capacity from 2 to 4."); !strings.Contains(*a.Cause,
		"a monitor alarm TargetTracking-app-AlarmHigh-") {
		t.Errorf("the cause is %q", *a.Cause)
	}
	say(cpuHigh, ok, 10)
	say(cpuLow, alarm, 10)
	say(reqHigh, ok, 900)
	say(reqLow, ok, 900)
	s.alarmed("cpu", Breach{})
	if s.desired() != 4 {
		t.Errorf("not all agree, and it is %d", s.desired())
	}
	say(reqHigh, ok, 500)
	say(reqLow, alarm, 500)
	s.alarmed("requests", Breach{})
	if s.desired() != 2 {
		t.Errorf("all agree to half, and it is %d", s.desired())
	}
}

func TestTargetTrackingThatIsRefused(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	put := func(code string, c *autoscalingtypes.TargetTrackingConfiguration, change func(*autoscaling.PutScalingPolicyInput)) {
		t.Helper()
		in := &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: new("app"), PolicyName: new("p"), PolicyType: new("TargetTrackingScaling"), TargetTrackingConfiguration: c,
		}
		if change != nil {
			change(in)
		}
		_, err := s.client().PutScalingPolicy(t.Context(), in)
		roomtest.WantAPIError(t, err, code)
	}
	custom := func(m autoscalingtypes.CustomizedMetricSpecification) *autoscalingtypes.TargetTrackingConfiguration {
		return &autoscalingtypes.TargetTrackingConfiguration{TargetValue: new(1.0), CustomizedMetricSpecification: &m}
	}
	both := custom(autoscalingtypes.CustomizedMetricSpecification{MetricName: new("m"), Namespace: new("n"), Statistic: "Sum"})
	both.PredefinedMetricSpecification = cpu(1).PredefinedMetricSpecification
	unlabelled, labelled, elsewhere := cpu(1), cpu(1), cpu(1)
	unlabelled.PredefinedMetricSpecification.PredefinedMetricType = autoscalingtypes.MetricTypeALBRequestCountPerTarget
	labelled.PredefinedMetricSpecification.ResourceLabel = new(testLabel + "x/1")
	elsewhere.PredefinedMetricSpecification.PredefinedMetricType = autoscalingtypes.MetricTypeALBRequestCountPerTarget
	elsewhere.PredefinedMetricSpecification.ResourceLabel = new(testLabel + "x/1")
	for _, c := range []*autoscalingtypes.TargetTrackingConfiguration{
		nil, cpu(0), cpu(-1), {TargetValue: new(1.0)}, both, unlabelled, labelled, elsewhere,
		custom(autoscalingtypes.CustomizedMetricSpecification{MetricName: new("m"), Namespace: new("n")}),
		custom(autoscalingtypes.CustomizedMetricSpecification{MetricName: new("m"), Namespace: new("n"), Statistic: "Sum", Period: new(int32(5))}),
	} {
		put("ValidationError", c, nil)
	}
	put("ValidationError", cpu(1), func(in *autoscaling.PutScalingPolicyInput) { in.Cooldown = new(int32(1)) })
	put("ValidationError", cpu(1), func(in *autoscaling.PutScalingPolicyInput) {
		in.PolicyType, in.AdjustmentType, in.ScalingAdjustment = new("SimpleScaling"), new("ChangeInCapacity"), new(int32(1))
	})
	s.track("custom", custom(autoscalingtypes.CustomizedMetricSpecification{
		MetricName: new("Depth"), Namespace: new("Queue"), Statistic: "Maximum", Unit: new("Count"), Period: new(int32(30)),
		Dimensions: []autoscalingtypes.MetricDimension{{Name: new("a"), Value: new("b")}},
	}), nil)
	for _, in := range s.alarms.all() {
		if *in.MetricName != "Depth" || *in.Period != 30 || in.Unit != "Count" || room.Deref(in.Dimensions[0].Value) != "b" {
			t.Errorf("a customized metric is watched by %+v", in)
		}
	}
	put("ValidationError", custom(autoscalingtypes.CustomizedMetricSpecification{ // what another policy tracks
		MetricName: new("Depth"), Namespace: new("Queue"), Statistic: "Maximum", Unit: new("Count"), Period: new(int32(30)),
		Dimensions: []autoscalingtypes.MetricDimension{{Name: new("a"), Value: new("b")}},
	}), nil)
	_, err := s.client().ExecutePolicy(t.Context(), &autoscaling.ExecutePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("custom")})
	roomtest.WantAPIError(t, err, "ValidationError")
}
