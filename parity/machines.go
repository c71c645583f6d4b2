package parity

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
)

// digestOf is what a parity audit shows of user data.
func digestOf(data string) string {
	if data == "" {
		return None
	}
	return digest(base64.StdEncoding.EncodeToString([]byte(data)))
}

// expectMachines adds what is declared of instances: to the launch template, and to those that were launched from it.
func expectMachines(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	i := d.Instance
	template := parts[key{"launch template", "template"}]
	template["profile"] = orNone(d.ProfileName())
	template["key name"], template["user data"] = orNone(i.Key), digestOf(d.UserData())
	template["metadata tokens"], template["metadata hop limit"] = string(i.Metadata), None
	template["monitoring"], template[rootVolume] = string(understudy.MonitoringBasic), None
	if v := i.Volume; v != (understudy.Volume{}) {
		template[rootVolume] = volumeText(&ec2types.LaunchTemplateEbsBlockDevice{
			VolumeSize: given(v.Size), VolumeType: ec2types.VolumeType(v.Type), Iops: given(v.IOPS), Throughput: given(v.Throughput), Encrypted: &v.Encrypted,
		})
	}
	state := ec2types.MonitoringStateDisabled
	if i.Monitoring == understudy.MonitoringDetailed {
		template["monitoring"], state = string(i.Monitoring), ec2types.MonitoringStateEnabled
	}
	if i.HopLimit > 0 {
		template["metadata hop limit"] = itoa(i.HopLimit)
	}
	groups := "security group public-facing"
	if len(d.Hosts.Ingress) > 0 {
		groups = "security group hosts, " + groups
	}
	for n := range d.Hosts.Count {
		host := map[string]string{
			"type": d.HostType(side), "in": "subnet " + d.Regions[side].Subnets()[d.Regions[side].HostZone(n)].Name, "groups": groups, "state": "running",
			"public address": "true", "user data": digestOf(d.HostUserData()), "key": orNone(d.HostKey()), "metadata tokens": string(i.Metadata),
			"monitoring": string(state), "profile": template["profile"],
		}
		if i.HopLimit > 0 {
			host["metadata hop limit"] = template["metadata hop limit"]
		}
		parts[key{"instance", understudy.HostRole(n)}] = host
	}
}

func given(n int) *int32 {
	if n == 0 {
		return nil
	}
	return aws.Int32(int32(n))
}

const rootVolume = "volume of the root"

// machine reads of a template's version what is declared of instances. The root's device is the image's affair.
func (c *canon) machine(settings map[string]string, d *ec2types.ResponseLaunchTemplateData) {
	settings["user data"] = digest(aws.ToString(d.UserData))
	settings["profile"], settings["monitoring"] = None, string(understudy.MonitoringBasic)
	if p := d.IamInstanceProfile; p != nil {
		arn := aws.ToString(p.Arn)
		settings["profile"] = cmpOr(aws.ToString(p.Name), arn[strings.LastIndex(arn, "/")+1:])
	}
	if d.Monitoring != nil && aws.ToBool(d.Monitoring.Enabled) {
		settings["monitoring"] = string(understudy.MonitoringDetailed)
	}
	if m := d.MetadataOptions; m != nil {
		settings["metadata tokens"], settings["metadata hop limit"] = string(m.HttpTokens), count(m.HttpPutResponseHopLimit)
		rest := *m
		rest.HttpTokens, rest.HttpPutResponseHopLimit = "", nil
		if text := c.text(reflect.ValueOf(rest)); text != "" {
			settings["metadata options"] = text
		}
	}
	for _, m := range d.BlockDeviceMappings {
		name := "volume " + aws.ToString(m.DeviceName)
		if aws.ToString(m.DeviceName) == c.rootOf(aws.ToString(d.ImageId)) {
			name = rootVolume
		}
		settings[name] = orNone(volumeText(m.Ebs))
	}
}

// rootOf returns the name of an image's root device.
func (c *canon) rootOf(image string) string {
	for _, i := range c.f.images {
		if aws.ToString(i.ImageId) == image {
			return aws.ToString(i.RootDeviceName)
		}
	}
	return ""
}

func volumeText(e *ec2types.LaunchTemplateEbsBlockDevice) string {
	if e == nil {
		return ""
	}
	text := fmt.Sprintf("encrypted %s", yes(e.Encrypted))
	rest := *e
	rest.Encrypted = nil
	return strings.TrimSpace(text + " " + (&canon{}).text(reflect.ValueOf(rest)))
}
