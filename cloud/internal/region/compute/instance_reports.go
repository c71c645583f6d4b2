package compute

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ReportInstanceStatus hears that running instances are not as their status says: "Use of this action does not change the value returned
// by DescribeInstanceStatus" (EC2 API reference, ReportInstanceStatus).
func (r *Room) ReportInstanceStatus(ctx context.Context, in *ec2.ReportInstanceStatusInput) (*ec2.ReportInstanceStatusOutput, error) {
	err := room.Only(in, "Description", "EndTime", "Instances", "ReasonCodes", "StartTime", "Status")
	if err == nil && len(in.Instances) == 0 {
		err = wire.Errorf("MissingParameter", "The request must contain the parameter instanceId")
	}
	if err == nil {
		err = instanceListing.Know(r.instances.All(), in.Instances)
	}
	if err != nil {
		return nil, err
	}
	for _, id := range in.Instances {
		if i, _ := r.instances.Get(id); i.State != running {
			return nil, wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in the 'running' state.", id)
		}
	}
	return &ec2.ReportInstanceStatusOutput{}, room.DryRun(in)
}

// DescribeInstanceTopology tells where in AWS's network instances are, of the types for high performance computing and machine learning
// that have it; of others nothing, and no type here has it (EC2 user guide, "Prerequisites for Amazon EC2 instance topology").
func (r *Room) DescribeInstanceTopology(ctx context.Context, in *ec2.DescribeInstanceTopologyInput) (*ec2.DescribeInstanceTopologyOutput, error) {
	if err := room.Only(in, "Filters", "GroupNames", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	nothing := resource.Listing[Instance]{
		ID: func(i Instance) string { return i.ID }, Missing: missingInstance,
		Fields: resource.Fields[Instance]{
			"availability-zone": resource.One(func(i Instance) string { return i.Zone }),
			"instance-type":     resource.One(func(i Instance) string { return string(i.Type) }),
			"zone-id":           resource.One(func(i Instance) string { return nets.ZoneID(i.Zone) }),
		},
	}
	if err := instanceListing.Know(r.instances.All(), in.InstanceIds); err != nil {
		return nil, err
	}
	for _, name := range in.GroupNames {
		if _, ok := r.placementGroup(nil, name); !ok {
			return nil, missingPlacementGroup(name)
		}
	}
	_, next, err := nothing.List(r.Registry, nil, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeInstanceTopologyOutput{Instances: []ec2types.InstanceTopology{}, NextToken: next}, nil
}

// GetPasswordData tells the password of an instance with Windows: none, since it has Linux.
func (r *Room) GetPasswordData(ctx context.Context, in *ec2.GetPasswordDataInput) (*ec2.GetPasswordDataOutput, error) {
	if err := room.Only(in, "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if _, err := room.Find(nil, r.instances, *in.InstanceId, missingInstance); err != nil {
		return nil, err
	}
	return &ec2.GetPasswordDataOutput{InstanceId: in.InstanceId, PasswordData: new(""), Timestamp: new(time.Now().UTC())}, nil
}

// ModifyInstanceMaintenanceOptions keeps whether AWS would recover an instance by itself.
func (r *Room) ModifyInstanceMaintenanceOptions(
	ctx context.Context, in *ec2.ModifyInstanceMaintenanceOptionsInput,
) (*ec2.ModifyInstanceMaintenanceOptionsOutput, error) {
	if err := room.Only(in, "AutoRecovery", "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if in.AutoRecovery == "" {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter AutoRecovery")
	}
	err := r.Update(func(tx *store.Tx) error {
		i, err := room.Find(tx, r.instances, *in.InstanceId, missingInstance)
		if err != nil {
			return err
		}
		if err := alive(i); err != nil {
			return err
		}
		i.Recovery = in.AutoRecovery
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	return &ec2.ModifyInstanceMaintenanceOptionsOutput{InstanceId: in.InstanceId, AutoRecovery: in.AutoRecovery}, err
}

// GetLaunchTemplateData describes an instance as a launch template would, so that others can be launched like it.
func (r *Room) GetLaunchTemplateData(ctx context.Context, in *ec2.GetLaunchTemplateDataInput) (*ec2.GetLaunchTemplateDataOutput, error) {
	if err := room.Only(in, "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	i, err := room.Find(nil, r.instances, *in.InstanceId, missingInstance)
	if err != nil {
		return nil, err
	}
	if err := alive(i); err != nil {
		return nil, err
	}
	shown, behaviour := r.showInstance(i), ec2types.ShutdownBehaviorStop
	if i.ShutdownTerminates {
		behaviour = ec2types.ShutdownBehaviorTerminate
	}
	data := &ec2types.ResponseLaunchTemplateData{
		ImageId: shown.ImageId, InstanceType: shown.InstanceType, KeyName: shown.KeyName, UserData: room.Some(i.UserData), EbsOptimized: shown.EbsOptimized,
		DisableApiTermination: new(i.ProtectTermination), DisableApiStop: new(i.ProtectStop), InstanceInitiatedShutdownBehavior: behaviour,
		Monitoring: &ec2types.LaunchTemplatesMonitoring{Enabled: new(i.Monitoring)},
		Placement: &ec2types.LaunchTemplatePlacement{
			AvailabilityZone: shown.Placement.AvailabilityZone, GroupName: shown.Placement.GroupName, Tenancy: shown.Placement.Tenancy,
		},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{
			HttpEndpoint: ec2types.LaunchTemplateInstanceMetadataEndpointState(i.Metadata.HttpEndpoint), HttpPutResponseHopLimit: i.Metadata.HttpPutResponseHopLimit,
			HttpTokens:           ec2types.LaunchTemplateHttpTokensState(i.Metadata.HttpTokens),
			InstanceMetadataTags: ec2types.LaunchTemplateInstanceMetadataTagsState(i.Metadata.InstanceMetadataTags),
		},
	}
	if p := shown.IamInstanceProfile; p != nil {
		data.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecification{Arn: p.Arn}
	}
	if i.Credits != "" {
		data.CreditSpecification = &ec2types.CreditSpecification{CpuCredits: new(i.Credits)}
	}
	for _, v := range append([]volumeRow{rootVolume(i)}, r.volumesOf(nil, i.ID)...) {
		data.BlockDeviceMappings = append(data.BlockDeviceMappings, templateMapping(v))
	}
	for _, eni := range shown.NetworkInterfaces {
		data.NetworkInterfaces = append(data.NetworkInterfaces, templateInterface(eni))
	}
	if len(shown.Tags) > 0 {
		data.TagSpecifications = []ec2types.LaunchTemplateTagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: shown.Tags}}
	}
	return &ec2.GetLaunchTemplateDataOutput{LaunchTemplateData: data}, nil
}

func templateMapping(v volumeRow) ec2types.LaunchTemplateBlockDeviceMapping {
	e := &ec2types.LaunchTemplateEbsBlockDevice{
		DeleteOnTermination: new(v.Attachment.DeleteOnTermination), Encrypted: new(v.Encrypted), SnapshotId: room.Some(v.Snapshot),
		VolumeSize: new(v.Disk.GiB), VolumeType: v.Disk.Type, Throughput: room.Some(v.Disk.Throughput),
	}
	if v.Disk.Type != ec2types.VolumeTypeGp2 { // whose IOPS follow from its size
		e.Iops = room.Some(v.Disk.IOPS)
	}
	return ec2types.LaunchTemplateBlockDeviceMapping{DeviceName: new(v.Attachment.Device), Ebs: e}
}

// templateInterface describes an interface without what no other can have: its id and addresses.
func templateInterface(eni ec2types.InstanceNetworkInterface) ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification {
	out := ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification{
		DeviceIndex: eni.Attachment.DeviceIndex, SubnetId: eni.SubnetId, Description: eni.Description, DeleteOnTermination: eni.Attachment.DeleteOnTermination,
	}
	if *eni.Attachment.DeviceIndex == 0 {
		out.AssociatePublicIpAddress = new(eni.Association != nil)
	}
	for _, g := range eni.Groups {
		out.Groups = append(out.Groups, *g.GroupId)
	}
	return out
}
