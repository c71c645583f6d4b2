package scaling

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// configurationRow is a launch configuration, which never changes. AWS lets old accounts make them still
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html).
type configurationRow struct {
	ID      string
	Created time.Time
	Request autoscaling.CreateLaunchConfigurationInput
}

func (r *Room) missingConfiguration(name string) error {
	return invalid("Launch configuration name not found - Launch configuration %s not found", name)
}

// CreateLaunchConfiguration makes a launch configuration.
func (r *Room) CreateLaunchConfiguration(
	ctx context.Context,
	in *autoscaling.CreateLaunchConfigurationInput,
) (*autoscaling.CreateLaunchConfigurationOutput, error) {
	if err := checkConfiguration(in); err != nil {
		return nil, err
	}
	if err := r.checkLaunches(in); err != nil {
		return nil, err
	}
	name := *in.LaunchConfigurationName
	return &autoscaling.CreateLaunchConfigurationOutput{}, r.Update(func(tx *store.Tx) error {
		if _, ok := r.configurations.GetTx(tx, name); ok {
			return wire.Errorf("AlreadyExists", "Launch Configuration by this name already exists - A launch configuration already exists with the name %s", name)
		}
		if len(r.configurations.AllTx(tx)) >= r.Quota(configurationsPerRegion) {
			return wire.Errorf("LimitExceeded", "You have reached the maximum number of launch configurations, %d.", r.Quota(configurationsPerRegion))
		}
		return r.configurations.Put(tx, name, configurationRow{ID: room.NewUUID(), Created: time.Now().UTC(), Request: *in})
	})
}

// checkConfiguration refuses what is missing or not supported. There are neither Spot Instances nor EC2-Classic here.
func checkConfiguration(in *autoscaling.CreateLaunchConfigurationInput) error {
	if err := room.Only(in, "LaunchConfigurationName", "AssociatePublicIpAddress", "BlockDeviceMappings", "EbsOptimized", "IamInstanceProfile", "ImageId",
		"InstanceMonitoring", "InstanceType", "KeyName", "MetadataOptions", "PlacementTenancy", "SecurityGroups", "UserData"); err != nil {
		return err
	}
	if err := required("launchConfigurationName", room.Deref(in.LaunchConfigurationName) == ""); err != nil {
		return err
	}
	switch tenancy := room.Deref(in.PlacementTenancy); {
	case room.Deref(in.ImageId) == "" || room.Deref(in.InstanceType) == "":
		return invalid("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
	case tenancy != "" && tenancy != "default":
		return wire.Errorf("UnsupportedOperation", "The placement tenancy '%s' is not supported here: default is.", tenancy)
	}
	for _, g := range in.SecurityGroups {
		if !strings.HasPrefix(g, "sg-") {
			return invalid("The security group '%s' must be named by its ID.", g)
		}
	}
	return nil
}

// checkLaunches refuses a launch configuration from which nothing could be launched, in AWS's words of images, key pairs and instance
// profiles (https://github.com/benishak/lamp-aws-cloudformation/issues/1, https://github.com/magma/magma/issues/929, and what Terraform's
// provider waits for in resource_aws_launch_configuration).
func (r *Room) checkLaunches(in *autoscaling.CreateLaunchConfigurationInput) error {
	launch := &ec2.RunInstancesInput{MinCount: new(int32(1)), MaxCount: new(int32(1))}
	configurationRow{Request: *in}.fill(launch)
	err := r.machines.CheckConfiguration(launch)
	var refused *wire.Error
	switch {
	case !errors.As(err, &refused) || refused.Code == "UnsupportedOperation" || refused.Status >= 500:
		return err
	case strings.HasPrefix(refused.Code, "InvalidAMIID"):
		return invalid("AMI %s is invalid: %s", *in.ImageId, refused.Message)
	case strings.Contains(refused.Message, "iamInstanceProfile") || strings.HasPrefix(refused.Message, "IAM Instance Profile"):
		return invalid("Invalid IamInstanceProfile: %s", room.Deref(in.IamInstanceProfile))
	}
	return invalid("%s", refused.Message)
}

// DescribeLaunchConfigurations lists launch configurations; a name that does not exist is left out.
func (r *Room) DescribeLaunchConfigurations(
	ctx context.Context,
	in *autoscaling.DescribeLaunchConfigurationsInput,
) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	if err := room.Only(in, "LaunchConfigurationNames", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.configurations.All(), func(c configurationRow) bool {
		return len(in.LaunchConfigurationNames) > 0 && !slices.Contains(in.LaunchConfigurationNames, *c.Request.LaunchConfigurationName)
	})
	rows, next, err := page(rows, func(c configurationRow) string { return *c.Request.LaunchConfigurationName }, in.MaxRecords, in.NextToken, 50, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeLaunchConfigurationsOutput{NextToken: next}
	for _, c := range rows {
		out.LaunchConfigurations = append(out.LaunchConfigurations, r.showConfiguration(c))
	}
	return out, nil
}

func (r *Room) showConfiguration(c configurationRow) autoscalingtypes.LaunchConfiguration {
	in := c.Request
	return autoscalingtypes.LaunchConfiguration{
		LaunchConfigurationName: in.LaunchConfigurationName, CreatedTime: new(c.Created),
		LaunchConfigurationARN: new(r.ARN("autoscaling", "launchConfiguration:"+c.ID+":launchConfigurationName/"+*in.LaunchConfigurationName)),
		ImageId:                in.ImageId, InstanceType: in.InstanceType, KeyName: new(room.Deref(in.KeyName)), SecurityGroups: in.SecurityGroups,
		UserData: new(room.Deref(in.UserData)), IamInstanceProfile: in.IamInstanceProfile, EbsOptimized: new(room.Deref(in.EbsOptimized)),
		AssociatePublicIpAddress: in.AssociatePublicIpAddress, BlockDeviceMappings: in.BlockDeviceMappings, MetadataOptions: in.MetadataOptions,
		InstanceMonitoring: &autoscalingtypes.InstanceMonitoring{Enabled: new(detailed(in))}, KernelId: new(""), RamdiskId: new(""),
		PlacementTenancy: in.PlacementTenancy,
	}
}

// detailed tells whether instances are monitored in detail: a launch configuration has it by default.
func detailed(in autoscaling.CreateLaunchConfigurationInput) bool {
	return in.InstanceMonitoring == nil || in.InstanceMonitoring.Enabled == nil || *in.InstanceMonitoring.Enabled
}

// DeleteLaunchConfiguration deletes a launch configuration that no group uses.
func (r *Room) DeleteLaunchConfiguration(
	ctx context.Context,
	in *autoscaling.DeleteLaunchConfigurationInput,
) (*autoscaling.DeleteLaunchConfigurationOutput, error) {
	if err := room.Only(in, "LaunchConfigurationName"); err != nil {
		return nil, err
	}
	name := room.Deref(in.LaunchConfigurationName)
	if err := required("launchConfigurationName", name == ""); err != nil {
		return nil, err
	}
	return &autoscaling.DeleteLaunchConfigurationOutput{}, r.Update(func(tx *store.Tx) error {
		if _, ok := r.configurations.GetTx(tx, name); !ok {
			return r.missingConfiguration(name)
		}
		for _, f := range r.fleets.AllTx(tx) {
			if f.Configuration == name {
				return wire.Errorf("ResourceInUse", "Cannot delete launch configuration %s because it is attached to AutoScalingGroup %s", name, f.Name)
			}
		}
		return r.configurations.Delete(tx, name)
	})
}

// fill has a launch be of a launch configuration.
func (c configurationRow) fill(in *ec2.RunInstancesInput) {
	from := c.Request
	in.ImageId, in.InstanceType, in.KeyName = from.ImageId, ec2types.InstanceType(*from.InstanceType), from.KeyName
	in.UserData, in.EbsOptimized = from.UserData, from.EbsOptimized
	in.Monitoring = &ec2types.RunInstancesMonitoringEnabled{Enabled: new(detailed(from))}
	if p := room.Deref(from.IamInstanceProfile); strings.HasPrefix(p, "arn:") {
		in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Arn: &p}
	} else if p != "" {
		in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: &p}
	}
	if m := from.MetadataOptions; m != nil {
		in.MetadataOptions = &ec2types.InstanceMetadataOptionsRequest{
			HttpEndpoint: ec2types.InstanceMetadataEndpointState(m.HttpEndpoint), HttpTokens: ec2types.HttpTokensState(m.HttpTokens),
			HttpPutResponseHopLimit: m.HttpPutResponseHopLimit,
		}
	}
	for _, b := range from.BlockDeviceMappings {
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, deviceOf(b))
	}
	if from.AssociatePublicIpAddress == nil {
		in.SecurityGroupIds = from.SecurityGroups
		return
	}
	in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{
		DeviceIndex: new(int32(0)), SubnetId: in.SubnetId, Groups: from.SecurityGroups, AssociatePublicIpAddress: from.AssociatePublicIpAddress,
	}}
	in.SubnetId = nil
}

func deviceOf(b autoscalingtypes.BlockDeviceMapping) ec2types.BlockDeviceMapping {
	out := ec2types.BlockDeviceMapping{DeviceName: b.DeviceName, VirtualName: b.VirtualName}
	if room.Deref(b.NoDevice) {
		out.NoDevice = new("")
	}
	if e := b.Ebs; e != nil {
		out.Ebs = &ec2types.EbsBlockDevice{
			DeleteOnTermination: e.DeleteOnTermination, Encrypted: e.Encrypted, Iops: e.Iops, SnapshotId: e.SnapshotId, Throughput: e.Throughput,
			VolumeSize: e.VolumeSize, VolumeType: ec2types.VolumeType(room.Deref(e.VolumeType)),
		}
	}
	return out
}
