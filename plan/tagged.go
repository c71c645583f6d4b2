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
// VPC, its caller reference. It is never made a second time beside the living one; it gets its tags back. The declared tags are
// given and taken away in the same way, and foreign ones stay.

// tagged is the setting that says so.
func (s scope) tagged(role string) Field { return s.taggedWith(role, s.mark(role)) }

// taggedWith is the setting of a resource with some tags.
func (s scope) taggedWith(role string, tags map[string]string) Field {
	return Field{Name: "tagged", Value: s.mark(role).Text(tags)}
}

// tagging is how the tags of one resource are read and changed.
type tagging struct {
	read   func(context.Context) (map[string]string, error)
	remove func(context.Context, []string) error
	add    func(context.Context, account.Tags) error
}

// give makes a resource keep these tags. What a declaration gave before goes first: a resource has fifty tags at most, and the tag that
// tells of it is written last.
func (t tagging) give(ctx context.Context, what string, tags account.Tags) error {
	has, err := t.read(ctx)
	if err == nil {
		if stale := tags.Stale(has); len(stale) > 0 {
			err = t.remove(ctx, stale)
		}
	}
	if err == nil {
		err = t.add(ctx, tags)
	}
	if err != nil {
		return fmt.Errorf("tag %s: %w", what, err)
	}
	return nil
}

// retag gives a resource of EC2 its tags back.
func (s scope) retag(ctx context.Context, id, role string) error {
	return s.giveTags(ctx, id, s.mark(role))
}

func (s scope) giveTags(ctx context.Context, id string, tags account.Tags) error {
	return tagging{
		read: func(ctx context.Context) (map[string]string, error) {
			out, err := s.EC2.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []ec2types.Filter{account.Filter("resource-id", id)}})
			if err != nil {
				return nil, err
			}
			has := map[string]string{}
			for _, t := range out.Tags {
				has[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
			return has, nil
		},
		remove: func(ctx context.Context, keys []string) error {
			in := &ec2.DeleteTagsInput{Resources: []string{id}}
			for _, k := range keys {
				in.Tags = append(in.Tags, ec2types.Tag{Key: aws.String(k)})
			}
			_, err := s.EC2.DeleteTags(ctx, in)
			return err
		},
		add: func(ctx context.Context, tags account.Tags) error {
			in := &ec2.CreateTagsInput{Resources: []string{id}}
			for k, v := range tags {
				in.Tags = append(in.Tags, ec2types.Tag{Key: aws.String(k), Value: aws.String(v)})
			}
			_, err := s.EC2.CreateTags(ctx, in)
			return err
		},
	}.give(ctx, id, tags)
}

// owned tells how a resource of Elastic Load Balancing is tagged. Without the stack's tags, the one that has the name
// that the stack would use is the stack's only if it is in the stack's VPC and not another stack's: else it belongs to
// somebody else, which is an error.
func (s scope) owned(ctx context.Context, arn, role, within, vpc string) (tagged Field, others map[string]string, err error) {
	others, err = s.tagsOfELB(ctx, arn)
	if err != nil {
		return Field{}, nil, fmt.Errorf("describe tags of %s: %w", arn, err)
	}
	tags := s.mark(role)
	if !tags.In(others) && !(vpc != "" && within == vpc && account.Unclaimed(others, s.stack())) {
		return Field{}, nil, inTheWay(arn, tags)
	}
	return s.taggedWith(role, others), others, nil
}

func (s scope) tagsOfELB(ctx context.Context, arn string) (map[string]string, error) {
	out, err := s.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	for _, d := range out.TagDescriptions {
		if aws.ToString(d.ResourceArn) == arn {
			return account.OfELB(d.Tags), nil
		}
	}
	return nil, nil
}

// inTheWay is the error of something that is somebody else's and has the name that the stack would use.
func inTheWay(what string, tags account.Tags) error {
	return fmt.Errorf("%s exists without the tags %s=%s and %s=%s: it is not this stack's, and in the way of its name",
		what, account.TagStack, tags[account.TagStack], account.TagRole, tags[account.TagRole])
}

// ownedWith is owned, and reads the attributes at the same time.
func (s scope) ownedWith(
	ctx context.Context, arn, role, within, vpc string, read func(context.Context, string) (map[string]string, error),
) (tags Field, others, attributes map[string]string, err error) {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		tags, others, err = s.owned(ctx, arn, role, within, vpc)
		return err
	})
	both.Go(func() (err error) {
		attributes, err = read(ctx, arn)
		return err
	})
	err = both.Wait()
	return tags, others, attributes, err
}

// retagELB gives a resource of Elastic Load Balancing its tags back.
func (s scope) retagELB(ctx context.Context, arn, role string) error {
	return tagging{
		read: func(ctx context.Context) (map[string]string, error) { return s.tagsOfELB(ctx, arn) },
		remove: func(ctx context.Context, keys []string) error {
			_, err := s.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: keys})
			return err
		},
		add: func(ctx context.Context, tags account.Tags) error {
			_, err := s.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: tags.ELB()})
			return err
		},
	}.give(ctx, arn, s.mark(role))
}
