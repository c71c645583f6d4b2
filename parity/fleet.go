package parity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

const (
	settingServes  = "serves now"
	settingDesired = "desired"
	settingFull    = "has its desired capacity"
	settingVersion = "template version"
	// settingMeasured is whether the sizes of a fleet are put to CloudWatch.
	settingMeasured = "metrics of its sizes"
	// settingProtected holds a rollout up: an instance refresh waits for protected instances, and fails in the end
	// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html, ScaleInProtectedInstances).
	settingProtected = "instances protected from scale in"
)

func (c *canon) describeFleets() {
	for _, g := range c.f.fleets {
		name := aws.ToString(g.AutoScalingGroupName)
		settings := map[string]string{
			"min":           count(g.MinSize),
			"max":           count(g.MaxSize),
			settingDesired:  count(g.DesiredCapacity),
			"subnets":       c.meanings(strings.Split(aws.ToString(g.VPCZoneIdentifier), ",")),
			"health check":  aws.ToString(g.HealthCheckType),
			"grace period":  count(g.HealthCheckGracePeriod),
			"target groups": c.meanings(slices.Clone(g.TargetGroupARNs)),
			"template":      None,
			settingMeasured: measured(g),
		}
		c.generic(settings, g, "AutoScalingGroupARN", "AutoScalingGroupName", "AvailabilityZones", "AvailabilityZoneIds", "CreatedTime",
			"DesiredCapacity", "EnabledMetrics", "HealthCheckGracePeriod", "HealthCheckType", "Instances", "LaunchTemplate", "MaxSize", "MinSize",
			"MixedInstancesPolicy", "PredictedCapacity", "ServiceLinkedRoleARN", "Status", "SuspendedProcesses", "Tags", "TargetGroupARNs",
			"TrafficSources", "VPCZoneIdentifier", "WarmPoolSize")
		commands := map[string]Command{
			"":             {Remove: "autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name " + shell(name)},
			settingDesired: {Make: "autoscaling set-desired-capacity --auto-scaling-group-name " + shell(name) + " --desired-capacity " + count(g.DesiredCapacity)},
		}
		for _, p := range g.SuspendedProcesses {
			rest := "-processes --auto-scaling-group-name " + shell(name) + " --scaling-processes " + aws.ToString(p.ProcessName)
			settings["suspended "+aws.ToString(p.ProcessName)] = "yes"
			commands["suspended "+aws.ToString(p.ProcessName)] = Command{Make: "autoscaling suspend" + rest, Remove: "autoscaling resume" + rest}
		}
		c.scaling(settings, commands, g)
		c.scheduledBounds(settings, g)
		c.updateCommands(commands, g, name)
		c.launches(settings, g)
		fleet := c.add("auto scaling group", name, account.OfGroup(g.Tags), settings, commands)
		c.members(fleet, g)
		growing(fleet, g)
		if c.ownNumbers() {
			delete(fleet.Settings, settingDesired)
			delete(fleet.Settings, settingServes)
		}
	}
}

// updateCommands are those of UpdateAutoScalingGroup, which changes most settings.
func (c *canon) updateCommands(commands map[string]Command, g asgtypes.AutoScalingGroup, name string) {
	update := "autoscaling update-auto-scaling-group --auto-scaling-group-name " + shell(name) + " "
	protect := "--no-new-instances-protected-from-scale-in"
	if aws.ToBool(g.NewInstancesProtectedFromScaleIn) {
		protect = "--new-instances-protected-from-scale-in"
	}
	rebalance := "--no-capacity-rebalance"
	if aws.ToBool(g.CapacityRebalance) {
		rebalance = "--capacity-rebalance"
	}
	for setting, option := range map[string]string{
		"min": "--min-size " + count(g.MinSize), "max": "--max-size " + count(g.MaxSize),
		"default cooldown":                      "--default-cooldown " + count(g.DefaultCooldown),
		"health check":                          "--health-check-type " + aws.ToString(g.HealthCheckType),
		"grace period":                          "--health-check-grace-period " + count(g.HealthCheckGracePeriod),
		"subnets":                               "--vpc-zone-identifier " + shell(aws.ToString(g.VPCZoneIdentifier)),
		"termination policies":                  "--termination-policies " + strings.Join(g.TerminationPolicies, " "),
		"new instances protected from scale in": protect, "capacity rebalance": rebalance,
		"default instance warmup": "--default-instance-warmup " + count(g.DefaultInstanceWarmup),
		"max instance lifetime":   "--max-instance-lifetime " + itoa(int(aws.ToInt32(g.MaxInstanceLifetime))),
	} {
		commands[setting] = Command{Make: update + option}
	}
	commands["max instance lifetime"] = Command{Make: commands["max instance lifetime"].Make, Remove: update + "--max-instance-lifetime 0"}
}

// measured tells which of a group's metrics are put to CloudWatch.
func measured(g asgtypes.AutoScalingGroup) string {
	var names []string
	for _, m := range g.EnabledMetrics {
		names = append(names, aws.ToString(m.Metric))
	}
	slices.Sort(names)
	if len(names) == 0 {
		return None
	}
	return strings.Join(names, ", ")
}

// launches tells from which template, and which version of it, a group launches.
func (c *canon) launches(settings map[string]string, g asgtypes.AutoScalingGroup) {
	s := discover.TemplateOf(g)
	if s == nil {
		return
	}
	id, version := aws.ToString(s.LaunchTemplateId), aws.ToString(s.Version)
	settings["template"] = c.meaning(id)
	settings[settingVersion] = theDefault
	if version == "$Latest" { // the next version would be launched, whoever makes it
		settings[settingVersion] = "the newest, whatever it is"
	}
	if used := c.versionNumber(id, version); used != c.versionNumber(id, "$Default") {
		settings[settingVersion] = "not the default, from which it differs in " +
			differing(c.templateData(c.versionData(id, used)), c.templateData(c.versionData(id, "$Default")))
	}
}

// members tells what a group's instances are. Those on their way in or out are not counted: they make the rest pass.
func (c *canon) members(fleet *Resource, g asgtypes.AutoScalingGroup) {
	serving, moving, stale := 0, 0, 0
	inService := map[string]bool{}
	for _, i := range g.Instances {
		state := string(i.LifecycleState)
		switch {
		case strings.HasPrefix(state, "Pending"), strings.HasPrefix(state, "Terminating"), strings.HasPrefix(state, "Detaching"):
			moving++
			continue
		case i.LifecycleState == asgtypes.LifecycleStateInService && aws.ToString(i.HealthStatus) == "Healthy":
			serving++
			inService[aws.ToString(i.InstanceId)] = true
		}
		if s := discover.TemplateOf(g); s != nil && i.LaunchTemplate != nil &&
			aws.ToString(i.LaunchTemplate.Version) != c.versionNumber(aws.ToString(s.LaunchTemplateId), aws.ToString(s.Version)) {
			stale++
		}
	}
	fleet.Settings[settingServes] = itoa(serving)
	fleet.Settings[settingFull] = "yes"
	if want := int(aws.ToInt32(g.DesiredCapacity)); serving < want {
		fleet.Settings[settingFull] = fmt.Sprintf("%d of %d in service", serving, want)
	}
	fleet.Settings["instances' version"] = "the group's"
	if stale > 0 {
		fleet.Settings["instances' version"] = fmt.Sprintf("%d of another version than the group's", stale)
	}
	c.memberSettings(fleet, inService)
	protections(fleet, g)
	c.passes(fleet, g, moving)
}

// protections tells how many instances the group may not terminate to shrink, and frees them.
func protections(fleet *Resource, g asgtypes.AutoScalingGroup) {
	var protected []string
	for _, i := range g.Instances {
		if aws.ToBool(i.ProtectedFromScaleIn) {
			protected = append(protected, aws.ToString(i.InstanceId))
		}
	}
	if len(protected) == 0 {
		return
	}
	fleet.Settings[settingProtected] = itoa(len(protected))
	fleet.Commands[settingProtected] = Command{Heal: "autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name " +
		shell(fleet.ID) + " --instance-ids " + strings.Join(protected, " ")}
}

// memberSettings tells what the instances in service have in common.
func (c *canon) memberSettings(fleet *Resource, inService map[string]bool) {
	values := map[string][]string{}
	for _, i := range c.f.instances {
		if !inService[aws.ToString(i.InstanceId)] {
			continue
		}
		for setting, value := range map[string]string{
			"instances' image": c.image(i.ImageId), "instances' type": string(i.InstanceType),
			"instances' groups": c.meanings(ids(i.SecurityGroups)), "instances' source/dest check": yes(i.SourceDestCheck),
		} {
			if !slices.Contains(values[setting], value) {
				values[setting] = append(values[setting], value)
			}
		}
	}
	for setting, all := range values {
		slices.Sort(all)
		fleet.Settings[setting] = strings.Join(all, " and ")
	}
}

// passes tells what of a group comes right by itself.
func (c *canon) passes(fleet *Resource, g asgtypes.AutoScalingGroup, moving int) {
	why := ""
	switch refresh, running := c.f.refreshes[fleet.ID]; {
	case running:
		why = fmt.Sprintf("instance refresh %s, %d %% done", aws.ToString(refresh.InstanceRefreshId), aws.ToInt32(refresh.PercentageComplete))
	case g.Status != nil:
		why = "the group is being deleted"
	case moving > 0:
		why = fmt.Sprintf("%d instances on their way in or out", moving)
	default:
		return
	}
	for _, setting := range []string{settingServes, settingFull, "instances' version", "instances' image", "instances' type", "instances' groups"} {
		fleet.Passing[setting] = why
	}
}

// memberOf tells whether an instance is in service in a group that sends it to a target group.
func (c *canon) memberOf(group string) []string {
	var members []string
	for _, g := range c.f.fleets {
		if !slices.Contains(g.TargetGroupARNs, group) {
			continue
		}
		for _, i := range g.Instances {
			if i.LifecycleState == asgtypes.LifecycleStateInService {
				members = append(members, aws.ToString(i.InstanceId))
			}
		}
	}
	return members
}
