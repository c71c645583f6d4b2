package region

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

// What EC2 could never launch is no launch configuration.
func TestLaunchConfigurationIsCheckedByEC2(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	image := roomtest.Must(s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images[0].ImageId
	vpc := roomtest.Must(s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: s.subnets[:1]}))(t).Subnets[0].VpcId
	group := roomtest.Must(s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("app"), Description: new("app"), VpcId: vpc}))(t).GroupId
	type in = autoscaling.CreateLaunchConfigurationInput
	for what, c := range map[string]struct {
		change func(*in)
		want   string
	}{
		"nothing": {func(*in) {}, ""},
		"groups":  {func(c *in) { c.SecurityGroups = []string{*group} }, ""},
		"image": {func(c *in) { c.ImageId = new("ami-0123456789abcdef0") },
			"AMI ami-0123456789abcdef0 is invalid: The image id '[ami-0123456789abcdef0]' does not exist"},
		"key pair": {func(c *in) { c.KeyName = new("none") }, "The key pair 'none' does not exist"},
		"group":    {func(c *in) { c.SecurityGroups = []string{*group, "sg-0123456789abcdef0"} }, "The security group 'sg-0123456789abcdef0' does not exist"},
		"group of an interface": {func(c *in) {
			c.SecurityGroups, c.AssociatePublicIpAddress = []string{"sg-0123456789abcdef0"}, new(true)
		},
			"The security group 'sg-0123456789abcdef0' does not exist"},
		"type": {func(c *in) { c.InstanceType = new("t9.small") }, "Invalid value 't9.small' for InstanceType."},
	} {
		request := &in{LaunchConfigurationName: &what, ImageId: image, InstanceType: new(string(smallType()))}
		c.change(request)
		_, err := s.scaling.CreateLaunchConfiguration(ctx, request)
		t.Run(what, func(t *testing.T) {
			if c.want == "" && err == nil {
				return
			}
			var refused smithy.APIError
			if !errors.As(err, &refused) || refused.ErrorCode() != "ValidationError" || refused.ErrorMessage() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	disks := &in{
		LaunchConfigurationName: new("disks"), ImageId: image, InstanceType: new(string(smallType())),
		BlockDeviceMappings: []autoscalingtypes.BlockDeviceMapping{
			{DeviceName: new("/dev/xvdf"), Ebs: &autoscalingtypes.Ebs{VolumeSize: new(int32(1 << 20)), VolumeType: new("gp3")}},
		},
	}
	_, err := s.scaling.CreateLaunchConfiguration(ctx, disks)
	roomtest.WantAPIError(t, err, "ValidationError")
}

// What an instance uses while it warms up is its own, and not yet its group's.
func TestWarmingInstanceIsNotCountedForItsGroup(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	in := s.input(1)
	in.DefaultInstanceWarmup = new(int32(7200))
	roomtest.Must(s.scaling.CreateAutoScalingGroup(ctx, in))(t)
	id := s.serving(1)[0]
	received := func(dimension, value string) (sum float64) {
		out := roomtest.Must(s.r.watching.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: new("AWS/EC2"), MetricName: new("NetworkIn"), Period: new(int32(86400)), Statistics: []cwtypes.Statistic{"Sum"},
			StartTime: new(time.Now().Add(-time.Hour)), EndTime: new(time.Now().Add(time.Hour)), Dimensions: []cwtypes.Dimension{{Name: &dimension, Value: &value}},
		}))(t)
		for _, p := range out.Datapoints {
			sum += *p.Sum
		}
		return sum
	}
	await := func(what string, done func() bool) {
		t.Helper()
		for deadline := patience.Deadline(); !done(); time.Sleep(20 * time.Millisecond) { // nothing tells of data
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	s.paper.Started(id).Use(machine.Usage{BytesIn: 1000})
	await("the instance has not told of itself", func() bool { return received("InstanceId", id) == 1000 })
	if n := received("AutoScalingGroupName", "app"); n != 0 {
		t.Errorf("its group has received %v", n)
	}
	roomtest.Must(s.scaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), DefaultInstanceWarmup: new(int32(0)),
	}))(t)
	s.paper.Started(id).Use(machine.Usage{BytesIn: 1500})
	await("the group has not received what a warm instance has", func() bool { return received("AutoScalingGroupName", "app") == 500 })
}
