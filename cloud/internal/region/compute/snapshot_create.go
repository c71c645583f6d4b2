package compute

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// CreateSnapshot copies a volume, or the root of an instance. Its worker copies what is there by then.
func (r *Room) CreateSnapshot(ctx context.Context, in *ec2.CreateSnapshotInput) (*ec2.CreateSnapshotOutput, error) {
	if err := room.Only(in, "Description", "TagSpecifications", "VolumeId"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	var row snapshotRow
	err := r.Update(func(tx *store.Tx) error {
		v, ok := r.volume(tx, *in.VolumeId)
		if !ok {
			return missingVolume(*in.VolumeId)
		}
		if v.State != ec2types.VolumeStateAvailable && v.State != ec2types.VolumeStateInUse {
			return wire.Errorf("IncorrectState", "The volume '%s' is '%s' and cannot be copied.", v.ID, v.State)
		}
		row = r.newSnapshot(tx, v, room.Deref(in.Description))
		if err := r.snapshots.Put(tx, row.ID, row); err != nil {
			return err
		}
		if err := r.TagNew(tx, in.TagSpecifications, row.ID); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	r.Spawn(func() { r.tendSnapshot(row.ID) })
	s := r.showSnapshot(row)
	return &ec2.CreateSnapshotOutput{
		SnapshotId: s.SnapshotId, VolumeId: s.VolumeId, OwnerId: s.OwnerId, Description: s.Description, StartTime: s.StartTime, State: s.State,
		Progress: s.Progress, VolumeSize: s.VolumeSize, Encrypted: s.Encrypted, Tags: s.Tags,
	}, nil
}

// newSnapshot is the row of a snapshot that is still to be copied of a volume.
func (r *Room) newSnapshot(tx *store.Tx, v volumeRow, description string) snapshotRow {
	s := snapshotRow{
		ID: snapshotKind.NewID(), Volume: v.ID, Owner: r.Account, Description: description, Started: time.Now().UTC(), State: ec2types.SnapshotStatePending,
		GiB: v.Disk.GiB, Encrypted: v.Encrypted, File: !v.isRoot() && !v.Root, Copied: true, Layers: v.Layers, Service: v.Service,
	}
	if v.isRoot() {
		s.Instance = v.Attachment.Instance
		i, _ := r.instances.GetTx(tx, s.Instance)
		s.Service = i.Service
	}
	return s
}

// CreateSnapshots copies all volumes of an instance, each as CreateSnapshot does.
func (r *Room) CreateSnapshots(ctx context.Context, in *ec2.CreateSnapshotsInput) (*ec2.CreateSnapshotsOutput, error) {
	if err := room.Only(in, "CopyTagsFromSource", "Description", "InstanceSpecification", "TagSpecifications"); err != nil {
		return nil, err
	}
	spec := in.InstanceSpecification
	if spec == nil || room.Deref(spec.InstanceId) == "" {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter InstanceSpecification.InstanceId")
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	var rows []snapshotRow
	err := r.Update(func(tx *store.Tx) error {
		i, err := room.Find(tx, r.instances, *spec.InstanceId, missingInstance)
		if err != nil {
			return err
		}
		if err := alive(i); err != nil {
			return err
		}
		volumes := slices.DeleteFunc(append([]volumeRow{rootVolume(i)}, r.volumesOf(tx, i.ID)...), func(v volumeRow) bool {
			return room.Deref(spec.ExcludeBootVolume) && v.isRoot() || slices.Contains(spec.ExcludeDataVolumeIds, v.ID)
		})
		for _, v := range volumes {
			row := r.newSnapshot(tx, v, room.Deref(in.Description))
			rows = append(rows, row)
			if err := r.snapshots.Put(tx, row.ID, row); err != nil {
				return err
			}
			if in.CopyTagsFromSource == ec2types.CopyTagsFromSourceVolume {
				if err := r.PutTags(tx, row.ID, r.Tags(v.ID)); err != nil {
					return err
				}
			}
			if err := r.TagNew(tx, in.TagSpecifications, row.ID); err != nil {
				return err
			}
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	out := &ec2.CreateSnapshotsOutput{}
	for _, row := range rows {
		r.Spawn(func() { r.tendSnapshot(row.ID) })
		s := r.showSnapshot(row)
		out.Snapshots = append(out.Snapshots, ec2types.SnapshotInfo{
			SnapshotId: s.SnapshotId, VolumeId: s.VolumeId, OwnerId: s.OwnerId, Description: s.Description, StartTime: s.StartTime, State: s.State,
			Progress: s.Progress, VolumeSize: s.VolumeSize, Encrypted: s.Encrypted, Tags: s.Tags,
		})
	}
	return out, nil
}

// tendSnapshot copies what a pending snapshot is of; at the region's start it begins again.
func (r *Room) tendSnapshot(id string) {
	row, ok := r.snapshots.Get(id)
	if !ok || !row.Copied || row.State != ec2types.SnapshotStatePending {
		return
	}
	layers, failure := r.copySnapshot(row)
	if r.Context().Err() != nil {
		return // the next start copies it
	}
	if failure != nil {
		r.Log.Error("copy snapshot", "snapshot", id, "err", failure)
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.snapshots.GetTx(tx, id)
		if !ok {
			return nil
		}
		row.Layers, row.State = layers, ec2types.SnapshotStateCompleted
		if failure != nil {
			row.State = ec2types.SnapshotStateError
		}
		return r.snapshots.Put(tx, id, row)
	})
	if _, ok := r.snapshots.Get(id); !ok { // it was deleted meanwhile
		err = errors.Join(err, r.removeSnapshotFile(id))
	}
	if err != nil {
		r.Log.Error("copy snapshot", "snapshot", id, "err", err)
	}
}

// copySnapshot copies another snapshot or a volume's file, or makes a layer of what an instance has written.
func (r *Room) copySnapshot(row snapshotRow) (layers []string, err error) {
	if row.Source != "" {
		return row.Layers, r.fetchSnapshot(row)
	}
	if row.File {
		return nil, machine.MakeVolume(r.Context(), r.snapshotPath(row.ID), r.volumePath(row.Volume), int64(row.GiB)<<30)
	}
	if row.Instance == "" { // of a root that outlived its instance
		return row.Layers, nil
	}
	i, ok := r.instances.Get(row.Instance)
	if !ok {
		return nil, fmt.Errorf("instance %s is gone", row.Instance)
	}
	digest, err := r.keepLayer(row.ID, func(dir string) (machine.Layer, error) {
		return machine.Bake(r.Context(), r.instanceDir(i.ID), dir)
	})
	return slices.Concat([]string{digest}, i.Layers), err
}

func (r *Room) removeSnapshotFile(id string) error {
	if err := os.Remove(r.snapshotPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
