package discover

import (
	"cmp"
	"encoding/base64"
	"math"
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
		d.unsaid("scheduled actions of %s, which were not looked at", aws.ToString(g.AutoScalingGroupName))
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
	if p := t.IamInstanceProfile; p != nil {
		arn := aws.ToString(p.Arn) // its name ends it
		d.Values["instance.profile.name"] = cmp.Or(aws.ToString(p.Name), arn[strings.LastIndexByte(arn, '/')+1:])
	}
	d.volumes(site, t.BlockDeviceMappings)
	d.userData(t)
}

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

func (d *Declared) userData(t *ec2types.ResponseLaunchTemplateData) {
	data, err := base64.StdEncoding.DecodeString(aws.ToString(t.UserData))
	switch said := string(data); {
	case err == nil && strings.HasPrefix(said, "#!"):
		d.Values["image.run"] = said
		d.unsaid("that the user data runs once, on the first boot: image.run has it, and runs at every boot")
	case err == nil && strings.HasPrefix(said, "#cloud-config"):
		d.Values["instance.user_data"] = said
	case said != "":
		d.unsaid("the user data, which is neither a script nor cloud-config")
	}
}

// image describes what the fleets' instances are of, by names that both regions have.
func (d *Declared) image(first, second *Site) {
	var owners, names []string
	for _, site := range []*Site{first, second} {
		if len(site.Images) > 0 {
			i := site.Images[0]
			owner := aws.ToString(i.ImageOwnerAlias)
			if owner == "" {
				owner = "self"
			}
			owners, names = append(owners, owner), append(names, aws.ToString(i.Name))
		}
	}
	if owners, names = unique(owners), unique(names); len(names) > 0 {
		d.Values["image.base.owners"], d.Values["image.base.names"] = owners, names
	}
}
