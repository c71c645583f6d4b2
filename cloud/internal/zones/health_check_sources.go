package zones

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// unprobed refuses the settings of probes in a check that has none.
func unprobed(c *r53types.HealthCheckConfig) error {
	for _, m := range []struct {
		name  string
		given bool
	}{
		{"IPAddress", c.IPAddress != nil}, {"Port", c.Port != nil}, {"FullyQualifiedDomainName", c.FullyQualifiedDomainName != nil},
		{"ResourcePath", c.ResourcePath != nil}, {"SearchString", c.SearchString != nil}, {"RequestInterval", c.RequestInterval != nil},
		{"FailureThreshold", c.FailureThreshold != nil}, {"MeasureLatency", aws.ToBool(c.MeasureLatency)}, {"EnableSNI", c.EnableSNI != nil},
		{"Regions", len(c.Regions) > 0},
	} {
		if m.given {
			return badInput("Invalid parameter : %s may not be specified for health checks of type %s.", m.name, c.Type)
		}
	}
	c.MeasureLatency, c.Regions = nil, nil
	return nil
}

// childless refuses the settings of a check that counts others.
func childless(c *r53types.HealthCheckConfig) error {
	if len(c.ChildHealthChecks) > 0 || c.HealthThreshold != nil {
		return badInput("Invalid parameter : ChildHealthChecks and HealthThreshold may only be specified for health checks of type CALCULATED.")
	}
	return nil
}

// ofAlarm checks a check that follows the data of a CloudWatch alarm. Whether there is such an alarm is its
// region's knowledge: until that tells of it, there is too little data.
func ofAlarm(c r53types.HealthCheckConfig) (r53types.HealthCheckConfig, error) {
	if err := unprobed(&c); err != nil {
		return c, err
	}
	if err := childless(&c); err != nil {
		return c, err
	}
	a := c.AlarmIdentifier
	switch {
	case a == nil || aws.ToString(a.Name) == "" || a.Region == "":
		return c, badInput("Invalid parameter : AlarmIdentifier must be specified for health checks of type CLOUDWATCH_METRIC.")
	case !slices.Contains(a.Region.Values(), a.Region):
		return c, badInput("Invalid parameter : %s is not a region with CloudWatch alarms.", a.Region)
	}
	if c.InsufficientDataHealthStatus == "" {
		c.InsufficientDataHealthStatus = r53types.InsufficientDataHealthStatusLastKnownStatus
	}
	if !slices.Contains(c.InsufficientDataHealthStatus.Values(), c.InsufficientDataHealthStatus) {
		return c, badInput("Invalid XML ; cvc-enumeration-valid: Value '%s' is not facet-valid with respect to enumeration '[Healthy, Unhealthy, LastKnownStatus]'.", c.InsufficientDataHealthStatus)
	}
	return c, length("name", *a.Name, 1, 256)
}

var routingControlARN = regexp.MustCompile(`^arn:aws:route53-recovery-control::[0-9]{12}:controlpanel/[0-9a-f]+/routingcontrol/[0-9a-f]+$`)

// ofControl checks a check that follows a routing control of the Application Recovery Controller.
func ofControl(c r53types.HealthCheckConfig) (r53types.HealthCheckConfig, error) {
	if err := unprobed(&c); err != nil {
		return c, err
	}
	if err := childless(&c); err != nil {
		return c, err
	}
	if !routingControlARN.MatchString(aws.ToString(c.RoutingControlArn)) {
		return c, badInput("Invalid parameter : RoutingControlArn must be that of a routing control for health checks of type RECOVERY_CONTROL.")
	}
	return c, nil
}
