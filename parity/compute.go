package parity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

func (r *reader) ofStack() []ec2types.Filter {
	return []ec2types.Filter{account.Filter("tag:"+account.TagStack, r.stack)}
}

func (r *reader) readImages(ctx context.Context) error {
	out, err := r.c.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: r.ofStack()})
	if err != nil {
		return err
	}
	for _, i := range out.Images {
		digest := None
		for _, t := range i.Tags {
			if aws.ToString(t.Key) == account.TagDigest {
				digest = aws.ToString(t.Value)
			}
		}
		r.digests[aws.ToString(i.ImageId)] = "digest " + digest
		r.add("image", role(i.Tags, unnamed), aws.ToString(i.ImageId), map[string]string{
			"digest":         digest,
			"state":          string(i.State),
			"architecture":   string(i.Architecture),
			"root device":    string(i.RootDeviceType),
			"virtualization": string(i.VirtualizationType),
			"public":         yes(i.Public),
		})
	}
	return nil
}

// image is what an image id stands for: the digest, and not the id, is what two regions share.
func (r *reader) image(id *string) string {
	if d, ok := r.digests[aws.ToString(id)]; ok {
		return d
	}
	if id == nil {
		return None
	}
	return "an image that is not the stack's"
}

// readInstances leaves out the fleet's instances, which come and go: the fleet speaks for them.
func (r *reader) readInstances(ctx context.Context) error {
	filters := append(r.ofVPC("vpc-id"), account.Filter("instance-state-name", "pending", "running", "stopping", "stopped"))
	pages := ec2.NewDescribeInstancesPaginator(r.c.EC2, &ec2.DescribeInstancesInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, reservation := range page.Reservations {
			for _, i := range reservation.Instances {
				r.instance(i)
			}
		}
	}
	return nil
}

const tagFleet = "aws:autoscaling:groupName"

func (r *reader) instance(i ec2types.Instance) {
	if slices.ContainsFunc(i.Tags, func(t ec2types.Tag) bool { return aws.ToString(t.Key) == tagFleet }) {
		r.add("instance", "fleet", aws.ToString(i.InstanceId), map[string]string{
			"image": r.image(i.ImageId),
			"type":  string(i.InstanceType),
			"state": string(i.State.Name),
			"in":    r.meaning(aws.ToString(i.SubnetId)),
		})
		return
	}
	var groups []string
	for _, g := range i.SecurityGroups {
		groups = append(groups, aws.ToString(g.GroupId))
	}
	settings := map[string]string{
		"image":             r.image(i.ImageId),
		"type":              string(i.InstanceType),
		"in":                r.meaning(aws.ToString(i.SubnetId)),
		"groups":            r.meanings(groups),
		"state":             string(i.State.Name),
		"public address":    fmt.Sprint(aws.ToString(i.PublicIpAddress) != ""),
		"ebs optimized":     yes(i.EbsOptimized),
		"source/dest check": yes(i.SourceDestCheck),
	}
	if m := i.MetadataOptions; m != nil {
		settings["metadata tokens"] = string(m.HttpTokens)
		settings["metadata hop limit"] = number(m.HttpPutResponseHopLimit)
	}
	r.add("instance", role(i.Tags, unnamed), aws.ToString(i.InstanceId), settings)
}

func (r *reader) readTemplates(ctx context.Context) error {
	out, err := r.c.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{Filters: r.ofStack()})
	if err != nil {
		return err
	}
	for _, t := range out.LaunchTemplates {
		versions, err := r.c.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
			LaunchTemplateId: t.LaunchTemplateId, Versions: []string{"$Default"},
		})
		if err != nil {
			return err
		}
		settings := map[string]string{
			"newest is default": fmt.Sprint(aws.ToInt64(t.LatestVersionNumber) == aws.ToInt64(t.DefaultVersionNumber)),
		}
		for _, v := range versions.LaunchTemplateVersions {
			r.template(settings, v.LaunchTemplateData)
		}
		r.add("launch template", role(t.Tags, unnamed), aws.ToString(t.LaunchTemplateId), settings)
	}
	return nil
}

func (r *reader) template(settings map[string]string, d *ec2types.ResponseLaunchTemplateData) {
	if d == nil {
		return
	}
	sum := sha256.Sum256([]byte(aws.ToString(d.UserData)))
	settings["image"] = r.image(d.ImageId)
	settings["type"] = string(d.InstanceType)
	settings["groups"] = r.meanings(slices.Clone(d.SecurityGroupIds))
	settings["user data"] = "sha256 " + hex.EncodeToString(sum[:8])
	settings["key"] = aws.ToString(d.KeyName)
	settings["ebs optimized"] = yes(d.EbsOptimized)
	for n, i := range d.NetworkInterfaces {
		settings[fmt.Sprintf("interface %d", n)] = fmt.Sprintf("public %s, groups %s", yes(i.AssociatePublicIpAddress), r.meanings(slices.Clone(i.Groups)))
	}
	if m := d.MetadataOptions; m != nil {
		settings["metadata tokens"] = string(m.HttpTokens)
		settings["metadata hop limit"] = number(m.HttpPutResponseHopLimit)
	}
	if m := d.Monitoring; m != nil {
		settings["monitoring"] = yes(m.Enabled)
	}
}

func (r *reader) readFleets(ctx context.Context) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(r.c.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{
		Filters: []asgtypes.Filter{{Name: aws.String("tag:" + account.TagStack), Values: []string{r.stack}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.AutoScalingGroups {
			r.add("auto scaling group", fleetRole(g), aws.ToString(g.AutoScalingGroupName), r.fleet(g))
		}
	}
	return nil
}

func (r *reader) fleet(g asgtypes.AutoScalingGroup) map[string]string {
	settings := map[string]string{
		"min":                    number(g.MinSize),
		"max":                    number(g.MaxSize),
		"desired":                number(g.DesiredCapacity),
		"zones":                  itoa(len(g.AvailabilityZones)),
		"subnets":                r.meanings(strings.Split(aws.ToString(g.VPCZoneIdentifier), ",")),
		"health check":           aws.ToString(g.HealthCheckType),
		"grace period":           number(g.HealthCheckGracePeriod),
		"cooldown":               number(g.DefaultCooldown),
		"target groups":          r.meanings(slices.Clone(g.TargetGroupARNs)),
		"termination policies":   strings.Join(g.TerminationPolicies, ", "),
		"protects from scale-in": yes(g.NewInstancesProtectedFromScaleIn),
		"capacity rebalance":     yes(g.CapacityRebalance),
	}
	if t := g.LaunchTemplate; t != nil {
		settings["template"] = r.meaning(aws.ToString(t.LaunchTemplateId))
	}
	for _, p := range g.SuspendedProcesses {
		settings["suspended "+aws.ToString(p.ProcessName)] = "yes"
	}
	inService := 0
	for _, i := range g.Instances {
		if i.LifecycleState == asgtypes.LifecycleStateInService && aws.ToString(i.HealthStatus) == "Healthy" {
			inService++
		}
	}
	settings["has its desired capacity"] = fmt.Sprint(int32(inService) >= aws.ToInt32(g.DesiredCapacity))
	return settings
}

func fleetRole(g asgtypes.AutoScalingGroup) string {
	for _, t := range g.Tags {
		if aws.ToString(t.Key) == account.TagRole {
			return aws.ToString(t.Value)
		}
	}
	return unnamed
}
