package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// ApplicationCheck returns the health check that asks the application, where a record follows the check with this id. That
// is the check itself, unless it is calculated: then it is the first of its children that asks an endpoint and is not the
// switch's. Route 53 counts a calculated check's children and asks nobody, so that only they have a status
// (GetHealthCheckStatus in the Amazon Route 53 API Reference).
func ApplicationCheck(ctx context.Context, c *route53.Client, id string) (*route53types.HealthCheck, error) {
	get := func(id string) (*route53types.HealthCheck, error) {
		out, err := c.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
		if err != nil {
			return nil, fmt.Errorf("get health check %s: %w", id, err)
		}
		return out.HealthCheck, nil
	}
	followed, err := get(id)
	if err != nil || followed.HealthCheckConfig.Type != route53types.HealthCheckTypeCalculated {
		return followed, err
	}
	for _, child := range followed.HealthCheckConfig.ChildHealthChecks {
		h, err := get(child)
		if IsNotFound(err) {
			continue // Route 53 lets a child be deleted, and counts it as healthy
		}
		if err != nil {
			return nil, err
		}
		if AsksApplication(h.HealthCheckConfig) {
			return h, nil
		}
	}
	return nil, fmt.Errorf("health check %s is calculated from %d others, of which none asks an application",
		id, len(followed.HealthCheckConfig.ChildHealthChecks))
}

// AsksApplication tells whether a health check asks an endpoint, and that is not the switch.
func AsksApplication(c *route53types.HealthCheckConfig) bool {
	endpoint := aws.ToString(c.FullyQualifiedDomainName) + aws.ToString(c.IPAddress)
	return endpoint != "" && aws.ToString(c.ResourcePath) != understudy.SwitchPath
}
