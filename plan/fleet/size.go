package fleet

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Grown tells who has made a group grow, and when, or nothing.
func Grown(g *autoscalingtypes.AutoScalingGroup) string {
	return account.OfGroup(g.Tags)[account.TagGrown]
}

func SizeOf(g *autoscalingtypes.AutoScalingGroup) understudy.Size {
	return understudy.Size{Min: int(aws.ToInt32(g.MinSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)), Max: int(aws.ToInt32(g.MaxSize))}
}

// size is what the group is to have: as declared, or as a scheduled action has it, or as it, or one that it succeeds, has been made to serve in
// the other's place.
func (f *Fleet) size() (s understudy.Size, by string) {
	all := f.Predecessors()
	if f.Was != nil && !f.deleting {
		all = append([]*Fleet{f}, all...)
	}
	for _, one := range all {
		if by := Grown(one.Was); by != "" {
			return SizeOf(one.Was), by
		}
	}
	if len(all) > 0 {
		return f.Declared.ScheduledSize(f.Side, SizeOf(all[0].Was)), ""
	}
	return f.Declared.Size(f.Side), ""
}

// marks are the tags of a new group.
func (f *Fleet) marks() []autoscalingtypes.Tag {
	all := f.Mark("fleet").Group(f.FleetName())
	if _, by := f.size(); by != "" {
		all = append(all, MarkOf(f.FleetName(), by))
	}
	return all
}

func MarkOf(group, by string) autoscalingtypes.Tag {
	return autoscalingtypes.Tag{
		Key: aws.String(account.TagGrown), Value: &by, PropagateAtLaunch: aws.Bool(false), ResourceId: &group, ResourceType: aws.String("auto-scaling-group"),
	}
}

// Dark tells whether the group has no instance, and is not to have any until it is to serve in the other's place: a pilot light.
func (f *Fleet) Dark() bool {
	if f.Declared.Size(f.Side).Min > 0 {
		return false
	}
	if f.Was != nil && !f.deleting {
		return aws.ToInt32(f.Was.DesiredCapacity) == 0
	}
	return f.Begins() == 0
}

// Remarks tells where a person, scaling or a failover wants another number than a new group gets, and what an outage would find.
func (f *Fleet) Remarks() []resource.Remark {
	size, by := f.size()
	var all []resource.Remark
	say := func(format string, args ...any) {
		all = append(all, resource.Remark{ID: f.FleetName(), Text: fmt.Sprintf(format, args...)})
	}
	wants := size.Desired
	if f.Was != nil {
		wants = int(aws.ToInt32(f.Was.DesiredCapacity))
	}
	switch {
	case f.deleting:
		return nil
	case by != "":
		say("wants %d instances, to serve in the primary's place (%s); `understudy failback` returns it to its declared size", wants, by)
		return all
	case f.Was != nil && size != f.Declared.Size(f.Side):
		say("has %d to %d instances, as a scheduled action has set; declared beside them are %d to %d",
			size.Min, size.Max, f.Declared.Size(f.Side).Min, f.Declared.Size(f.Side).Max)
	case f.Was != nil && f.Declared.Fleet.Track == (understudy.Track{}) && len(f.Declared.ScheduledActions(f.Side)) == 0 && wants != size.Desired:
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
