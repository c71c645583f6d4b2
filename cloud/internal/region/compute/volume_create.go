package compute

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// CreateVolume makes a volume of a zone, empty or of a snapshot. Its worker makes the file.
func (r *Room) CreateVolume(ctx context.Context, in *ec2.CreateVolumeInput) (*ec2.CreateVolumeOutput, error) {
	if err := room.Only(in, "AvailabilityZone", "AvailabilityZoneId", "ClientToken", "Encrypted", "Iops", "KmsKeyId", "Size", "SnapshotId",
		"TagSpecifications", "Throughput", "VolumeType"); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeVolume); err != nil {
		return nil, err
	}
	if in.AvailabilityZone == nil && in.AvailabilityZoneId == nil {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter AvailabilityZone")
	}
	zone, err := r.nets.ChooseZone(room.Deref(in.AvailabilityZone), room.Deref(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	row := volumeRow{ID: volumeKind.NewID(), Zone: zone, Made: time.Now().UTC(), State: ec2types.VolumeStateCreating}
	made := false
	err = r.Update(func(tx *store.Tx) error {
		id, err := r.Once(tx, "CreateVolume", in.ClientToken, in, func(id string) bool { _, ok := r.volumes.GetTx(tx, id); return ok }, func() (string, error) {
			made = true
			// The default type is gp2 (EC2 API reference, CreateVolume).
			asked := ec2types.EbsBlockDevice{
				Encrypted: in.Encrypted, Iops: in.Iops, KmsKeyId: in.KmsKeyId, SnapshotId: in.SnapshotId, Throughput: in.Throughput, VolumeSize: in.Size,
				VolumeType: cmp.Or(in.VolumeType, ec2types.VolumeTypeGp2),
			}
			if err := r.fillNew(tx, &row, asked); err != nil {
				return "", err
			}
			if err := r.volumes.Put(tx, row.ID, row); err != nil {
				return "", err
			}
			return row.ID, r.TagNew(tx, in.TagSpecifications, row.ID)
		})
		if err != nil {
			return err
		}
		row, _ = r.volumes.GetTx(tx, id)
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	if made {
		r.Spawn(func() { r.tendVolume(row.ID) })
	}
	v := r.showVolume(row)
	return &ec2.CreateVolumeOutput{
		VolumeId: v.VolumeId, AvailabilityZone: v.AvailabilityZone, CreateTime: v.CreateTime, Size: v.Size, State: v.State, VolumeType: v.VolumeType,
		Iops: v.Iops, Throughput: v.Throughput, SnapshotId: v.SnapshotId, Encrypted: v.Encrypted, KmsKeyId: v.KmsKeyId,
		MultiAttachEnabled: v.MultiAttachEnabled, Tags: v.Tags,
	}, nil
}

// putVolumes writes the volumes that an instance is launched with, which its worker waits for. Unlike its root they outlive it unless
// asked for otherwise (EC2 user guide, "Preserve data when an instance is terminated"), and are gp2 (EC2 API reference, EbsBlockDevice).
func (r *Room) putVolumes(tx *store.Tx, p launchPlan, i Instance) error {
	if n := len(p.beside); n > mostVolumes {
		return wire.Errorf("AttachmentLimitExceeded", "%d volumes exceed the limit of %d beside the root.", n, mostVolumes)
	}
	for _, m := range p.beside {
		e := *m.Ebs
		e.VolumeType = cmp.Or(e.VolumeType, ec2types.VolumeTypeGp2)
		row := volumeRow{
			ID: volumeKind.NewID(), Zone: i.Zone, Made: i.VolumeMade, State: ec2types.VolumeStateCreating, Attachment: &attachment{
				Instance: i.ID, Device: *m.DeviceName, At: i.VolumeMade, State: ec2types.VolumeAttachmentStateAttaching,
				DeleteOnTermination: room.Deref(e.DeleteOnTermination),
			},
		}
		if err := r.fillNew(tx, &row, e); err != nil {
			return err
		}
		if err := r.volumes.Put(tx, row.ID, row); err != nil {
			return err
		}
	}
	return nil
}

// fillNew reads what is asked for of a new volume that is no root.
func (r *Room) fillNew(tx *store.Tx, row *volumeRow, e ec2types.EbsBlockDevice) error {
	row.Disk = disk{GiB: room.Deref(e.VolumeSize), Type: e.VolumeType, IOPS: room.Deref(e.Iops), Throughput: room.Deref(e.Throughput)}
	row.Encrypted = r.encrypts(tx, e.Encrypted)
	if err := r.checkKey(row.Encrypted, e.KmsKeyId); err != nil {
		return err
	}
	if id := room.Deref(e.SnapshotId); id != "" {
		s, err := r.copyable(tx, id)
		if err != nil {
			return err
		}
		if row.Disk.GiB == 0 {
			row.Disk.GiB = s.GiB
		}
		if row.Disk.GiB < s.GiB {
			return wire.Errorf("InvalidParameterValue", "The volume size %d GiB is smaller than snapshot '%s', expect size >= %d GiB", row.Disk.GiB, id, s.GiB)
		}
		row.Snapshot, row.Encrypted = id, row.Encrypted || s.Encrypted
	} else if row.Disk.GiB == 0 {
		return wire.Errorf("MissingParameter", "The request must contain the parameter size/snapshot")
	}
	if err := checkSpeed(&e); err != nil {
		return err
	}
	row.Disk = row.Disk.filled()
	return checkSize(row.Disk)
}

// copyable finds a snapshot that a volume can be made of: one with a file.
func (r *Room) copyable(tx *store.Tx, id string) (snapshotRow, error) {
	s, err := room.Find(tx, r.snapshots, id, missingSnapshot)
	switch {
	case err != nil:
		return s, err
	case !s.File:
		return s, wire.Errorf("UnsupportedOperation",
			"The snapshot '%s' is of a root file system. Here instances can be made of it, by an image, and volumes cannot.", id)
	case s.State != ec2types.SnapshotStateCompleted:
		return s, wire.Errorf("IncorrectState", "Snapshot '%s' is not 'completed'.", id)
	}
	return s, nil
}

// checkSize applies the volume types' sizes in GiB (EC2 API reference, CreateVolume).
func checkSize(d disk) error {
	type bounds struct{ least, most int32 }
	b := map[ec2types.VolumeType]bounds{
		ec2types.VolumeTypeGp2: {1, 16384}, ec2types.VolumeTypeGp3: {1, 65536}, ec2types.VolumeTypeIo1: {4, 16384}, ec2types.VolumeTypeIo2: {4, 65536},
		ec2types.VolumeTypeSt1: {125, 16384}, ec2types.VolumeTypeSc1: {125, 16384}, ec2types.VolumeTypeStandard: {1, 1024},
	}[d.Type]
	if d.GiB < b.least || d.GiB > b.most {
		return wire.Errorf("InvalidParameterValue", "Volume of %dGiB is out of range for %s volumes: %d to %d GiB.", d.GiB, d.Type, b.least, b.most)
	}
	return nil
}

// DeleteVolume deletes a volume that no instance has. Its worker removes the file.
func (r *Room) DeleteVolume(ctx context.Context, in *ec2.DeleteVolumeInput) (*ec2.DeleteVolumeOutput, error) {
	if err := room.Only(in, "VolumeId"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		v, ok := r.volume(tx, *in.VolumeId)
		switch {
		case !ok:
			return missingVolume(*in.VolumeId)
		case v.Attachment != nil:
			return wire.Errorf("VolumeInUse", "Volume %s is currently attached to %s", v.ID, v.Attachment.Instance)
		case v.State == ec2types.VolumeStateDeleting:
			return missingVolume(v.ID)
		}
		v.State = ec2types.VolumeStateDeleting
		if err := r.volumes.Put(tx, v.ID, v); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	r.Spawn(func() { r.tendVolume(*in.VolumeId) })
	return &ec2.DeleteVolumeOutput{}, nil
}
