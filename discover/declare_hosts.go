package discover

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
)

// hosts describes the instances beside the load balancer: the first of them, and where that is not as the fleet's are.
func (d *Declared) hosts(site *Site) {
	if site.Tags == nil { // nobody has looked
		return
	}
	d.Values["hosts.count"] = len(site.Hosts)
	if len(site.Hosts) == 0 {
		return
	}
	h, of := site.Hosts[0], site.launches()
	if of == nil {
		of = &ec2types.ResponseLaunchTemplateData{}
	}
	if h.InstanceType != of.InstanceType {
		d.Values["hosts.type"] = string(h.InstanceType)
	}
	if key := aws.ToString(h.KeyName); key != aws.ToString(of.KeyName) {
		d.differ("hosts.key", key)
	}
	d.hostImage(site, h, aws.ToString(of.ImageId))
	d.hostUserData(site, h, aws.ToString(of.UserData))
	for _, o := range site.Hosts[1:] {
		if o.InstanceType != h.InstanceType || aws.ToString(o.KeyName) != aws.ToString(h.KeyName) || aws.ToString(o.ImageId) != aws.ToString(h.ImageId) ||
			o.UserData != h.UserData {
			d.unsaid("that the instance %s is otherwise than %s: the declaration has hosts that are alike", aws.ToString(o.InstanceId),
				aws.ToString(h.InstanceId))
		}
	}
}

// differ says what hosts have otherwise than the fleet. Nothing is no value: the fleet's stands for it.
func (d *Declared) differ(key, value string) {
	if value == "" {
		d.unsaid("that hosts have none where the fleet has one: %s", key)
		return
	}
	d.Values[key] = value
}

func (d *Declared) hostImage(site *Site, h Host, fleets string) {
	if aws.ToString(h.ImageId) == fleets {
		return
	}
	at := slices.IndexFunc(site.HostImages, func(i ec2types.Image) bool { return aws.ToString(i.ImageId) == aws.ToString(h.ImageId) })
	if at < 0 {
		d.unsaid("the image %s of the instance %s, which is gone", aws.ToString(h.ImageId), aws.ToString(h.InstanceId))
		return
	}
	d.Values["hosts.image.owner"], d.Values["hosts.image.name"] = ownerOf(site.HostImages[at]), aws.ToString(site.HostImages[at].Name)
}

func (d *Declared) hostUserData(site *Site, h Host, fleets string) {
	data, err := base64.StdEncoding.DecodeString(fleets)
	if err == nil && string(data) == h.UserData {
		return
	}
	said := h.UserData
	if site.own() != "" {
		told, ok := understudy.ReadUserData(said)
		if !ok {
			d.unsaid("the user data of the instance %s", aws.ToString(h.InstanceId))
			return
		}
		said = told.Said
	}
	if site.own() == "" && said != "" && !strings.HasPrefix(said, "#!") && !strings.HasPrefix(said, "#cloud-config") {
		d.unsaid("the user data of the instance %s, which is neither a script nor cloud-config", aws.ToString(h.InstanceId))
		return
	}
	d.differ("hosts.user_data", said)
}
