package account

import (
	"context"
	"fmt"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Targets returns the targets of a target group, with what the load balancer finds of each.
func (a *Account) Targets(ctx context.Context, group string) ([]elbtypes.TargetHealthDescription, error) {
	out, err := a.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, fmt.Errorf("describe target health of %s: %w", group, err)
	}
	return out.TargetHealthDescriptions, nil
}
