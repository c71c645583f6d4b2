package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// describeInstances leaves out the fleet's instances, which come and go: the fleet speaks for them.
func (c *canon) describeInstances() {
	for _, i := range c.f.instances {
		switch {
		case i.State.Name == ec2types.InstanceStateNameShuttingDown:
		case fleetOf(i) != "":
			if c.f.given == nil || c.roles[fleetOf(i)] != unnamed {
				c.out.Members++
			}
		default:
			c.describeInstance(i)
		}
	}
}

func (c *canon) describeInstance(i ec2types.Instance) {
	id := aws.ToString(i.InstanceId)
	settings := map[string]string{
		"image":             c.image(i.ImageId),
		"type":              string(i.InstanceType),
		"in":                c.meaning(aws.ToString(i.SubnetId)),
		"groups":            c.meanings(ids(i.SecurityGroups)),
		"state":             string(i.State.Name),
		"public address":    fmt.Sprint(aws.ToString(i.PublicIpAddress) != ""),
		"ebs optimized":     yes(i.EbsOptimized),
		"source/dest check": yes(i.SourceDestCheck),
		"profile":           profile(i),
		"key":               orNone(aws.ToString(i.KeyName)),
	}
	if m := i.MetadataOptions; m != nil {
		settings["metadata tokens"] = string(m.HttpTokens)
		settings["metadata hop limit"] = count(m.HttpPutResponseHopLimit)
		settings["metadata endpoint"] = string(m.HttpEndpoint)
		settings["metadata tags"] = string(m.InstanceMetadataTags)
	}
	if m := i.Monitoring; m != nil {
		settings["monitoring"] = string(m.State)
	}
	for name, value := range c.f.attributes[id] {
		settings[words(strings.ToUpper(name[:1])+name[1:])] = value
	}
	instance := c.add("instance", id, account.OfEC2(i.Tags), settings, instanceCommands(id, i, settings))
	if i.State.Name == ec2types.InstanceStateNamePending || i.State.Name == ec2types.InstanceStateNameStopping {
		instance.Passing[""] = "the instance is " + string(i.State.Name)
	}
}

func profile(i ec2types.Instance) string {
	if i.IamInstanceProfile == nil {
		return None
	}
	arn := aws.ToString(i.IamInstanceProfile.Arn)
	return arn[strings.LastIndex(arn, "/")+1:]
}

func instanceCommands(id string, i ec2types.Instance, settings map[string]string) map[string]Command {
	modify := "ec2 modify-instance-attribute --instance-id " + id + " "
	check := "--no-source-dest-check"
	if aws.ToBool(i.SourceDestCheck) {
		check = "--source-dest-check"
	}
	protected := "--no-disable-api-termination"
	if settings["disable api termination"] == "true" {
		protected = "--disable-api-termination"
	}
	metadata := func(option, setting string) Command {
		return Command{Make: "ec2 modify-instance-metadata-options --instance-id " + id + " --" + option + " " + settings[setting]}
	}
	return map[string]Command{
		"metadata tokens":         metadata("http-tokens", "metadata tokens"),
		"metadata hop limit":      metadata("http-put-response-hop-limit", "metadata hop limit"),
		"metadata endpoint":       metadata("http-endpoint", "metadata endpoint"),
		"metadata tags":           metadata("instance-metadata-tags", "metadata tags"),
		"":                        {Remove: "ec2 terminate-instances --instance-ids " + id},
		"source/dest check":       {Make: modify + check},
		"disable api termination": {Make: modify + protected},
		"instance initiated shutdown behavior": {Make: modify + "--instance-initiated-shutdown-behavior " +
			settings["instance initiated shutdown behavior"]},
		"groups": {Make: modify + "--groups " + strings.Join(ids(i.SecurityGroups), " ")},
		// What only a new instance can have: the stack's hosts hold nothing, and the next `up` makes it.
		"user data": {Heal: "ec2 terminate-instances --instance-ids " + id},
		"key":       {Heal: "ec2 terminate-instances --instance-ids " + id},
	}
}

func (c *canon) describeTemplates() {
	for _, t := range c.f.templates {
		id := aws.ToString(t.LaunchTemplateId)
		settings := c.templateData(c.versionData(id, "$Default"))
		settings["newest version"] = c.newest(t)
		commands := map[string]Command{
			"newest version": {Heal: fmt.Sprintf("ec2 delete-launch-template-versions --launch-template-id %s --versions %d", id, aws.ToInt64(t.LatestVersionNumber))},
		}
		if v := c.launchedVersion(t); v != "" && v != fmt.Sprint(aws.ToInt64(t.DefaultVersionNumber)) {
			commands[settingDefault] = Command{Heal: "ec2 modify-launch-template --launch-template-id " + id + " --default-version " + v}
		}
		c.add("launch template", id, account.OfEC2(t.Tags), settings, commands)
	}
}

// settingDefault stands for all that the default version of a template holds: it is changed as one.
const settingDefault = "default version"

// newest tells how the newest version of a template, which $Latest launches, stands to the default one.
func (c *canon) newest(t ec2types.LaunchTemplate) string {
	if aws.ToInt64(t.LatestVersionNumber) == aws.ToInt64(t.DefaultVersionNumber) {
		return theDefault
	}
	id := aws.ToString(t.LaunchTemplateId)
	return "not the default, from which it differs in " + differing(c.templateData(c.versionData(id, "$Latest")), c.templateData(c.versionData(id, "$Default")))
}

const theDefault = "the default"

// launchedVersion is the number of the version that the group with this template launches.
func (c *canon) launchedVersion(t ec2types.LaunchTemplate) string {
	for _, g := range c.f.fleets {
		if s := discover.TemplateOf(g); s != nil && aws.ToString(s.LaunchTemplateId) == aws.ToString(t.LaunchTemplateId) {
			return c.versionNumber(aws.ToString(t.LaunchTemplateId), aws.ToString(s.Version))
		}
	}
	return ""
}

// versionNumber resolves $Default and $Latest.
func (c *canon) versionNumber(template, version string) string {
	for _, t := range c.f.templates {
		if aws.ToString(t.LaunchTemplateId) != template {
			continue
		}
		switch version {
		case "$Default", "":
			return fmt.Sprint(aws.ToInt64(t.DefaultVersionNumber))
		case "$Latest":
			return fmt.Sprint(aws.ToInt64(t.LatestVersionNumber))
		}
	}
	return version
}

// versionData returns what a version holds, nil where it is not there.
func (c *canon) versionData(template, version string) *ec2types.ResponseLaunchTemplateData {
	version = c.versionNumber(template, version)
	for _, v := range c.f.versions[template] {
		if fmt.Sprint(aws.ToInt64(v.VersionNumber)) == version {
			return v.LaunchTemplateData
		}
	}
	return nil
}

func (c *canon) templateData(d *ec2types.ResponseLaunchTemplateData) map[string]string {
	settings := map[string]string{}
	if d == nil {
		return settings
	}
	c.generic(settings, d, "ImageId", "SecurityGroupIds", "UserData", "InstanceType", "Monitoring", "MetadataOptions", "BlockDeviceMappings",
		"IamInstanceProfile")
	c.machine(settings, d)
	settings["image"] = c.image(d.ImageId)
	settings["type"] = string(d.InstanceType)
	settings["groups"] = c.meanings(slices.Clone(d.SecurityGroupIds))
	return settings
}

// differing lists the settings whose values differ.
func differing(a, b map[string]string) string {
	var names []string
	for name := range union(a, b) {
		if valueIn(a, name) != valueIn(b, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return list(names)
}

func valueIn(settings map[string]string, name string) string {
	if v, ok := settings[name]; ok {
		return v
	}
	return None
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	u := map[K]V{}
	maps.Copy(u, a)
	maps.Copy(u, b)
	return u
}
