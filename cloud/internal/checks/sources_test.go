package checks

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

const controlARN = "arn:aws:route53-recovery-control::123456789012:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/0123456789abcdef"

func TestHealthChecksOfAlarmsAndControls(t *testing.T) {
	a, r, _ := open(t, t.TempDir())
	alarm := &r53types.AlarmIdentifier{Name: aws.String("errors"), Region: r53types.CloudWatchRegionEuWest1}
	c, err := createCheck(t, a, "alarm", &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: alarm})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.HealthCheckConfig.InsufficientDataHealthStatus; got != r53types.InsufficientDataHealthStatusLastKnownStatus {
		t.Errorf("with too little data %s, want LastKnownStatus", got)
	}
	in := &route53.UpdateHealthCheckInput{HealthCheckId: c.Id, InsufficientDataHealthStatus: r53types.InsufficientDataHealthStatusUnhealthy}
	if _, err := a.updateHealthCheck(t.Context(), in); err != nil || r.set[*c.Id].InsufficientDataHealthStatus != in.InsufficientDataHealthStatus {
		t.Errorf("update: %v, %v", err, r.set[*c.Id])
	}
	_, err = a.getHealthCheckStatus(t.Context(), &route53.GetHealthCheckStatusInput{HealthCheckId: c.Id})
	refused(t, err, "InvalidInput", "")
	if _, err := createCheck(t, a, "control", &r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: aws.String(controlARN),
	}); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]r53types.HealthCheckConfig{
		"no alarm":                 {Type: r53types.HealthCheckTypeCloudwatchMetric},
		"no region":                {Type: r53types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: &r53types.AlarmIdentifier{Name: aws.String("x"), Region: "x"}},
		"unknown data rule":        {Type: r53types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: alarm, InsufficientDataHealthStatus: "Maybe"},
		"alarm with a port":        {Type: r53types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: alarm, Port: aws.Int32(80)},
		"no control":               {Type: r53types.HealthCheckTypeRecoveryControl},
		"not a control":            {Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: aws.String("arn:aws:s3:::x")},
		"control interval":         {Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: aws.String(controlARN), RequestInterval: aws.Int32(10)},
		"control of an HTTP check": {Type: r53types.HealthCheckTypeHttp, IPAddress: aws.String("198.51.100.1"), RoutingControlArn: aws.String(controlARN)},
	} {
		_, err := createCheck(t, a, name, &c)
		t.Run(name, func(t *testing.T) { refused(t, err, "InvalidInput", "") })
	}
}
