package compute

import (
	"cmp"
	"context"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// imageVolume is a volume beside the root that the instances of an image are launched with, unless a launch says otherwise.
type imageVolume struct {
	Device, Snapshot               string // Snapshot is empty for a volume that begins empty
	Disk                           disk
	Encrypted, DeleteOnTermination bool
}

func (v imageVolume) mapping() ec2types.BlockDeviceMapping {
	e := &ec2types.EbsBlockDevice{
		SnapshotId: room.Some(v.Snapshot), VolumeSize: new(v.Disk.GiB), VolumeType: v.Disk.Type, DeleteOnTermination: new(v.DeleteOnTermination),
		Encrypted: new(v.Encrypted), Throughput: room.Some(v.Disk.Throughput),
	}
	if v.Disk.Type != ec2types.VolumeTypeGp2 { // whose IOPS follow from its size
		e.Iops = room.Some(v.Disk.IOPS)
	}
	return ec2types.BlockDeviceMapping{DeviceName: new(v.Device), Ebs: e}
}

// under is what a launch asks for of a volume, laid over what the image says of it.
func (v imageVolume) under(e ec2types.EbsBlockDevice) ec2types.EbsBlockDevice {
	d := v.Disk
	if id := room.Deref(e.SnapshotId); id == "" {
		e.SnapshotId = room.Some(v.Snapshot)
	} else if id != v.Snapshot {
		d.GiB = 0 // that of the other snapshot
	}
	over := d.under(&e)
	e.VolumeSize, e.VolumeType, e.Throughput = room.Some(over.GiB), over.Type, room.Some(over.Throughput)
	if over.Type != ec2types.VolumeTypeGp2 {
		e.Iops = room.Some(over.IOPS)
	}
	e.DeleteOnTermination = new(room.Deref(cmp.Or(e.DeleteOnTermination, &v.DeleteOnTermination)))
	e.Encrypted = new(v.Encrypted || room.Deref(e.Encrypted))
	return e
}

// snapshots are those that an image is made of, that of its root first.
func (i imageRow) snapshots() []string {
	all := []string{i.Snapshot}
	for _, v := range i.Volumes {
		if v.Snapshot != "" {
			all = append(all, v.Snapshot)
		}
	}
	return all
}

// keepVolumes plans snapshots of the volumes that an instance has beside its root, which its new image is made of. They are copied with
// the root (image_making.go).
func (r *Room) keepVolumes(tx *store.Tx, row *imageRow, instance string) error {
	for _, v := range r.volumesOf(tx, instance) {
		s := r.newSnapshot(tx, v, "Created for "+row.ID)
		s.Copied = false
		if err := r.snapshots.Put(tx, s.ID, s); err != nil {
			return err
		}
		row.Volumes = append(row.Volumes, imageVolume{v.Attachment.Device, s.ID, v.Disk, v.Encrypted, v.Attachment.DeleteOnTermination})
	}
	return nil
}

// copyVolumes plans copies of the snapshots of volumes that an image of another region, or of this one, has beside its root.
func (r *Room) copyVolumes(ctx context.Context, row *imageRow, from []imageVolume) (copies []snapshotRow, err error) {
	for _, v := range from {
		v.Encrypted = v.Encrypted || row.Encrypted
		if v.Snapshot != "" {
			source, err := r.peerSnapshot(ctx, row.SourceRegion, v.Snapshot)
			if err != nil {
				return nil, err
			}
			s := snapshotRow{
				ID: snapshotKind.NewID(), Volume: noVolume, Owner: r.Account, Started: time.Now().UTC(), State: ec2types.SnapshotStatePending, File: true,
				Description: "Created for " + row.ID, GiB: source.GiB, Encrypted: v.Encrypted, Source: source.ID, SourceRegion: row.SourceRegion,
			}
			v.Snapshot, copies = s.ID, append(copies, s)
		}
		row.Volumes = append(row.Volumes, v)
	}
	return copies, nil
}

// fillVolumes copies what the snapshots of a pending image's volumes are of.
func (r *Room) fillVolumes(row imageRow) error {
	for _, id := range row.snapshots()[1:] {
		s, ok := r.snapshots.Get(id)
		if !ok {
			continue
		}
		copied := func() error {
			if s.Source != "" {
				return r.fetchSnapshot(s)
			}
			return machine.MakeVolume(r.Context(), r.snapshotPath(id), r.volumePath(s.Volume), int64(s.GiB)<<30)
		}
		if err := copied(); err != nil {
			return err
		}
	}
	return nil
}

// registerVolumes reads the mappings of volumes beside the root of an image that is registered.
func (r *Room) registerVolumes(tx *store.Tx, row *imageRow, mappings []ec2types.BlockDeviceMapping) error {
	taken := map[string]bool{}
	for _, m := range mappings {
		name := room.Deref(m.DeviceName)
		if taken[name] {
			return wire.Errorf("InvalidBlockDeviceMapping", "Device '%s' is mapped twice.", name)
		}
		if taken[name] = true; name == rootDevice {
			continue
		}
		if err := room.Only(m, "DeviceName", "Ebs"); err != nil {
			return err
		}
		if err := checkMapping(m); err != nil {
			return err
		}
		var v volumeRow
		e := *m.Ebs
		e.VolumeType = cmp.Or(e.VolumeType, ec2types.VolumeTypeGp2)
		if err := r.fillNew(tx, &v, e); err != nil {
			return err
		}
		row.Volumes = append(row.Volumes, imageVolume{name, v.Snapshot, v.Disk, v.Encrypted, room.Deref(e.DeleteOnTermination)})
	}
	return nil
}

// madeOf finds an image that is made of a snapshot.
func (r *Room) madeOf(tx *store.Tx, snapshot string) (imageRow, bool) {
	all := r.images.AllTx(tx)
	n := slices.IndexFunc(all, func(i imageRow) bool { return slices.Contains(i.snapshots(), snapshot) })
	if n < 0 {
		return imageRow{}, false
	}
	return all[n], true
}
