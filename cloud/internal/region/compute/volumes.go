package compute

import (
	"cmp"
	"slices"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/store"
)

// volumeRow is a volume. Those of the table have a file of their own, which an instance sees as a device; the root volumes of
// instances are their writable layers and stand in their rows, until one outlives its instance.
type volumeRow struct {
	ID, Zone, Snapshot string
	Disk               disk
	Encrypted, AutoIO  bool // kept and told
	Made               time.Time
	State              ec2types.VolumeState
	Attachment         *attachment     // nil for none
	Root               bool            // it was the root of an instance that is gone, and has layers instead of a file
	Layers             []string        // digests, the topmost first
	Service            *rootfs.Service // of that instance
}

// attachment is what the worker of an instance acts on, see volume_tender.go.
type attachment struct {
	Instance, Device    string
	At                  time.Time
	State               ec2types.VolumeAttachmentState
	DeleteOnTermination bool
	Force               bool // detach it from processes that have it open, too
}

// status is its state as instances tell it, who know no busy one.
func (a *attachment) status() ec2types.AttachmentStatus {
	if a.State == ec2types.VolumeAttachmentStateBusy {
		return ec2types.AttachmentStatusDetaching
	}
	return ec2types.AttachmentStatus(a.State)
}

var volumeKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "vol", Tagged: ec2types.ResourceTypeVolume, Missing: missingVolume,
	Exists: func(r *Room, tx *store.Tx, id string) bool { _, ok := r.volume(tx, id); return ok },
})

func missingVolume(id string) error {
	return resource.Missing("vol-", id, "InvalidVolumeID.Malformed", "InvalidVolume.NotFound", "The volume '%s' does not exist.")
}

// volumeGiB is the size of images, and of disks that are not asked to be larger; what an instance may write is what the machine has free.
const volumeGiB = 8

// rootVolume is an instance's root volume.
func rootVolume(i Instance) volumeRow {
	return volumeRow{
		ID: i.Volume, Zone: i.Zone, Snapshot: i.VolumeSnapshot, Disk: i.Disk.filled(), Encrypted: i.Encrypted, AutoIO: i.AutoIO, Made: i.VolumeMade,
		State: ec2types.VolumeStateInUse,
		Attachment: &attachment{
			Instance: i.ID, Device: rootDevice, At: i.VolumeMade, State: ec2types.VolumeAttachmentStateAttached, DeleteOnTermination: !i.KeepRoot,
		},
	}
}

func (v volumeRow) isRoot() bool { return v.Attachment != nil && v.Attachment.Device == rootDevice }

// allVolumes are those of the table and the roots of instances.
func (r *Room) allVolumes(tx *store.Tx) []volumeRow {
	all := r.volumes.AllTx(tx)
	for _, i := range r.instances.AllTx(tx) {
		if i.State != terminated {
			all = append(all, rootVolume(i))
		}
	}
	return all
}

// volume finds a volume, also an instance's root.
func (r *Room) volume(tx *store.Tx, id string) (volumeRow, bool) {
	if v, ok := r.volumes.GetTx(tx, id); ok {
		return v, true
	}
	all := r.instances.AllTx(tx)
	n := slices.IndexFunc(all, func(i Instance) bool { return i.Volume == id && i.State != terminated })
	if n < 0 {
		return volumeRow{}, false
	}
	return rootVolume(all[n]), true
}

// instance is the id of the instance that a volume is attached to, or empty.
func (v volumeRow) instance() string {
	if v.Attachment == nil {
		return ""
	}
	return v.Attachment.Instance
}

// volumesOf are the volumes beside an instance's root, in the order of their devices.
func (r *Room) volumesOf(tx *store.Tx, instance string) []volumeRow {
	all := r.volumesByInstance.AllTx(tx, instance)
	slices.SortFunc(all, func(a, b volumeRow) int { return compareDevices(a.Attachment.Device, b.Attachment.Device) })
	return all
}

// compareDevices puts /dev/sdz before /dev/xvdaa.
func compareDevices(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

func (r *Room) showVolume(v volumeRow) ec2types.Volume {
	out := ec2types.Volume{
		VolumeId: new(v.ID), AvailabilityZone: new(v.Zone), CreateTime: new(v.Made), Size: new(v.Disk.GiB), State: v.State, VolumeType: v.Disk.Type,
		Iops: room.Some(v.Disk.IOPS), Throughput: room.Some(v.Disk.Throughput), SnapshotId: new(v.Snapshot), Encrypted: new(v.Encrypted),
		KmsKeyId: r.keyOf(v.Encrypted), MultiAttachEnabled: new(false), Tags: r.Tags(v.ID), Attachments: []ec2types.VolumeAttachment{},
	}
	if v.Attachment != nil {
		out.Attachments = append(out.Attachments, showAttachment(v))
	}
	return out
}

func showAttachment(v volumeRow) ec2types.VolumeAttachment {
	a := v.Attachment
	return ec2types.VolumeAttachment{
		VolumeId: new(v.ID), InstanceId: new(a.Instance), Device: new(a.Device), AttachTime: new(a.At), State: a.State,
		DeleteOnTermination: new(a.DeleteOnTermination),
	}
}
