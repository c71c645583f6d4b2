package scaling

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// configure makes a launch configuration.
func (s *stage) configure(name string, change func(*autoscaling.CreateLaunchConfigurationInput)) error {
	in := &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: &name, ImageId: new("ami-00000000000000001"), InstanceType: new("t3.small")}
	if change != nil {
		change(in)
	}
	_, err := s.client().CreateLaunchConfiguration(s.t.Context(), in)
	return err
}

func configured(name string) func(*autoscaling.CreateAutoScalingGroupInput) {
	return func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate, in.LaunchConfigurationName = nil, &name
	}
}

func TestGroupOfALaunchConfiguration(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	if err := s.configure("first", nil); err != nil {
		t.Fatal(err)
	}
	roomtest.WantAPIError(t, s.configure("first", nil), "AlreadyExists")
	g := s.alone(2, configured("first"))
	if i := g.Instances[0]; *g.LaunchConfigurationName != "first" || g.LaunchTemplate != nil ||
		*i.LaunchConfigurationName != "first" || i.LaunchTemplate != nil || *i.InstanceType != "t3.small" {
		t.Errorf("the group is %+v", g)
	}
	s.reopen()
	client := s.client()
	limits := roomtest.Must(client.DescribeAccountLimits(ctx, &autoscaling.DescribeAccountLimitsInput{}))(t)
	found := roomtest.Must(client.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{
		LaunchConfigurationNames: []string{"first", "none"},
	}))(t).LaunchConfigurations
	if len(found) != 1 || *found[0].ImageId != "ami-00000000000000001" || !*found[0].InstanceMonitoring.Enabled ||
		found[0].LaunchConfigurationARN == nil || *limits.NumberOfLaunchConfigurations != 1 {
		t.Errorf("it is shown as %+v", found)
	}
	drop := func(name string) error {
		_, err := client.DeleteLaunchConfiguration(ctx, &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: &name})
		return err
	}
	roomtest.WantAPIError(t, drop("first"), "ResourceInUse")
	roomtest.WantAPIError(t, drop("none"), "ValidationError")

	// Another configuration is for what is launched from now on; what is of the older one goes first.
	if err := s.configure("second", nil); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), LaunchConfigurationName: new("second"), TerminationPolicies: []string{"OldestLaunchConfiguration", "NewestInstance"},
	}))(t)
	s.setDesired(4)
	s.await("four", serve(4))
	s.setDesired(2)
	g = s.await("two", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 2 && serve(2)(g) })
	for _, i := range g.Instances {
		if *i.LaunchConfigurationName != "second" {
			t.Errorf("%s is of the configuration %s", *i.InstanceId, *i.LaunchConfigurationName)
		}
	}
	if err := drop("first"); err != nil {
		t.Error(err)
	}
	// A launch template takes its place.
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("1")},
	}))(t)
	if err := drop("second"); err != nil {
		t.Error(err)
	}
	old := instanceIDs(g)
	roomtest.Must(s.refresh(&autoscalingtypes.RefreshPreferences{SkipMatching: new(true)}))(t)
	s.awaitRefresh(autoscalingtypes.InstanceRefreshStatusSuccessful)
	s.await("two of the template", serve(2, old...))
}

func TestLaunchConfigurationIsWhatEC2IsAsked(t *testing.T) {
	c := configurationRow{Request: autoscaling.CreateLaunchConfigurationInput{
		ImageId: new("ami-1"), InstanceType: new("t3.small"), KeyName: new("k"), UserData: new("x"), IamInstanceProfile: new("web"),
		SecurityGroups: []string{"sg-1"}, AssociatePublicIpAddress: new(true), InstanceMonitoring: &autoscalingtypes.InstanceMonitoring{Enabled: new(false)},
		MetadataOptions: &autoscalingtypes.InstanceMetadataOptions{HttpTokens: "required"},
		BlockDeviceMappings: []autoscalingtypes.BlockDeviceMapping{
			{DeviceName: new("/dev/xvda"), Ebs: &autoscalingtypes.Ebs{VolumeSize: new(int32(9)), VolumeType: new("gp3")}},
		},
	}}
	in := &ec2.RunInstancesInput{SubnetId: new("subnet-1")}
	c.fill(in)
	nic := in.NetworkInterfaces[0]
	if in.SubnetId != nil || *nic.SubnetId != "subnet-1" || !*nic.AssociatePublicIpAddress || nic.Groups[0] != "sg-1" || *in.IamInstanceProfile.Name != "web" ||
		in.MetadataOptions.HttpTokens != ec2types.HttpTokensStateRequired || *in.Monitoring.Enabled || *in.BlockDeviceMappings[0].Ebs.VolumeSize != 9 {
		t.Errorf("EC2 is asked for %+v", in)
	}
	c.Request.AssociatePublicIpAddress, c.Request.IamInstanceProfile = nil, new("arn:aws:iam::111122223333:instance-profile/web")
	in = &ec2.RunInstancesInput{SubnetId: new("subnet-1")}
	c.fill(in)
	if *in.SubnetId != "subnet-1" || in.SecurityGroupIds[0] != "sg-1" || in.IamInstanceProfile.Arn == nil {
		t.Errorf("EC2 is asked for %+v", in)
	}
}

func TestLaunchConfigurationsThatAreRefused(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		code   string
		change func(*autoscaling.CreateLaunchConfigurationInput)
	}{
		{"UnsupportedOperation", func(in *autoscaling.CreateLaunchConfigurationInput) { in.SpotPrice = new("0.1") }},
		{"UnsupportedOperation", func(in *autoscaling.CreateLaunchConfigurationInput) { in.InstanceId = new("i-00000000000000000") }},
		{"UnsupportedOperation", func(in *autoscaling.CreateLaunchConfigurationInput) { in.PlacementTenancy = new("dedicated") }},
		{"ValidationError", func(in *autoscaling.CreateLaunchConfigurationInput) { in.ImageId = nil }},
		{"ValidationError", func(in *autoscaling.CreateLaunchConfigurationInput) { in.SecurityGroups = []string{"web"} }},
	} {
		roomtest.WantAPIError(t, s.configure("lc", c.change), c.code)
	}
	s.machines.profile = wire.Errorf("InvalidParameterValue", "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
	err := s.configure("lc", func(in *autoscaling.CreateLaunchConfigurationInput) { in.IamInstanceProfile = new("none") })
	if roomtest.WantAPIError(t, err, "ValidationError"); !strings.Contains(err.Error(), "Invalid IamInstanceProfile: none") {
		t.Error(err)
	}
	s.machines.profile = &wire.Error{Code: "Unavailable", Message: "IAM does not answer.", Status: 503}
	roomtest.WantAPIError(t, s.configure("lc", nil), "Unavailable")
	s.machines.profile = nil
	in := s.input()
	configured("none")(in)
	_, err = s.client().CreateAutoScalingGroup(t.Context(), in)
	roomtest.WantAPIError(t, err, "ValidationError")
}
