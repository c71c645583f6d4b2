package compute_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// What GetLaunchTemplateData tells of an instance makes a template, and the template others like it.
func TestInstanceBecomesALaunchTemplate(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.UserData, in.DisableApiStop, in.Monitoring = new("IyEvYmluL3NoCg=="), new(true), &ec2types.RunInstancesMonitoringEnabled{Enabled: new(true)}
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{
		{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(2)), VolumeType: "gp3"}},
	}
	in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: new("role"), Value: new("web")}}}}
	first := roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0]
	data := roomtest.Must(d.GetLaunchTemplateData(ctx, &ec2.GetLaunchTemplateDataInput{InstanceId: first.InstanceId}))(t).LaunchTemplateData
	if *data.ImageId != *in.ImageId || data.InstanceType != in.InstanceType || *data.UserData != *in.UserData || len(data.BlockDeviceMappings) != 2 ||
		len(data.NetworkInterfaces) != 1 || *data.NetworkInterfaces[0].SubnetId != subnet || !*data.DisableApiStop || !*data.Monitoring.Enabled {
		t.Errorf("%+v", data)
	}
	asked := &ec2types.RequestLaunchTemplateData{
		ImageId: data.ImageId, InstanceType: data.InstanceType, UserData: data.UserData, DisableApiStop: data.DisableApiStop,
		NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: data.NetworkInterfaces[0].DeviceIndex, SubnetId: data.NetworkInterfaces[0].SubnetId, Groups: data.NetworkInterfaces[0].Groups,
			AssociatePublicIpAddress: data.NetworkInterfaces[0].AssociatePublicIpAddress,
		}},
	}
	for _, m := range data.BlockDeviceMappings {
		asked.BlockDeviceMappings = append(asked.BlockDeviceMappings, ec2types.LaunchTemplateBlockDeviceMappingRequest{
			DeviceName: m.DeviceName, Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{
				DeleteOnTermination: m.Ebs.DeleteOnTermination, Iops: m.Ebs.Iops, SnapshotId: m.Ebs.SnapshotId, Throughput: m.Ebs.Throughput,
				VolumeSize: m.Ebs.VolumeSize, VolumeType: m.Ebs.VolumeType, Encrypted: m.Ebs.Encrypted,
			}})
	}
	roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("like-it"), LaunchTemplateData: asked}))(t)
	second := roomtest.Must(d.RunInstances(ctx, &ec2.RunInstancesInput{
		MinCount: new(int32(1)), MaxCount: new(int32(1)), LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("like-it")},
	}))(t).Instances[0]
	if second.InstanceType != first.InstanceType || *second.SubnetId != subnet || *second.SecurityGroups[0].GroupId != *first.SecurityGroups[0].GroupId {
		t.Errorf("the second: %+v", second)
	}
	_, err := d.GetLaunchTemplateData(ctx, &ec2.GetLaunchTemplateDataInput{InstanceId: new("i-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.NotFound")
}

func TestOddsAndEndsOfAnInstance(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	report := ec2.ReportInstanceStatusInput{Instances: []string{id}, Status: "impaired", ReasonCodes: []ec2types.ReportInstanceReasonCodes{"other"}}
	roomtest.Must(d.ReportInstanceStatus(ctx, &report))(t)
	if out := roomtest.Must(d.GetPasswordData(ctx, &ec2.GetPasswordDataInput{InstanceId: &id}))(t); *out.PasswordData != "" || *out.InstanceId != id {
		t.Errorf("%+v", out)
	}
	if out := roomtest.Must(d.ModifyInstanceMaintenanceOptions(ctx, &ec2.ModifyInstanceMaintenanceOptionsInput{
		InstanceId: &id, AutoRecovery: "disabled",
	}))(t); out.AutoRecovery != "disabled" {
		t.Errorf("%+v", out)
	}
	d.Reopen()
	shown := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(t).Reservations[0].Instances[0]
	if shown.MaintenanceOptions.AutoRecovery != "disabled" {
		t.Errorf("%+v", shown.MaintenanceOptions)
	}
	topology := func(in ec2.DescribeInstanceTopologyInput) ([]ec2types.InstanceTopology, error) {
		out, err := d.DescribeInstanceTopology(ctx, &in)
		if err != nil {
			return nil, err
		}
		return out.Instances, nil
	}
	for _, in := range []ec2.DescribeInstanceTopologyInput{{}, {InstanceIds: []string{id}}} {
		if told := roomtest.Must(topology(in))(t); len(told) != 0 {
			t.Errorf("topology %+v", told)
		}
	}
	_, err := topology(ec2.DescribeInstanceTopologyInput{InstanceIds: []string{"i-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.NotFound")
	_, err = topology(ec2.DescribeInstanceTopologyInput{GroupNames: []string{"none"}})
	roomtest.WantAPIError(t, err, "InvalidPlacementGroup.Unknown")
	_, err = topology(ec2.DescribeInstanceTopologyInput{Filters: regiontest.Where("colour", "blue")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.ModifyInstanceMaintenanceOptions(ctx, &ec2.ModifyInstanceMaintenanceOptionsInput{InstanceId: &id})
	roomtest.WantAPIError(t, err, "MissingParameter")
	roomtest.Must(d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameStopped)
	_, err = d.ReportInstanceStatus(ctx, &report)
	roomtest.WantAPIError(t, err, "IncorrectInstanceState")
}

func TestTypesFromRequirements(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	ask := func(q *ec2types.InstanceRequirementsRequest) (names []string, err error) {
		out, err := d.GetInstanceTypesFromInstanceRequirements(ctx, &ec2.GetInstanceTypesFromInstanceRequirementsInput{
			ArchitectureTypes: []ec2types.ArchitectureType{"x86_64"}, VirtualizationTypes: []ec2types.VirtualizationType{"hvm"}, InstanceRequirements: q,
		})
		if err != nil {
			return nil, err
		}
		for _, i := range out.InstanceTypes {
			names = append(names, *i.InstanceType)
		}
		return names, nil
	}
	two, four := &ec2types.VCpuCountRangeRequest{Min: new(int32(2)), Max: new(int32(2))}, &ec2types.MemoryMiBRequest{Min: new(int32(4096)), Max: new(int32(4096))}
	names := roomtest.Must(ask(&ec2types.InstanceRequirementsRequest{VCpuCount: two, MemoryMiB: four}))(t)
	if !slices.Contains(names, "c5.large") || slices.Contains(names, "t3.medium") || slices.Contains(names, "c6g.large") || slices.Contains(names, "m5.large") {
		t.Errorf("%v", names)
	}
	names = roomtest.Must(ask(&ec2types.InstanceRequirementsRequest{VCpuCount: two, MemoryMiB: four, BurstablePerformance: "required"}))(t)
	if !slices.Contains(names, "t3.medium") || slices.Contains(names, "c5.large") {
		t.Errorf("burstable: %v", names)
	}
	names = roomtest.Must(ask(&ec2types.InstanceRequirementsRequest{VCpuCount: two, MemoryMiB: four, AllowedInstanceTypes: []string{"c5*"}}))(t)
	if !slices.Equal(names, []string{"c5.large", "c5a.large"}) {
		t.Errorf("allowed: %v", names)
	}
	for code, q := range map[string]*ec2types.InstanceRequirementsRequest{
		"UnsupportedOperation":        {VCpuCount: two, MemoryMiB: four, RequireHibernateSupport: new(true)},
		"InvalidParameterCombination": {VCpuCount: two, MemoryMiB: four, AllowedInstanceTypes: []string{"a"}, ExcludedInstanceTypes: []string{"b"}},
	} {
		_, err := ask(q)
		roomtest.WantAPIError(t, err, code)
	}
}
