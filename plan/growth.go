package plan

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/fleet"
)

// A standby that is declared smaller than the primary grows before users are moved to it, and returns to its declared size after the
// failback. In between a tag of the group says so: whoever runs `up` meanwhile, from whatever machine, leaves its size alone.

// grownNow is the value of that tag.
func grownNow(by string) string {
	return fmt.Sprintf("%s at %s", by, time.Now().UTC().Format(time.RFC3339))
}

// Grow makes the standby's group at least so large, and writes at it who has done so.
func (s *Stack) Grow(ctx context.Context, to understudy.Size, by string) error {
	r := takeInventory(s.Declaration, s.Accounts).regions[understudy.Secondary]
	now, err := r.strength(ctx)
	if err != nil {
		return err
	}
	name := r.fleet.FleetName()
	if now.Grown == "" {
		_, err := r.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []autoscalingtypes.Tag{fleet.MarkOf(name, grownNow(by))}})
		if err != nil {
			return fmt.Errorf("tag %s in %s: %w", name, r.Region, err)
		}
	}
	size := understudy.Size{Min: max(now.Min, to.Min), Desired: max(now.Desired, to.Desired), Max: max(now.Max, to.Max)}
	if size == now.Size {
		return nil
	}
	return r.setSize(ctx, name, size)
}

// Shrink returns the standby's groups that have grown to their declared size, and says so; where none has, it does nothing.
func (s *Stack) Shrink(ctx context.Context) (did string, err error) {
	r := takeInventory(s.Declaration, s.Accounts).regions[understudy.Secondary]
	out, err := r.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: balancing.GenerationNames(r.Stack()),
	})
	if err != nil {
		return "", fmt.Errorf("describe Auto Scaling groups in %s: %w", r.Region, err)
	}
	for _, g := range out.AutoScalingGroups {
		name, by := aws.ToString(g.AutoScalingGroupName), fleet.Grown(&g)
		if by == "" || account.OfGroup(g.Tags)[account.TagStack] != r.Stack() {
			continue
		}
		size := s.Declaration.Size(understudy.Secondary)
		if err := r.setSize(ctx, name, size); err != nil {
			return did, err
		}
		_, err := r.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{fleet.MarkOf(name, by)}})
		if err != nil {
			return did, fmt.Errorf("untag %s in %s: %w", name, r.Region, err)
		}
		did = fmt.Sprintf("the standby returns to its declared size, %s in %s: %d instances, from %d to %d", name, r.Region, size.Desired, size.Min, size.Max)
	}
	return did, nil
}

func (r *region) setSize(ctx context.Context, group string, s understudy.Size) error {
	_, err := r.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &group, MinSize: aws.Int32(int32(s.Min)), DesiredCapacity: aws.Int32(int32(s.Desired)), MaxSize: aws.Int32(int32(s.Max)),
	})
	if err != nil {
		return fmt.Errorf("set the size of %s in %s to %d, from %d to %d: %w", group, r.Region, s.Desired, s.Min, s.Max, err)
	}
	return nil
}
