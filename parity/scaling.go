package parity

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// scaling tells by what, and when, a group changes its size by itself: a setting of each policy and scheduled action. A stack of this
// tool has those that are declared, and no others.
func (c *canon) scaling(settings map[string]string, commands map[string]Command, g asgtypes.AutoScalingGroup) {
	group := aws.ToString(g.AutoScalingGroupName)
	for _, p := range c.f.policies {
		if aws.ToString(p.AutoScalingGroupName) != group {
			continue
		}
		name := aws.ToString(p.PolicyName)
		setting := "policy " + c.called(name)
		settings[setting] = c.together(p, "Alarms", "AutoScalingGroupName", "PolicyARN", "PolicyName")
		if c.stack() != "" && name == trackPolicy(c.stack()) {
			settings[setting] = cmp.Or(c.tracked(p, g), settings[setting])
		}
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
		if c.declared != nil && a.Recurrence != nil {
			if is, beyond, ours := account.ScheduledOf(c.declared, a); ours {
				settings[setting] = is.String() + beyond
			}
		}
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

// trackPolicy is the name of the policy by which a stack's fleet scales itself.
func trackPolicy(stack string) string { return "understudy-" + stack + "-track" }

// tracked writes that policy in the words of the declaration, or as nothing where these do not say all of it.
func (c *canon) tracked(p asgtypes.ScalingPolicy, g asgtypes.AutoScalingGroup) string {
	t := p.TargetTrackingConfiguration
	if t == nil || t.PredefinedMetricSpecification == nil || aws.ToBool(t.DisableScaleIn) || !aws.ToBool(p.Enabled) {
		return ""
	}
	target, label := strconv.FormatFloat(aws.ToFloat64(t.TargetValue), 'f', -1, 64), aws.ToString(t.PredefinedMetricSpecification.ResourceLabel)
	switch t.PredefinedMetricSpecification.PredefinedMetricType {
	case asgtypes.MetricTypeASGAverageCPUUtilization:
		return "cpu " + target
	case asgtypes.MetricTypeALBRequestCountPerTarget:
		for _, arn := range g.TargetGroupARNs {
			if _, group, ok := strings.Cut(arn, ":targetgroup/"); ok && strings.HasSuffix(label, "/targetgroup/"+group) {
				return "requests " + target
			}
		}
	}
	return ""
}

// expectTracking adds the policy that a declaration asks for.
func expectTracking(fleet map[string]string, d *understudy.Declaration) {
	switch t := d.Fleet.Track; {
	case t.CPU > 0:
		fleet["policy "+trackPolicy(d.Name)] = "cpu " + itoa(t.CPU)
	case t.Requests > 0:
		fleet["policy "+trackPolicy(d.Name)] = "requests " + itoa(t.Requests)
	}
}
