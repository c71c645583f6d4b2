package failover

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// healthChecks lists all health checks of the account. They are found by their caller references, which no filter selects. Route 53 allows five
// requests a second to an account (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests), so that
// finds share one list.
func healthChecks(ctx context.Context, s resource.Scope) ([]route53types.HealthCheck, error) {
	return resource.Listed(ctx, "health checks", func() ([]route53types.HealthCheck, error) { return listHealthChecks(ctx, s) })
}

func listHealthChecks(ctx context.Context, s resource.Scope) (all []route53types.HealthCheck, err error) {
	pages := route53.NewListHealthChecksPaginator(s.Route53, &route53.ListHealthChecksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list health checks: %w", err)
		}
		all = append(all, page.HealthChecks...)
	}
	return all, nil
}

// createHealthCheck makes the health check with a role and tags it. The caller reference is derived from the parts; one of
// an earlier life, with other settings or deleted, is passed over. The check is returned also where only tagging failed.
func createHealthCheck(
	ctx context.Context, s resource.Scope, role string, config *route53types.HealthCheckConfig, parts ...string,
) (made *route53types.HealthCheck, err error) {
	err = account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := s.Route53.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{
			CallerReference: aws.String(reference(s, role) + token[:24]), HealthCheckConfig: config,
		})
		if account.IsCode(err, "HealthCheckAlreadyExists") {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("create health check: %w", err)
		}
		made = out.HealthCheck
		return true, nil
	}, append([]string{s.Stack(), role}, parts...)...)
	if err != nil {
		return nil, err
	}
	return made, tag(ctx, s, route53types.TagResourceTypeHealthcheck, aws.ToString(made.Id), s.Mark(role))
}

// DeleteHealthChecks deletes health checks, and forgets their ids once all are gone.
func DeleteHealthChecks(ctx context.Context, s resource.Scope, ids *[]string) error {
	for _, id := range *ids {
		_, err := s.Route53.DeleteHealthCheck(ctx, &route53.DeleteHealthCheckInput{HealthCheckId: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete health check %s: %w", id, err)
		}
	}
	*ids = nil
	return nil
}
