package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestLaunchDescribesItsRootVolume(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	root := func(e ec2types.EbsBlockDevice) []ec2types.BlockDeviceMapping {
		return []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/xvda"), Ebs: &e}}
	}
	in := d.launch(subnet)
	in.BlockDeviceMappings = root(ec2types.EbsBlockDevice{VolumeSize: new(int32(30)), VolumeType: "io2", Iops: new(int32(500)), DeleteOnTermination: new(true),
		Encrypted: new(true)})
	in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "volume", Tags: []ec2types.Tag{{Key: new("Name"), Value: new("disk")}}}}
	id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	d.Reopen()
	volume := func(id string) ec2types.Volume {
		t.Helper()
		return roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", id)}))(t).Volumes[0]
	}
	v := volume(id)
	if *v.Size != 30 || v.VolumeType != "io2" || *v.Iops != 500 || !*v.Encrypted || v.Throughput != nil || len(v.Tags) != 1 {
		t.Errorf("volume %+v", v)
	}
	found := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{
		Filters: append(regiontest.Where("size", "30"), regiontest.Where("volume-type", "io2")...),
	}))(t)
	if len(found.Volumes) != 1 {
		t.Errorf("by its size: %+v", found.Volumes)
	}
	if v := volume(d.Run(subnet, 1)[0]); *v.Size != 8 || v.VolumeType != "gp3" || *v.Iops != 3000 || aws.ToInt32(v.Throughput) != 125 {
		t.Errorf("the image's own volume %+v", v)
	}
	for _, c := range []struct {
		code string
		with []ec2types.BlockDeviceMapping
	}{
		{"InvalidBlockDeviceMapping", root(ec2types.EbsBlockDevice{VolumeSize: new(int32(4))})},
		{"InvalidBlockDeviceMapping", root(ec2types.EbsBlockDevice{SnapshotId: new("snap-0123456789abcdef0")})},
		{"UnknownVolumeType", root(ec2types.EbsBlockDevice{VolumeType: "gp9"})},
		{"InvalidParameterValue", root(ec2types.EbsBlockDevice{VolumeType: "gp3", Iops: new(int32(100))})},
		{"InvalidParameterValue", root(ec2types.EbsBlockDevice{Throughput: new(int32(1))})},
		{"InvalidParameterCombination", root(ec2types.EbsBlockDevice{VolumeType: "gp2", Iops: new(int32(3000))})},
		{"InvalidParameterCombination", root(ec2types.EbsBlockDevice{VolumeType: "gp2", Throughput: new(int32(125))})},
		{"MissingParameter", root(ec2types.EbsBlockDevice{VolumeType: "io1"})},
		{"InvalidParameterValue", []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/null"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(9))}}}},
		{"InvalidBlockDeviceMapping", []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/sdf")}}},
		{"MissingParameter", []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeType: "gp3"}}}},
		{"InvalidSnapshot.NotFound", []ec2types.BlockDeviceMapping{{
			DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{SnapshotId: new("snap-0123456789abcdef0")},
		}}},
		{"UnsupportedOperation", []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/sdf"), VirtualName: new("ephemeral0")}}},
	} {
		in := d.launch(subnet)
		in.BlockDeviceMappings = c.with
		_, err := d.RunInstances(ctx, in)
		roomtest.WantAPIError(t, err, c.code)
	}
}

func TestWhatThereIsNoneOfIsListedEmpty(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	if out := roomtest.Must(d.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{}))(t); aws.ToBool(out.EbsEncryptionByDefault) {
		t.Errorf("%+v", out)
	}
	if out := roomtest.Must(d.GetEbsDefaultKmsKeyId(ctx, &ec2.GetEbsDefaultKmsKeyIdInput{}))(t); aws.ToString(out.KmsKeyId) != "alias/aws/ebs" {
		t.Errorf("%+v", out)
	}
	if out := roomtest.Must(d.DescribeCapacityReservations(ctx, &ec2.DescribeCapacityReservationsInput{}))(t); len(out.CapacityReservations) != 0 {
		t.Errorf("%+v", out)
	}
	_, err := d.DescribeCapacityReservations(ctx, &ec2.DescribeCapacityReservationsInput{CapacityReservationIds: []string{"cr-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidCapacityReservationId.NotFound")
}
