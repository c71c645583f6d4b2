package checks

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
)

// updateHealthCheck changes what may be changed: not the type, the interval, the measuring of latency, nor
// whether there is an IP address (API reference, UpdateHealthCheck).
func (a *Checks) updateHealthCheck(ctx context.Context, in *route53.UpdateHealthCheckInput) (*route53.UpdateHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	var c Check
	alarm, unknown := a.sourceAfter(ctx, id, in)
	err := a.UpdateThen(func(tx *store.Tx) (err error) {
		if c, err = a.tables.Check(tx, id); err != nil {
			return err
		}
		if in.HealthCheckVersion != nil && *in.HealthCheckVersion != c.Version {
			return request.Conflict(
				"HealthCheckVersionMismatch",
				"The value of HealthCheckVersion in the request (%d) doesn't match the value of HealthCheckVersion in the health check (%d).",
				*in.HealthCheckVersion,
				c.Version,
			)
		}
		config, err := amended(c.Config, in)
		if err != nil {
			return err
		}
		if err := a.checkChildren(tx, config); err != nil {
			return err
		}
		if unknown != nil {
			return unknown
		}
		c.Config, c.Version, c.Alarm = config, c.Version+1, alarm
		return a.tables.Checks.Put(tx, id, c)
	}, func() {
		a.engine.Watch(c.ID, c.Alarm)
		a.engine.Set(c.ID, c.Config)
	})
	if err != nil {
		return nil, err
	}
	return &route53.UpdateHealthCheckOutput{HealthCheck: c.describe()}, nil
}

// amended returns settings with the members of an update applied.
func amended(c r53types.HealthCheckConfig, in *route53.UpdateHealthCheckInput) (r53types.HealthCheckConfig, error) {
	if in.IPAddress != nil && c.IPAddress == nil {
		return c, request.BadInput("Invalid parameter : IPAddress cannot be added to a health check that was created without one.")
	}
	request.Set(&c.IPAddress, in.IPAddress)
	request.Set(&c.Port, in.Port)
	request.Set(&c.FullyQualifiedDomainName, in.FullyQualifiedDomainName)
	request.Set(&c.ResourcePath, in.ResourcePath)
	request.Set(&c.SearchString, in.SearchString)
	request.Set(&c.FailureThreshold, in.FailureThreshold)
	request.Set(&c.HealthThreshold, in.HealthThreshold)
	request.Set(&c.Inverted, in.Inverted)
	request.Set(&c.Disabled, in.Disabled)
	request.Set(&c.EnableSNI, in.EnableSNI)
	request.Set(&c.AlarmIdentifier, in.AlarmIdentifier)
	if in.InsufficientDataHealthStatus != "" {
		c.InsufficientDataHealthStatus = in.InsufficientDataHealthStatus
	}
	if len(in.Regions) > 0 {
		c.Regions = in.Regions
	}
	if len(in.ChildHealthChecks) > 0 {
		c.ChildHealthChecks = in.ChildHealthChecks
	}
	if err := reset(&c, in.ResetElements); err != nil {
		return c, err
	}
	return complete(c)
}

// reset sets members to their defaults. It has precedence over a value in the same request.
func reset(c *r53types.HealthCheckConfig, elements []r53types.ResettableElementName) error {
	for _, e := range elements {
		switch {
		case !slices.Contains(e.Values(), e):
			return request.BadInput(
				"1 validation error detected: Value '%s' at 'resetElements' failed to satisfy constraint: "+
					"Member must satisfy enum value set: [FullyQualifiedDomainName, Regions, ResourcePath, ChildHealthChecks]",
				e,
			)
		case e == r53types.ResettableElementNameFullyQualifiedDomainName && c.IPAddress == nil:
			return request.BadInput("Invalid parameter : FullyQualifiedDomainName cannot be removed from a health check without IPAddress.")
		case e == r53types.ResettableElementNameFullyQualifiedDomainName:
			c.FullyQualifiedDomainName = nil
		case e == r53types.ResettableElementNameRegions:
			c.Regions = nil
		case e == r53types.ResettableElementNameResourcePath:
			c.ResourcePath = nil
		case e == r53types.ResettableElementNameChildHealthChecks:
			c.ChildHealthChecks = nil
		}
	}
	return nil
}
