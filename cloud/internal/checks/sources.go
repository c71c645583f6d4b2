package checks

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
)

// unprobed refuses the settings of probes in a check without probes.
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
			return request.BadInput("Invalid parameter : %s may not be specified for health checks of type %s.", m.name, c.Type)
		}
	}
	c.MeasureLatency, c.Regions = nil, nil
	return nil
}

// childless refuses the settings of a check that counts others.
func childless(c *r53types.HealthCheckConfig) error {
	if len(c.ChildHealthChecks) > 0 || c.HealthThreshold != nil {
		return request.BadInput("Invalid parameter : ChildHealthChecks and HealthThreshold may only be specified for health checks of type CALCULATED.")
	}
	return nil
}

// sourceOf finds the alarm or the routing control that a check is to follow. Finding an alarm may take a
// moment, so no lock is held.
func (a *Checks) sourceOf(ctx context.Context, c r53types.HealthCheckConfig) (*Watched, error) {
	switch c.Type {
	case r53types.HealthCheckTypeCloudwatchMetric:
		w, err := a.engine.Alarm(ctx, *c.AlarmIdentifier)
		if err != nil {
			return nil, err
		}
		return &w, nil
	case r53types.HealthCheckTypeRecoveryControl:
		if !a.engine.Control(*c.RoutingControlArn) {
			return nil, request.BadInput("Invalid parameter : The routing control %s does not exist.", *c.RoutingControlArn)
		}
	}
	return nil, nil
}

// sourceAfter finds the alarm that a check follows after an update, with the alarm's present settings. If the
// update names no alarm, and the check's alarm was deleted or can no longer be followed, the check keeps the old settings.
func (a *Checks) sourceAfter(ctx context.Context, id string, in *route53.UpdateHealthCheckInput) (*Watched, error) {
	c, ok := a.tables.Checks.Get(id)
	if !ok || c.Config.Type != r53types.HealthCheckTypeCloudwatchMetric {
		return nil, nil
	}
	config, err := amended(c.Config, in)
	if err != nil {
		return nil, err
	}
	w, err := a.sourceOf(ctx, config)
	if err != nil && in.AlarmIdentifier == nil {
		return c.Alarm, nil
	}
	return w, err
}

// ofAlarm checks a check that follows the data of a CloudWatch alarm.
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
		return c, request.BadInput("Invalid parameter : AlarmIdentifier must be specified for health checks of type CLOUDWATCH_METRIC.")
	case !slices.Contains(a.Region.Values(), a.Region):
		return c, request.BadInput("Invalid parameter : %s is not a region with CloudWatch alarms.", a.Region)
	}
	if c.InsufficientDataHealthStatus == "" {
		c.InsufficientDataHealthStatus = r53types.InsufficientDataHealthStatusLastKnownStatus
	}
	if !slices.Contains(c.InsufficientDataHealthStatus.Values(), c.InsufficientDataHealthStatus) {
		return c, request.BadInput(
			"Invalid XML ; cvc-enumeration-valid: Value '%s' is not facet-valid with respect to enumeration '[Healthy, Unhealthy, LastKnownStatus]'.",
			c.InsufficientDataHealthStatus,
		)
	}
	return c, request.Length("name", *a.Name, 1, 256)
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
		return c, request.BadInput("Invalid parameter : RoutingControlArn must be that of a routing control for health checks of type RECOVERY_CONTROL.")
	}
	return c, nil
}
