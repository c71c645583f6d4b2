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
	"github.com/understudy/understudy/plan/resource"
)

// A standby that is declared smaller than the primary grows before users are moved to it, and returns to its declared size after the
// failback. In between a tag of the group says so: whoever runs `up` meanwhile, from whatever machine, leaves its size alone.

// grownNow is the value of that tag.
func grownNow(by string) string {
	return fmt.Sprintf("%s at %s", by, time.Now().UTC().Format(time.RFC3339))
}

// grown tells who has made a group grow, and when, or nothing.
func grown(g *autoscalingtypes.AutoScalingGroup) string {
	return account.OfGroup(g.Tags)[account.TagGrown]
}

func sizeOf(g *autoscalingtypes.AutoScalingGroup) understudy.Size {
	return understudy.Size{Min: int(aws.ToInt32(g.MinSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)), Max: int(aws.ToInt32(g.MaxSize))}
}

// size is what the group is to have: as declared, or as a scheduled action has it, or as it, or one that it succeeds, has been made to serve in
// the other's place.
func (f *fleet) size() (s understudy.Size, by string) {
	all := f.predecessors()
	if f.was != nil && !f.deleting {
		all = append([]*fleet{f}, all...)
	}
	for _, one := range all {
		if by := grown(one.was); by != "" {
			return sizeOf(one.was), by
		}
	}
	if len(all) > 0 {
		return f.Declared.ScheduledSize(f.Side, sizeOf(all[0].was)), ""
	}
	return f.Declared.Size(f.Side), ""
}

// marks are the tags of a new group.
func (f *fleet) marks() []autoscalingtypes.Tag {
	all := f.Mark("fleet").Group(f.fleetName())
	if _, by := f.size(); by != "" {
		all = append(all, markOf(f.fleetName(), by))
	}
	return all
}

func markOf(group, by string) autoscalingtypes.Tag {
	return autoscalingtypes.Tag{
		Key: aws.String(account.TagGrown), Value: &by, PropagateAtLaunch: aws.Bool(false), ResourceId: &group, ResourceType: aws.String("auto-scaling-group"),
	}
}

// dark tells whether the group has no instance, and is not to have any until it is to serve in the other's place: a pilot light.
func (f *fleet) dark() bool {
	if f.Declared.Size(f.Side).Min > 0 {
		return false
	}
	if f.was != nil && !f.deleting {
		return aws.ToInt32(f.was.DesiredCapacity) == 0
	}
	return f.begins() == 0
}

// Remarks tells where a person, scaling or a failover wants another number than a new group gets, and what an outage would find.
func (f *fleet) Remarks() []resource.Remark {
	size, by := f.size()
	var all []resource.Remark
	say := func(format string, args ...any) {
		all = append(all, resource.Remark{ID: f.fleetName(), Text: fmt.Sprintf(format, args...)})
	}
	wants := size.Desired
	if f.was != nil {
		wants = int(aws.ToInt32(f.was.DesiredCapacity))
	}
	switch {
	case f.deleting:
		return nil
	case by != "":
		say("wants %d instances, to serve in the primary's place (%s); `understudy failback` returns it to its declared size", wants, by)
		return all
	case f.was != nil && size != f.Declared.Size(f.Side):
		say("has %d to %d instances, as a scheduled action has set; declared beside them are %d to %d",
			size.Min, size.Max, f.Declared.Size(f.Side).Min, f.Declared.Size(f.Side).Max)
	case f.was != nil && f.Declared.Fleet.Track == (understudy.Track{}) && len(f.Declared.ScheduledActions(f.Side)) == 0 && wants != size.Desired:
		say("wants %d instances; the declared %d are for its creation, and scaling or a person decides since", wants, size.Desired)
	}
	if f.Side == understudy.Secondary && f.Declared.Grows() {
		say("%s", Outage(f.Declared, wants))
	}
	return all
}

// Outage says what an outage finds of a smaller standby that wants so many instances now.
func Outage(d *understudy.Declaration, wants int) string {
	of := d.Size(understudy.Primary).Desired
	what := fmt.Sprintf("an outage finds %d of the %d instances that the primary begins with, %d %% of what it carries", wants, of, 100*wants/of)
	if wants == 0 {
		what += ": users are without service until it has grown"
	}
	return what + "; `understudy failover` and `understudy watch` make it grow"
}

// Grow makes the standby's group at least so large, and writes at it who has done so.
func (s *Stack) Grow(ctx context.Context, to understudy.Size, by string) error {
	r := takeInventory(s.Declaration, s.Accounts).regions[understudy.Secondary]
	now, err := r.strength(ctx)
	if err != nil {
		return err
	}
	name := r.fleet.fleetName()
	if now.Grown == "" {
		_, err := r.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []autoscalingtypes.Tag{markOf(name, grownNow(by))}})
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
		name, by := aws.ToString(g.AutoScalingGroupName), grown(&g)
		if by == "" || account.OfGroup(g.Tags)[account.TagStack] != r.Stack() {
			continue
		}
		size := s.Declaration.Size(understudy.Secondary)
		if err := r.setSize(ctx, name, size); err != nil {
			return did, err
		}
		_, err := r.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{markOf(name, by)}})
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
