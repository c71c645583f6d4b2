package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

var volumeKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "vol", Tagged: ec2types.ResourceTypeVolume, Missing: missingVolume,
	Exists: resource.SomeOf(func(r *Room) *store.Table[Instance] { return r.instances }, func(i Instance, id string) bool { return i.Volume == id }),
})

func missingVolume(id string) error {
	return resource.Missing("vol-", id, "InvalidVolumeID.Malformed", "InvalidVolume.NotFound", "The volume '%s' does not exist.")
}

// volumeGiB is the size of images, and of disks that are not asked to be larger; what an instance may write is what the machine has free.
const volumeGiB = 8

// DescribeVolumes lists instances' root disks.
func (r *Room) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput) (*ec2.DescribeVolumesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NextToken", "VolumeIds"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("volumeSet", in.VolumeIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := resource.Listing[Instance]{
		ID: func(i Instance) string { return i.Volume }, Missing: missingVolume,
		Fields: resource.Fields[Instance]{
			"volume-id": resource.One(func(i Instance) string { return i.Volume }), "attachment.instance-id": resource.One(func(i Instance) string { return i.ID }),
			"availability-zone": resource.One(func(i Instance) string { return i.Zone }), "status": resource.One(func(Instance) string { return "in-use" }),
			"attachment.device": resource.One(func(Instance) string { return rootDevice }), "attachment.status": resource.One(func(Instance) string { return "attached" }),
			"attachment.delete-on-termination": resource.Boolean(func(Instance) bool { return true }),
			"attachment.attach-time":           resource.One(func(i Instance) string { return i.VolumeMade.Format(filterTime) }),
			"create-time":                      resource.One(func(i Instance) string { return i.VolumeMade.Format(filterTime) }),
			"encrypted":                        resource.Boolean(func(Instance) bool { return false }),
			"multi-attach-enabled":             resource.Boolean(func(Instance) bool { return false }),
			"size":                             resource.One(func(i Instance) string { return itoa(i.Disk.filled().GiB) }),
			"volume-type":                      resource.One(func(i Instance) string { return string(i.Disk.filled().Type) }),
			"snapshot-id":                      resource.One(func(i Instance) string { return i.VolumeSnapshot }),
		},
	}
	rows := slices.DeleteFunc(r.instances.All(), func(i Instance) bool { return i.State == terminated })
	rows, next, err := l.List(r.Registry, rows, in.VolumeIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesOutput{NextToken: next}
	for _, i := range rows {
		d := i.Disk.filled()
		out.Volumes = append(out.Volumes, ec2types.Volume{
			VolumeId: new(i.Volume), AvailabilityZone: new(i.Zone), CreateTime: new(i.VolumeMade), Size: new(d.GiB), State: ec2types.VolumeStateInUse,
			VolumeType: d.Type, Iops: room.Some(d.IOPS), Throughput: room.Some(d.Throughput), SnapshotId: new(i.VolumeSnapshot), Encrypted: new(false), MultiAttachEnabled: new(false), Tags: r.Tags(i.Volume),
			Attachments: []ec2types.VolumeAttachment{{
				VolumeId: new(i.Volume), InstanceId: new(i.ID), Device: new(rootDevice), AttachTime: new(i.VolumeMade),
				State: ec2types.VolumeAttachmentStateAttached, DeleteOnTermination: new(true),
			}},
		})
	}
	return out, nil
}
