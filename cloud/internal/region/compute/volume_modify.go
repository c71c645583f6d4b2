package compute

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// modificationRow is the last change of a volume's size, type or speed, which is completed as soon as it is acknowledged.
type modificationRow struct {
	Volume   string
	From, To disk
	At       time.Time
}

func (m modificationRow) shown() ec2types.VolumeModification {
	return ec2types.VolumeModification{
		VolumeId: new(m.Volume), ModificationState: ec2types.VolumeModificationStateCompleted, Progress: new(int64(100)), StartTime: new(m.At), EndTime: new(m.At),
		OriginalSize: new(m.From.GiB), OriginalVolumeType: m.From.Type, OriginalIops: room.Some(m.From.IOPS), OriginalThroughput: room.Some(m.From.Throughput),
		TargetSize: new(m.To.GiB), TargetVolumeType: m.To.Type, TargetIops: room.Some(m.To.IOPS), TargetThroughput: room.Some(m.To.Throughput),
		OriginalMultiAttachEnabled: new(false), TargetMultiAttachEnabled: new(false),
	}
}

// ModifyVolume changes a volume's size, type or speed. An instance that has it sees a new size at once.
func (r *Room) ModifyVolume(ctx context.Context, in *ec2.ModifyVolumeInput) (*ec2.ModifyVolumeOutput, error) {
	if err := room.Only(in, "Iops", "Size", "Throughput", "VolumeId", "VolumeType"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	if in.Iops == nil && in.Size == nil && in.Throughput == nil && in.VolumeType == "" {
		return nil, wire.Errorf("InvalidParameterCombination", "The request must contain at least one of size, volumeType, iops and throughput")
	}
	var m modificationRow
	err := r.Update(func(tx *store.Tx) error {
		v, ok := r.volume(tx, *in.VolumeId)
		if !ok {
			return missingVolume(*in.VolumeId)
		}
		if v.State != ec2types.VolumeStateAvailable && v.State != ec2types.VolumeStateInUse {
			return wire.Errorf("IncorrectState", "Volume '%s' is '%s' and cannot be modified.", v.ID, v.State)
		}
		to, err := v.Disk.modified(in)
		if err != nil {
			return err
		}
		m = modificationRow{Volume: v.ID, From: v.Disk, To: to, At: time.Now().UTC()}
		if err := r.modify(tx, v, m); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyVolumeOutput{VolumeModification: new(m.shown())}, nil
}

// modified lays a request over a disk. What a new type does not have, or has another default for, is not kept.
func (d disk) modified(in *ec2.ModifyVolumeInput) (disk, error) {
	to := disk{GiB: cmp.Or(room.Deref(in.Size), d.GiB), Type: cmp.Or(in.VolumeType, d.Type), IOPS: room.Deref(in.Iops), Throughput: room.Deref(in.Throughput)}
	if to.Type == d.Type && d.Type != ec2types.VolumeTypeGp2 { // gp2's speed follows from its size
		to.IOPS, to.Throughput = cmp.Or(to.IOPS, d.IOPS), cmp.Or(to.Throughput, d.Throughput)
	}
	if to.GiB < d.GiB {
		return to, wire.Errorf("InvalidParameterValue", "New size cannot be smaller than existing size")
	}
	if err := checkSpeed(&ec2types.EbsBlockDevice{VolumeType: to.Type, Iops: room.Some(to.IOPS), Throughput: room.Some(to.Throughput)}); err != nil {
		return to, err
	}
	to = to.filled()
	return to, checkSize(to)
}

// modify writes a volume's new disk where the volume stands, and makes its file as large.
func (r *Room) modify(tx *store.Tx, v volumeRow, m modificationRow) error {
	if err := r.modifications.Put(tx, v.ID, m); err != nil {
		return err
	}
	if v.isRoot() {
		i, _ := r.instances.GetTx(tx, v.Attachment.Instance)
		i.Disk = m.To
		return r.instances.Put(tx, i.ID, i)
	}
	v.Disk = m.To
	if v.Root {
		return r.volumes.Put(tx, v.ID, v)
	}
	if err := machine.GrowVolume(r.volumePath(v.ID), v.bytes()); err != nil {
		return err
	}
	return r.volumes.Put(tx, v.ID, v)
}

// DescribeVolumesModifications lists the last modification of each volume that has one.
func (r *Room) DescribeVolumesModifications(
	ctx context.Context, in *ec2.DescribeVolumesModificationsInput,
) (*ec2.DescribeVolumesModificationsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VolumeIds"); err != nil {
		return nil, err
	}
	size := func(f func(modificationRow) int32) func(modificationRow) []string {
		return resource.One(func(m modificationRow) string { return itoa(f(m)) })
	}
	l := resource.Listing[modificationRow]{
		ID: func(m modificationRow) string { return m.Volume }, Min: 1, Max: 500,
		Missing: func(id string) error {
			if _, ok := r.volume(nil, id); !ok {
				return missingVolume(id)
			}
			return wire.Errorf("InvalidVolumeModification.NotFound", "Modification for volume '%s' does not exist.", id)
		},
		Fields: resource.Fields[modificationRow]{
			"volume-id":            resource.One(func(m modificationRow) string { return m.Volume }),
			"modification-state":   resource.One(func(modificationRow) string { return string(ec2types.VolumeModificationStateCompleted) }),
			"start-time":           resource.One(func(m modificationRow) string { return m.At.Format(filterTime) }),
			"original-iops":        size(func(m modificationRow) int32 { return m.From.IOPS }),
			"original-size":        size(func(m modificationRow) int32 { return m.From.GiB }),
			"original-volume-type": resource.One(func(m modificationRow) string { return string(m.From.Type) }),
			"target-iops":          size(func(m modificationRow) int32 { return m.To.IOPS }),
			"target-size":          size(func(m modificationRow) int32 { return m.To.GiB }),
			"target-volume-type":   resource.One(func(m modificationRow) string { return string(m.To.Type) }),
		},
	}
	rows, next, err := l.List(r.Registry, r.modifications.All(), in.VolumeIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesModificationsOutput{NextToken: next}
	for _, m := range rows {
		out.VolumesModifications = append(out.VolumesModifications, m.shown())
	}
	return out, nil
}
