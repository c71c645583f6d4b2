package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// updateHealthCheck changes what may be changed: not the type, the interval, the measuring of latency, nor
// whether there is an IP address (API reference, UpdateHealthCheck).
func (a *api) updateHealthCheck(ctx context.Context, in *route53.UpdateHealthCheckInput) (*route53.UpdateHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	var c check
	alarm, unknown := a.sourceAfter(ctx, id, in)
	err := a.updateThen(func(tx *store.Tx) error {
		var ok bool
		if c, ok = a.checks.GetTx(tx, id); !ok {
			return noCheck(id)
		}
		if in.HealthCheckVersion != nil && *in.HealthCheckVersion != c.Version {
			return conflict("HealthCheckVersionMismatch", "The value of HealthCheckVersion in the request (%d) doesn't match the value of HealthCheckVersion in the health check (%d).", *in.HealthCheckVersion, c.Version)
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
		return a.checks.Put(tx, id, c)
	}, func() {
		a.data.Watch(c.ID, c.Alarm)
		a.data.Set(c.ID, c.Config)
	})
	if err != nil {
		return nil, err
	}
	return &route53.UpdateHealthCheckOutput{HealthCheck: c.describe()}, nil
}

// amended returns settings with the members that an update gives.
func amended(c r53types.HealthCheckConfig, in *route53.UpdateHealthCheckInput) (r53types.HealthCheckConfig, error) {
	if in.IPAddress != nil && c.IPAddress == nil {
		return c, badInput("Invalid parameter : IPAddress cannot be added to a health check that was created without one.")
	}
	give(&c.IPAddress, in.IPAddress)
	give(&c.Port, in.Port)
	give(&c.FullyQualifiedDomainName, in.FullyQualifiedDomainName)
	give(&c.ResourcePath, in.ResourcePath)
	give(&c.SearchString, in.SearchString)
	give(&c.FailureThreshold, in.FailureThreshold)
	give(&c.HealthThreshold, in.HealthThreshold)
	give(&c.Inverted, in.Inverted)
	give(&c.Disabled, in.Disabled)
	give(&c.EnableSNI, in.EnableSNI)
	give(&c.AlarmIdentifier, in.AlarmIdentifier)
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

// give sets a member where the request has one.
func give[T any](member **T, given *T) {
	if given != nil {
		*member = given
	}
}

// reset gives members their defaults again. It wins over a value in the same request.
func reset(c *r53types.HealthCheckConfig, elements []r53types.ResettableElementName) error {
	for _, e := range elements {
		switch {
		case !slices.Contains(e.Values(), e):
			return badInput("1 validation error detected: Value '%s' at 'resetElements' failed to satisfy constraint: Member must satisfy enum value set: [FullyQualifiedDomainName, Regions, ResourcePath, ChildHealthChecks]", e)
		case e == r53types.ResettableElementNameFullyQualifiedDomainName && c.IPAddress == nil:
			return badInput("Invalid parameter : FullyQualifiedDomainName cannot be removed from a health check without IPAddress.")
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
