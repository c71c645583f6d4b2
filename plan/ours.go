package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy/account"
)

// ours returns an error if a resource of Elastic Load Balancing has the name that the stack would use, but not
// the stack's tags: then it belongs to somebody else.
func ours(ctx context.Context, s scope, arn string, tags account.Tags) error {
	out, err := s.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		return fmt.Errorf("describe tags of %s: %w", arn, err)
	}
	for _, d := range out.TagDescriptions {
		if aws.ToString(d.ResourceArn) == arn && tags.In(account.OfELB(d.Tags)) {
			return nil
		}
	}
	return fmt.Errorf("%s exists without the tags %s=%s and %s=%s: it is not this stack's, and in the way of its name",
		arn, account.TagStack, tags[account.TagStack], account.TagRole, tags[account.TagRole])
}
