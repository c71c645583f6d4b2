package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// RegionChecks are the health checks by which a record's region is judged.
type RegionChecks struct {
	Application *route53types.HealthCheck
	Beside      []route53types.HealthCheck // which are counted with it
	Needed      int                        // of all of them have to be healthy
}

// ChecksOf returns the health checks that judge a region, where a record follows the check with this id. That is the check itself, unless it is
// calculated: then the first of its children that asks an endpoint, and is not the switch's, is the application's, and all others but the switch's
// are beside it. Route 53 counts a calculated check's children and asks nobody, so that only they have a status
// (GetHealthCheckStatus in the Amazon Route 53 API Reference).
func ChecksOf(ctx context.Context, c *route53.Client, id string) (found RegionChecks, err error) {
	get := func(id string) (*route53types.HealthCheck, error) {
		out, err := c.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
		if err != nil {
			return nil, fmt.Errorf("get health check %s: %w", id, err)
		}
		return out.HealthCheck, nil
	}
	followed, err := get(id)
	if err != nil || followed.HealthCheckConfig.Type != route53types.HealthCheckTypeCalculated {
		return RegionChecks{Application: followed, Needed: 1}, err
	}
	found.Needed = int(aws.ToInt32(followed.HealthCheckConfig.HealthThreshold))
	for _, child := range followed.HealthCheckConfig.ChildHealthChecks {
		h, err := get(child)
		switch {
		case IsNotFound(err):
			found.Needed-- // Route 53 lets a child be deleted, and counts it as healthy
		case err != nil:
			return found, err
		case AsksSwitch(h.HealthCheckConfig):
			found.Needed--
		case found.Application == nil && AsksApplication(h.HealthCheckConfig):
			found.Application = h
		default:
			found.Beside = append(found.Beside, *h)
		}
	}
	if found.Application == nil {
		return found, fmt.Errorf("health check %s is calculated from %d others, of which none asks an application",
			id, len(followed.HealthCheckConfig.ChildHealthChecks))
	}
	return found, nil
}

// AsksApplication tells whether a health check asks an endpoint, and that is not the switch.
func AsksApplication(c *route53types.HealthCheckConfig) bool {
	endpoint := aws.ToString(c.FullyQualifiedDomainName) + aws.ToString(c.IPAddress)
	return endpoint != "" && !AsksSwitch(c)
}

// Observations are what Route 53's checkers report of a health check. Of one that they ask nothing, as it follows an alarm, there is no report:
// "You can't use GetHealthCheckStatus to get the status of a calculated health check" (GetHealthCheckStatus in the Amazon Route 53 API Reference).
func Observations(ctx context.Context, c *route53.Client, id string) ([]route53types.HealthCheckObservation, error) {
	out, err := c.GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &id})
	if IsCode(err, "InvalidInput") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get status of health check %s: %w", id, err)
	}
	return out.HealthCheckObservations, nil
}
