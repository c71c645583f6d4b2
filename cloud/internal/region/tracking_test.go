package region

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// A target tracking policy's own alarms watch its metric, and carry it out.
func TestTargetTrackingScalesByItsAlarms(t *testing.T) {
	s := newJoined(t, 60)
	in := s.input(1)
	in.TargetGroupARNs, in.HealthCheckType = nil, nil
	roomtest.Must(s.scaling.CreateAutoScalingGroup(t.Context(), in))(t)
	s.serving(1)
	alarms := roomtest.Must(s.scaling.PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: in.AutoScalingGroupName, PolicyName: new("depth"), PolicyType: new("TargetTrackingScaling"), EstimatedInstanceWarmup: new(int32(0)),
		TargetTrackingConfiguration: &autoscalingtypes.TargetTrackingConfiguration{
			TargetValue: new(10.0), CustomizedMetricSpecification: &autoscalingtypes.CustomizedMetricSpecification{
				Namespace: new("Queue"), MetricName: new("Depth"), Statistic: autoscalingtypes.MetricStatisticAverage,
			},
		},
	}))(t).Alarms
	if len(alarms) != 2 {
		t.Fatalf("its alarms are %+v", alarms)
	}
	for _, a := range alarms {
		shown := roomtest.Must(s.r.watching.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{*a.AlarmName}}))(t).MetricAlarms
		if len(shown) != 1 || *shown[0].AlarmArn != *a.AlarmARN ||
			!strings.HasPrefix(*shown[0].AlarmDescription, "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy arn:aws:autoscaling:") {
			t.Errorf("%s is %+v", *a.AlarmName, shown)
		}
	}
	// Before and long after the alarms' evaluation, whenever that comes.
	depth := &cloudwatch.PutMetricDataInput{Namespace: new("Queue")}
	for minute := range 600 {
		at := time.Now().Add(s.speed.Of(time.Duration(minute-3) * time.Minute))
		depth.MetricData = append(depth.MetricData, cwtypes.MetricDatum{MetricName: new("Depth"), Value: new(18.0), Timestamp: &at})
	}
	roomtest.Must(s.r.watching.PutMetricData(t.Context(), depth))(t)
	s.serving(2)
}
