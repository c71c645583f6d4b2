package discover

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
)

// machines describes the first fleet and what it launches.
func (d *Declared) machines(site *Site) {
	for _, m := range site.Machines {
		d.unsaid("the instance %s, which is registered by hand", aws.ToString(m.InstanceId))
	}
	for n, g := range site.Fleets {
		if n > 0 {
			d.unsaid("the Auto Scaling group %s", aws.ToString(g.AutoScalingGroupName))
			continue
		}
		d.Values["fleet.min"], d.Values["fleet.max"] = int(aws.ToInt32(g.MinSize)), int(aws.ToInt32(g.MaxSize))
		d.Values["fleet.desired"], d.Values["fleet.grace"] = int(aws.ToInt32(g.DesiredCapacity)), int(aws.ToInt32(g.HealthCheckGracePeriod))
		d.fleet(g)
		if g.MixedInstancesPolicy != nil {
			d.unsaid("the mixed instances policy of %s", aws.ToString(g.AutoScalingGroupName))
		}
	}
	for _, p := range site.Policies {
		d.tracking(p)
	}
	if len(site.Templates) == 0 || site.Templates[0].Version.LaunchTemplateData == nil {
		d.unsaid("what the instances are of: no Auto Scaling group has a launch template")
		return
	}
	d.template(site)
}

// fleet describes how a fleet is looked after.
func (d *Declared) fleet(g asgtypes.AutoScalingGroup) {
	if n := aws.ToInt32(g.DefaultInstanceWarmup); n > 0 {
		d.Values["fleet.warm_up"] = int(n)
	}
	if n := aws.ToInt32(g.MaxInstanceLifetime); n > 0 {
		d.Values["fleet.max_lifetime"] = int(n)
	}
	if p := g.TerminationPolicies; len(p) > 0 && !slices.Equal(p, []string{"Default"}) {
		d.Values["fleet.termination_policies"] = p
	}
	if kind := aws.ToString(g.HealthCheckType); kind != "" {
		d.Values["fleet.health_check"] = kind
	}
	measured := map[string]bool{}
	for _, m := range g.EnabledMetrics {
		measured[aws.ToString(m.Metric)] = true
	}
	switch all := !slices.ContainsFunc(understudy.FleetMetrics, func(name string) bool { return !measured[name] }); {
	case all:
		d.Values["fleet.metrics"] = true
	case len(measured) > 0:
		d.unsaid("that only %s of %s are measured", strings.Join(slices.Sorted(maps.Keys(measured)), ", "), aws.ToString(g.AutoScalingGroupName))
	}
}

// tracking describes a policy as `up` makes one: of one of two measures, with a whole number to keep to.
func (d *Declared) tracking(p asgtypes.ScalingPolicy) {
	var key string
	c := p.TargetTrackingConfiguration
	if c != nil && c.PredefinedMetricSpecification != nil {
		key = tracked[c.PredefinedMetricSpecification.PredefinedMetricType]
	}
	_, again := d.Values[key]
	off := p.Enabled != nil && !*p.Enabled
	if key == "" || again || off || aws.ToBool(c.DisableScaleIn) || aws.ToFloat64(c.TargetValue) != math.Trunc(aws.ToFloat64(c.TargetValue)) {
		d.unsaid("the scaling policy %s of %s", aws.ToString(p.PolicyName), aws.ToString(p.AutoScalingGroupName))
		return
	}
	d.Values[key] = int(aws.ToFloat64(c.TargetValue))
}

var tracked = map[asgtypes.MetricType]string{
	asgtypes.MetricTypeASGAverageCPUUtilization: "fleet.track.cpu", asgtypes.MetricTypeALBRequestCountPerTarget: "fleet.track.requests",
}

func (d *Declared) template(site *Site) {
	t := site.Templates[0].Version.LaunchTemplateData
	d.Values["instance.type"] = string(t.InstanceType)
	if t.InstanceType == "" {
		delete(d.Values, "instance.type")
	}
	if key := aws.ToString(t.KeyName); key != "" {
		d.Values["instance.key"] = key
	}
	if t.Monitoring != nil && aws.ToBool(t.Monitoring.Enabled) {
		d.Values["instance.monitoring"] = string(understudy.MonitoringDetailed)
	}
	if t.MetadataOptions == nil || t.MetadataOptions.HttpTokens != ec2types.LaunchTemplateHttpTokensStateRequired {
		d.Values["instance.metadata"] = string(understudy.MetadataOptional)
	}
	if t.MetadataOptions != nil && aws.ToInt32(t.MetadataOptions.HttpPutResponseHopLimit) > 0 {
		d.Values["instance.hop_limit"] = int(*t.MetadataOptions.HttpPutResponseHopLimit)
	}
	d.profile(site)
	d.volumes(site, t.BlockDeviceMappings)
	d.userData(site)
}

// profileName is the name of the instance profile of the fleet's instances.
func (s *Site) profileName() string {
	if t := s.launches(); t != nil && t.IamInstanceProfile != nil {
		arn := aws.ToString(t.IamInstanceProfile.Arn) // its name ends it
		return cmp.Or(aws.ToString(t.IamInstanceProfile.Name), arn[strings.LastIndexByte(arn, '/')+1:])
	}
	return ""
}

// launches is what the first fleet's instances are of, nil where no launch template tells.
func (s *Site) launches() *ec2types.ResponseLaunchTemplateData {
	if len(s.Templates) == 0 {
		return nil
	}
	return s.Templates[0].Version.LaunchTemplateData
}

// profile describes what the instances may do: by a role that the stack made, or by the name of somebody else's.
func (d *Declared) profile(site *Site) {
	name := site.profileName()
	switch r := site.Role; {
	case name == "":
	case r == nil:
		d.Values["instance.profile.name"] = name
	default:
		if len(r.Managed) > 0 {
			d.Values["instance.profile.managed"] = r.Managed
		}
		for _, own := range slices.Sorted(maps.Keys(r.Own)) {
			if own == parametersPolicy {
				continue // of instance.environment
			}
			var policy map[string]any
			if own != ownPolicy || json.Unmarshal([]byte(r.Own[own]), &policy) != nil {
				d.unsaid("the policy %s of the role %s", own, name)
				continue
			}
			d.Values["instance.profile.policy"] = policy
		}
	}
}

// The names of the policies that a declaration gives a role, of its own and of its parameters.
const (
	ownPolicy        = "understudy"
	parametersPolicy = "understudy-environment"
)

// volumes describes the root volume. It is the image's own by its device.
func (d *Declared) volumes(site *Site, all []ec2types.LaunchTemplateBlockDeviceMapping) {
	root := ""
	if len(site.Images) > 0 {
		root = aws.ToString(site.Images[0].RootDeviceName)
	}
	for _, m := range all {
		device := aws.ToString(m.DeviceName)
		if device != root || root == "" || m.Ebs == nil {
			d.unsaid("the launch template's volume %s", device)
			continue
		}
		for key, n := range map[string]*int32{"size": m.Ebs.VolumeSize, "iops": m.Ebs.Iops, "throughput": m.Ebs.Throughput} {
			if aws.ToInt32(n) > 0 {
				d.Values["instance.volume."+key] = int(*n)
			}
		}
		if m.Ebs.VolumeType != "" {
			d.Values["instance.volume.type"] = string(m.Ebs.VolumeType)
		}
		if aws.ToBool(m.Ebs.Encrypted) {
			d.Values["instance.volume.encrypted"] = true
		}
		if key := aws.ToString(m.Ebs.KmsKeyId); key != "" {
			d.unsaid("that the volume %s is encrypted with the key %s", device, key)
		}
		if m.Ebs.DeleteOnTermination != nil && !*m.Ebs.DeleteOnTermination {
			d.unsaid("that the volume %s outlives its instance", device)
		}
	}
}

// userData describes what instances do with their first boot. That of a stack of this program's tells what of it the declaration said.
func (d *Declared) userData(site *Site) {
	data, err := base64.StdEncoding.DecodeString(aws.ToString(site.launches().UserData))
	said := string(data)
	if site.own() != "" && err == nil {
		told, ok := understudy.ReadUserData(said)
		if !ok {
			d.unsaid("the user data, which is not as a declaration's")
			return
		}
		if told.Made {
			d.Values["image.baked"], d.Values["image.run"] = false, told.Run
		}
		if len(told.Environment) > 0 {
			d.Values["instance.environment"] = variables(told.Environment)
		}
		for key, text := range map[string]string{"image.install": told.Install, "instance.user_data": told.Said} {
			if text != "" {
				d.Values[key] = text
			}
		}
		return
	}
	switch {
	case err == nil && strings.HasPrefix(said, "#!"):
		d.Values["image.run"] = said
		d.unsaid("that the user data runs once, on the first boot: image.run has it, and runs at every boot")
	case err == nil && strings.HasPrefix(said, "#cloud-config"):
		d.Values["instance.user_data"] = said
	case said != "":
		d.unsaid("the user data, which is neither a script nor cloud-config")
	}
}

// variables are those of an environment, as a declaration has them.
func variables(of understudy.Environment) map[string]any {
	all := map[string]any{}
	for name, v := range of {
		all[name] = v.Text
		if v.Parameter != "" {
			all[name] = map[string]any{"parameter": v.Parameter}
		}
	}
	return all
}

// image describes what the fleets' instances are of, by names that both regions have.
func (d *Declared) image(first, second *Site) {
	var owners, names []string
	for _, site := range []*Site{first, second} {
		if len(site.Images) > 0 {
			owners, names = append(owners, ownerOf(site.Images[0])), append(names, aws.ToString(site.Images[0].Name))
		}
	}
	if owners, names = unique(owners), unique(names); len(names) > 0 {
		d.Values["image.base.owners"], d.Values["image.base.names"] = owners, names
	}
	switch {
	case first.own() == "":
	case d.Values["image.baked"] == false:
		d.untold(selectedBy)
	default:
		d.untold(bakedOf)
	}
}

// ownerOf is an image's owner as a declaration names it.
func ownerOf(i ec2types.Image) string { return cmp.Or(aws.ToString(i.ImageOwnerAlias), "self") }
