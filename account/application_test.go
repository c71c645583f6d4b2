package account

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func TestSwitchIsNotTakenForTheApplication(t *testing.T) {
	for name, c := range map[string]struct {
		config route53types.HealthCheckConfig
		want   bool
	}{
		"by name":          {route53types.HealthCheckConfig{FullyQualifiedDomainName: aws.String("lb.test"), ResourcePath: aws.String("/")}, true},
		"by address":       {route53types.HealthCheckConfig{IPAddress: aws.String("192.0.2.1")}, true},
		"inverted by hand": {route53types.HealthCheckConfig{FullyQualifiedDomainName: aws.String("lb.test"), Inverted: aws.Bool(true)}, true},
		"the switch":       {route53types.HealthCheckConfig{FullyQualifiedDomainName: aws.String("lb.test"), ResourcePath: aws.String("/.understudy/switch")}, false},
		"a control":        {route53types.HealthCheckConfig{Type: route53types.HealthCheckTypeRecoveryControl}, false},
	} {
		if got := AsksApplication(&c.config); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
