package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
)

// A resource that has lost its tags is recognised by what else ties it to the stack: its name, its place in the stack's
// VPC, its caller reference. It is never made a second time beside the living one; it gets its tags back.

// tagged is the setting that says so.
func tagged(is bool) Field { return Field{Name: "tagged", Value: yes(is)} }

// retag gives a resource of EC2 its tags back.
func (s scope) retag(ctx context.Context, id, role string) error {
	return s.giveTags(ctx, id, s.mark(role))
}

func (s scope) giveTags(ctx context.Context, id string, tags account.Tags) error {
	in := &ec2.CreateTagsInput{Resources: []string{id}}
	for k, v := range tags {
		in.Tags = append(in.Tags, ec2types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	if _, err := s.EC2.CreateTags(ctx, in); err != nil {
		return fmt.Errorf("tag %s: %w", id, err)
	}
	return nil
}

// owned tells whether a resource of Elastic Load Balancing has the stack's tags. Without them, the one that has the name
// that the stack would use is the stack's only if it is in the stack's VPC and not another stack's: else it belongs to
// somebody else, which is an error.
func (s scope) owned(ctx context.Context, arn, role, within, vpc string) (bool, error) {
	out, err := s.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		return false, fmt.Errorf("describe tags of %s: %w", arn, err)
	}
	tags, others := s.mark(role), map[string]string{}
	for _, d := range out.TagDescriptions {
		if aws.ToString(d.ResourceArn) == arn {
			others = account.OfELB(d.Tags)
		}
	}
	switch {
	case tags.In(others):
		return true, nil
	case vpc != "" && within == vpc && account.Unclaimed(others, s.stack()):
		return false, nil
	}
	return false, inTheWay(arn, tags)
}

// inTheWay is the error of something that is somebody else's and has the name that the stack would use.
func inTheWay(what string, tags account.Tags) error {
	return fmt.Errorf("%s exists without the tags %s=%s and %s=%s: it is not this stack's, and in the way of its name",
		what, account.TagStack, tags[account.TagStack], account.TagRole, tags[account.TagRole])
}

// ownedWith is owned, and reads the attributes at the same time.
func (s scope) ownedWith(
	ctx context.Context, arn, role, within, vpc string, read func(context.Context, string) (map[string]string, error),
) (is bool, attributes map[string]string, err error) {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		is, err = s.owned(ctx, arn, role, within, vpc)
		return err
	})
	both.Go(func() (err error) {
		attributes, err = read(ctx, arn)
		return err
	})
	err = both.Wait()
	return is, attributes, err
}

// retagELB gives a resource of Elastic Load Balancing its tags back.
func (s scope) retagELB(ctx context.Context, arn, role string) error {
	if _, err := s.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: s.mark(role).ELB()}); err != nil {
		return fmt.Errorf("tag %s: %w", arn, err)
	}
	return nil
}
