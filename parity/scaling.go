package parity

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// scaling tells by what, and when, a group changes its size by itself: a setting of each policy and scheduled action. What a stack of this
// tool has none of, since its declaration says what the sizes are.
func (c *canon) scaling(settings map[string]string, commands map[string]Command, g asgtypes.AutoScalingGroup) {
	group := aws.ToString(g.AutoScalingGroupName)
	for _, p := range c.f.policies {
		if aws.ToString(p.AutoScalingGroupName) != group {
			continue
		}
		name := aws.ToString(p.PolicyName)
		setting := "policy " + c.called(name)
		settings[setting] = c.together(p, "Alarms", "AutoScalingGroupName", "PolicyARN", "PolicyName")
		commands[setting] = Command{Remove: "autoscaling delete-policy --auto-scaling-group-name " + shell(group) + " --policy-name " + shell(name)}
	}
	for _, a := range c.f.actions {
		if aws.ToString(a.AutoScalingGroupName) != group {
			continue
		}
		name := aws.ToString(a.ScheduledActionName)
		setting := "scheduled action " + c.called(name)
		// StartTime of one that recurs is when it comes next, and Time is the same again (ScheduledUpdateGroupAction in the API Reference).
		but := []string{"AutoScalingGroupName", "ScheduledActionARN", "ScheduledActionName", "Time"}
		if a.Recurrence != nil {
			but = append(but, "StartTime")
		}
		settings[setting] = c.together(a, but...)
		commands[setting] = Command{
			Remove: "autoscaling delete-scheduled-action --auto-scaling-group-name " + shell(group) + " --scheduled-action-name " + shell(name),
		}
	}
}

// called is the name of something that both regions may have, which others write with the region in it.
func (c *canon) called(name string) string {
	if c.stack() == "" {
		if without := plain(c.Region, name); without != "" {
			return without
		}
	}
	return name
}

// together writes a structure as one value.
func (c *canon) together(structure any, but ...string) string {
	parts := map[string]string{}
	c.generic(parts, structure, but...)
	var all []string
	for name, value := range parts {
		all = append(all, name+" "+value)
	}
	return list(all)
}
