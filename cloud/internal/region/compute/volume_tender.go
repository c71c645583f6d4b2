package compute

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/store"
)

func (r *Room) volumePath(id string) string   { return filepath.Join(r.cfg.Dir, "volumes", id) }
func (r *Room) snapshotPath(id string) string { return filepath.Join(r.cfg.Dir, "snapshots", id) }

// tendVolume makes or removes a volume's file, as its state says; at the region's start it begins again.
func (r *Room) tendVolume(id string) {
	for {
		row, ok := r.volumes.Get(id)
		if !ok || r.Context().Err() != nil {
			return
		}
		var err error
		switch row.State {
		case ec2types.VolumeStateCreating:
			err = r.makeVolume(row)
		case ec2types.VolumeStateDeleting:
			err = r.removeVolume(row)
		default:
			return
		}
		if err == nil || r.Context().Err() != nil {
			return
		}
		r.Log.Error("tend volume", "volume", id, "state", row.State, "err", err)
		select {
		case <-time.After(retryPause):
		case <-r.Context().Done():
		}
	}
}

// openVolumes goes on with what a lost region had begun, and removes the files that it had half made.
func (r *Room) openVolumes() error {
	for _, dir := range []string{r.volumePath(""), r.snapshotPath("")} {
		if err := machine.CleanLayers(dir); err != nil {
			return err
		}
	}
	for _, v := range r.volumes.All() {
		r.Spawn(func() { r.tendVolume(v.ID) })
	}
	for _, s := range r.snapshots.All() {
		r.Spawn(func() { r.tendSnapshot(s.ID) })
	}
	return nil
}

// makeVolume makes the file of a new volume. One that cannot be made is in the state error.
func (r *Room) makeVolume(row volumeRow) error {
	from := ""
	if row.Snapshot != "" {
		from = r.snapshotPath(row.Snapshot)
	}
	failure := machine.MakeVolume(r.Context(), r.volumePath(row.ID), from, row.bytes())
	if r.Context().Err() != nil {
		return nil // the next start makes it
	}
	if failure != nil {
		r.Log.Error("make volume", "volume", row.ID, "err", failure)
	}
	return r.changeVolume(row.ID, func(v *volumeRow) {
		switch {
		case v.State != ec2types.VolumeStateCreating:
		case failure != nil:
			v.State = ec2types.VolumeStateError
		case v.Attachment != nil:
			v.State = ec2types.VolumeStateInUse
		default:
			v.State = ec2types.VolumeStateAvailable
		}
	})
}

func (v volumeRow) bytes() int64 { return int64(v.Disk.GiB) << 30 }

func (r *Room) removeVolume(row volumeRow) error {
	if err := os.Remove(r.volumePath(row.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := r.Update(func(tx *store.Tx) error {
		return errors.Join(r.modifications.Delete(tx, row.ID), r.Remove(tx, row.ID, r.volumes.Delete))
	})
	if err == nil && row.Root {
		r.dropLayers()
	}
	return err
}

// changeVolume changes a volume's row; a missing one is no error.
func (r *Room) changeVolume(id string, change func(*volumeRow)) error {
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.volumes.GetTx(tx, id)
		if !ok {
			return nil
		}
		change(&row)
		return r.volumes.Put(tx, id, row)
	})
}

// bootVolumes are those that an instance has from its boot on, when all of its volumes have been made.
func (r *Room) bootVolumes(instance string) (all []machine.Volume, ids map[string]bool, err error) {
	made := func() bool {
		for _, v := range r.volumesOf(nil, instance) {
			if v.State == ec2types.VolumeStateCreating {
				return false
			}
		}
		return true
	}
	if err := r.Wait(r.Context(), made, r.volumes.Any()); err != nil {
		return nil, nil, err
	}
	ids = map[string]bool{}
	for _, v := range r.volumesOf(nil, instance) {
		if v.State == ec2types.VolumeStateError {
			return nil, nil, fmt.Errorf("volume %s could not be made", v.ID)
		}
		if v.Attachment.State == ec2types.VolumeAttachmentStateDetaching || v.Attachment.State == ec2types.VolumeAttachmentStateBusy {
			continue
		}
		if err := machine.GrowVolume(r.volumePath(v.ID), v.bytes()); err != nil {
			return nil, nil, err
		}
		ids[v.ID] = true
		all = append(all, machine.Volume{Device: v.Attachment.Device, Path: r.volumePath(v.ID)})
	}
	return all, ids, nil
}

// tendVolumes gives an instance the volumes that it is to have, and takes those that it is not.
func (t *tender) tendVolumes() error {
	t.busy = false
	for _, v := range t.volumesOf(nil, t.id) {
		var err error
		switch v.Attachment.State {
		case ec2types.VolumeAttachmentStateAttaching:
			if v.State == ec2types.VolumeStateInUse {
				err = t.attach(v)
			}
		case ec2types.VolumeAttachmentStateDetaching, ec2types.VolumeAttachmentStateBusy:
			err = t.detach(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tender) attach(v volumeRow) error {
	if t.m != nil && !t.has[v.ID] {
		if err := machine.GrowVolume(t.volumePath(v.ID), v.bytes()); err != nil {
			return err
		}
		if err := t.m.Attach(machine.Volume{Device: v.Attachment.Device, Path: t.volumePath(v.ID)}); err != nil {
			return err
		}
		t.has[v.ID] = true
	}
	return t.changeVolume(v.ID, func(now *volumeRow) {
		if now.Attachment != nil && now.Attachment.State == ec2types.VolumeAttachmentStateAttaching {
			attached := *now.Attachment
			attached.State, now.Attachment = ec2types.VolumeAttachmentStateAttached, &attached
		}
	})
}

func (t *tender) detach(v volumeRow) error {
	if t.m != nil && t.has[v.ID] {
		err := t.m.Detach(v.Attachment.Device, v.Attachment.Force)
		if errors.Is(err, machine.ErrBusy) {
			t.busy = true
			if v.Attachment.State == ec2types.VolumeAttachmentStateBusy {
				return nil
			}
			return t.changeVolume(v.ID, func(now *volumeRow) {
				if now.Attachment != nil {
					busy := *now.Attachment
					busy.State, now.Attachment = ec2types.VolumeAttachmentStateBusy, &busy
				}
			})
		}
		if err != nil {
			return err
		}
		delete(t.has, v.ID)
	}
	return t.changeVolume(v.ID, func(now *volumeRow) { now.State, now.Attachment = ec2types.VolumeStateAvailable, nil })
}

// leaveVolumes parts a terminated instance from its volumes: those that end with it are deleted.
func (r *Room) leaveVolumes(tx *store.Tx, instance string) (ending []string, err error) {
	for _, v := range r.volumesOf(tx, instance) {
		switch {
		case v.Attachment.DeleteOnTermination:
			v.State = ec2types.VolumeStateDeleting
			ending = append(ending, v.ID)
		case v.State == ec2types.VolumeStateInUse:
			v.State = ec2types.VolumeStateAvailable
		}
		v.Attachment = nil
		if err := r.volumes.Put(tx, v.ID, v); err != nil {
			return nil, err
		}
	}
	return ending, nil
}
