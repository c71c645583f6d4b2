package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// An alarm that is as declared is read as what is expected, in the declaration's words.
func TestTheDeclaredAlarmsAreExpected(t *testing.T) {
	const topic, arn = "arn:aws:sns:us-west-2:123456789012:page", "arn:aws:elasticloadbalancing:us-west-2:1:loadbalancer/app/understudy-hello/1"
	d := declaration(t, `alarms: {notify: {primary: ["arn:aws:sns:us-east-1:123456789012:page"], `+
		`secondary: ["`+topic+`"]}, on: [{alarm: errors, threshold: 7}]}`+"\n")
	want := expect(d).parts[understudy.Secondary][key{kindAlarm, "alarm-errors"}]
	c := &canon{place: place{side: understudy.Secondary, declared: d}, names: map[string]string{arn: "load balancer load-balancer"}}
	a := cwtypes.MetricAlarm{
		Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("HTTPCode_Target_5XX_Count"), Statistic: cwtypes.StatisticSum,
		Dimensions:         []cwtypes.Dimension{{Name: aws.String("LoadBalancer"), Value: aws.String("app/understudy-hello/1")}},
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, Threshold: aws.Float64(7), Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(3), TreatMissingData: aws.String("notBreaching"), ActionsEnabled: aws.Bool(true),
		AlarmActions: []string{topic}, OKActions: []string{topic},
	}
	if diff := cmp.Diff(want, c.alarmSettings(a)); diff != "" {
		t.Errorf("as declared (-want +got)\n%s", diff)
	}
	a.DatapointsToAlarm, a.OKActions = aws.Int32(2), nil
	if got := c.alarmSettings(a); got["datapoints to alarm"] != "2" || got["tells when ok"] != None {
		t.Errorf("of another alarm: %v", got)
	}
}
