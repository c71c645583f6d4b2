package region

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func missingSnapshot(id string) error {
	return wire.Errorf("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
}

func missingVolume(id string) error {
	return wire.Errorf("InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
}

// volumeGiB is the size that every disk says it has; what an instance may write is what the machine has free.
const volumeGiB = 8

// filterTime is how filters write a time.
const filterTime = "2006-01-02T15:04:05.000Z"

func (s snapshotRow) progress() string {
	if s.State != ec2types.SnapshotStateCompleted {
		return "0%"
	}
	return "100%"
}

// DescribeSnapshots lists the snapshots that images are made of.
func (r *Region) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput) (*ec2.DescribeSnapshotsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "OwnerIds", "SnapshotIds"); err != nil {
		return nil, err
	}
	if err := notPaged("snapshotSet", in.SnapshotIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := listing[snapshotRow]{
		id: func(s snapshotRow) string { return s.ID }, missing: missingSnapshot,
		fields: fields[snapshotRow]{
			"snapshot-id": one(func(s snapshotRow) string { return s.ID }), "volume-id": one(func(s snapshotRow) string { return s.Volume }),
			"owner-id": one(func(s snapshotRow) string { return s.Owner }), "status": one(func(s snapshotRow) string { return string(s.State) }),
			"description": one(func(s snapshotRow) string { return s.Description }), "progress": one(snapshotRow.progress),
			"volume-size": one(func(snapshotRow) string { return itoa(volumeGiB) }), "encrypted": boolean(func(snapshotRow) bool { return false }),
			"storage-tier": one(func(snapshotRow) string { return string(ec2types.StorageTierStandard) }),
			"start-time":   one(func(s snapshotRow) string { return s.Started.Format(filterTime) }),
		},
	}
	rows := slices.DeleteFunc(r.snapshots.All(), func(s snapshotRow) bool {
		return len(in.OwnerIds) > 0 && !slices.ContainsFunc(in.OwnerIds, func(o string) bool {
			return o == s.Owner || o == "self" && s.Owner == r.Account || o == "amazon" && s.Owner == publicOwner
		})
	})
	rows, next, err := l.list(r, rows, in.SnapshotIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotsOutput{NextToken: next}
	for _, s := range rows {
		out.Snapshots = append(out.Snapshots, ec2types.Snapshot{
			SnapshotId: new(s.ID), VolumeId: new(s.Volume), OwnerId: new(s.Owner), Description: new(s.Description), StartTime: new(s.Started),
			State: s.State, Progress: new(s.progress()), VolumeSize: new(int32(volumeGiB)), Encrypted: new(false), StorageTier: ec2types.StorageTierStandard,
			Tags: r.tags(s.ID),
		})
	}
	return out, nil
}

// DeleteSnapshot deletes a snapshot that no image is made of.
func (r *Region) DeleteSnapshot(ctx context.Context, in *ec2.DeleteSnapshotInput) (*ec2.DeleteSnapshotOutput, error) {
	if err := room.Only(in, "SnapshotId"); err != nil {
		return nil, err
	}
	if err := required("snapshotId", in.SnapshotId); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		s, ok := r.snapshots.GetTx(tx, *in.SnapshotId)
		if !ok {
			return missingSnapshot(*in.SnapshotId)
		}
		for _, i := range r.images.AllTx(tx) {
			if i.Snapshot == s.ID {
				return wire.Errorf("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.ID, i.ID)
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.remove(tx, s.ID, r.snapshots.Delete)
	})
	return &ec2.DeleteSnapshotOutput{}, err
}

// DescribeVolumes lists instances' root disks.
func (r *Region) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput) (*ec2.DescribeVolumesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NextToken", "VolumeIds"); err != nil {
		return nil, err
	}
	if err := notPaged("volumeSet", in.VolumeIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := listing[instanceRow]{
		id: func(i instanceRow) string { return i.Volume }, missing: missingVolume,
		fields: fields[instanceRow]{
			"volume-id": one(func(i instanceRow) string { return i.Volume }), "attachment.instance-id": one(func(i instanceRow) string { return i.ID }),
			"availability-zone": one(func(i instanceRow) string { return i.Zone }), "status": one(func(instanceRow) string { return "in-use" }),
			"attachment.device": one(func(instanceRow) string { return rootDevice }), "attachment.status": one(func(instanceRow) string { return "attached" }),
			"attachment.delete-on-termination": boolean(func(instanceRow) bool { return true }),
			"attachment.attach-time":           one(func(i instanceRow) string { return i.VolumeMade.Format(filterTime) }),
			"create-time":                      one(func(i instanceRow) string { return i.VolumeMade.Format(filterTime) }),
			"encrypted":                        boolean(func(instanceRow) bool { return false }),
			"multi-attach-enabled":             boolean(func(instanceRow) bool { return false }),
			"size":                             one(func(instanceRow) string { return itoa(volumeGiB) }),
			"volume-type":                      one(func(instanceRow) string { return string(ec2types.VolumeTypeGp3) }),
			"snapshot-id":                      one(func(i instanceRow) string { return i.VolumeSnapshot }),
		},
	}
	rows := slices.DeleteFunc(r.instances.All(), func(i instanceRow) bool { return i.State == terminated })
	rows, next, err := l.list(r, rows, in.VolumeIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesOutput{NextToken: next}
	for _, i := range rows {
		out.Volumes = append(out.Volumes, ec2types.Volume{
			VolumeId: new(i.Volume), AvailabilityZone: new(i.Zone), CreateTime: new(i.VolumeMade), Size: new(int32(volumeGiB)), State: ec2types.VolumeStateInUse,
			VolumeType: ec2types.VolumeTypeGp3, SnapshotId: new(i.VolumeSnapshot), Encrypted: new(false), MultiAttachEnabled: new(false), Tags: r.tags(i.Volume),
			Attachments: []ec2types.VolumeAttachment{{
				VolumeId: new(i.Volume), InstanceId: new(i.ID), Device: new(rootDevice), AttachTime: new(i.VolumeMade),
				State: ec2types.VolumeAttachmentStateAttached, DeleteOnTermination: new(true),
			}},
		})
	}
	return out, nil
}
