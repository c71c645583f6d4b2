package resource

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

// Tagged is the setting that says so.
func (s Scope) Tagged(role string) Field { return s.TaggedWith(role, s.Mark(role)) }

// TaggedWith is the setting of a resource with some tags.
func (s Scope) TaggedWith(role string, tags map[string]string) Field {
	return Field{Name: "tagged", Value: s.Mark(role).Text(tags)}
}

// Tagging is how the tags of one resource are read and changed.
type Tagging struct {
	Read   func(context.Context) (map[string]string, error)
	Remove func(context.Context, []string) error
	Add    func(context.Context, account.Tags) error
}

// Give makes a resource keep these tags. What a declaration gave before goes first: a resource has fifty tags at most, and the tag that
// tells of it is written last.
func (t Tagging) Give(ctx context.Context, what string, tags account.Tags) error {
	has, err := t.Read(ctx)
	if err == nil {
		if stale := tags.Stale(has); len(stale) > 0 {
			err = t.Remove(ctx, stale)
		}
	}
	if err == nil {
		err = t.Add(ctx, tags)
	}
	if err != nil {
		return fmt.Errorf("tag %s: %w", what, err)
	}
	return nil
}

// Retag gives a resource of EC2 its tags back.
func (s Scope) Retag(ctx context.Context, id, role string) error {
	return s.GiveTags(ctx, id, s.Mark(role))
}

func (s Scope) GiveTags(ctx context.Context, id string, tags account.Tags) error {
	return Tagging{
		Read: func(ctx context.Context) (map[string]string, error) {
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
		Remove: func(ctx context.Context, keys []string) error {
			in := &ec2.DeleteTagsInput{Resources: []string{id}}
			for _, k := range keys {
				in.Tags = append(in.Tags, ec2types.Tag{Key: aws.String(k)})
			}
			_, err := s.EC2.DeleteTags(ctx, in)
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			in := &ec2.CreateTagsInput{Resources: []string{id}}
			for k, v := range tags {
				in.Tags = append(in.Tags, ec2types.Tag{Key: aws.String(k), Value: aws.String(v)})
			}
			_, err := s.EC2.CreateTags(ctx, in)
			return err
		},
	}.Give(ctx, id, tags)
}

// owned tells how a resource of Elastic Load Balancing is tagged. Without the stack's tags, the one that has the name
// that the stack would use is the stack's only if it is in the stack's VPC and not another stack's: else it belongs to
// somebody else, which is an error.
func (s Scope) owned(ctx context.Context, arn, role, within, vpc string) (tagged Field, others map[string]string, err error) {
	others, err = s.TagsOfELB(ctx, arn)
	if err != nil {
		return Field{}, nil, fmt.Errorf("describe tags of %s: %w", arn, err)
	}
	tags := s.Mark(role)
	if !tags.In(others) && !(vpc != "" && within == vpc && account.Unclaimed(others, s.Stack())) {
		return Field{}, nil, InTheWay(arn, tags)
	}
	return s.TaggedWith(role, others), others, nil
}

func (s Scope) TagsOfELB(ctx context.Context, arn string) (map[string]string, error) {
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

// InTheWay is the error of something that is somebody else's and has the name that the stack would use.
func InTheWay(what string, tags account.Tags) error {
	return fmt.Errorf("%s exists without the tags %s=%s and %s=%s: it is not this stack's, and in the way of its name",
		what, account.TagStack, tags[account.TagStack], account.TagRole, tags[account.TagRole])
}

// OwnedWith is owned, and reads the attributes at the same time.
func (s Scope) OwnedWith(
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

// RetagELB gives a resource of Elastic Load Balancing its tags back.
func (s Scope) RetagELB(ctx context.Context, arn, role string) error {
	return Tagging{
		Read: func(ctx context.Context) (map[string]string, error) { return s.TagsOfELB(ctx, arn) },
		Remove: func(ctx context.Context, keys []string) error {
			_, err := s.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: keys})
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			_, err := s.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: tags.ELB()})
			return err
		},
	}.Give(ctx, arn, s.Mark(role))
}
