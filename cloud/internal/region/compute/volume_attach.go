package compute

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// deviceName is how volumes may be called (EC2 user guide, "Device names for volumes on Amazon EC2 instances").
var deviceName = regexp.MustCompile(`^/dev/(sd[b-z]([1-9]|1[0-5])?|xvd[b-z]|xvd[a-d][a-z]|sda[2-9]|sda1[0-5])$`)

// mostVolumes is how many volumes an instance may have beside its root: 28 attachments with its network interface, as most Nitro
// types allow (EC2 user guide, "Amazon EBS volume limits for Amazon EC2 instances").
const mostVolumes = 26

func checkDevice(name string) error {
	if !deviceName.MatchString(name) {
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter device is invalid. %s is not a valid EBS device name.", name, name)
	}
	return nil
}

// AttachVolume gives an instance a volume of its zone. The instance's worker makes it so.
func (r *Room) AttachVolume(ctx context.Context, in *ec2.AttachVolumeInput) (*ec2.AttachVolumeOutput, error) {
	if err := room.Only(in, "Device", "InstanceId", "VolumeId"); err != nil {
		return nil, err
	}
	for name, value := range map[string]*string{"device": in.Device, "instanceId": in.InstanceId, "volumeId": in.VolumeId} {
		if err := resource.Required(name, value); err != nil {
			return nil, err
		}
	}
	if err := checkDevice(*in.Device); err != nil {
		return nil, err
	}
	var v volumeRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if v, err = r.attachable(tx, *in.VolumeId, *in.InstanceId, *in.Device); err != nil {
			return err
		}
		v.State = ec2types.VolumeStateInUse
		v.Attachment = &attachment{Instance: *in.InstanceId, Device: *in.Device, At: time.Now().UTC(), State: ec2types.VolumeAttachmentStateAttaching}
		if err := r.volumes.Put(tx, v.ID, v); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	return new(attachmentOutput(v)), nil
}

// attachmentOutput is an attachment as AttachVolume answers, and DetachVolume in the same members.
func attachmentOutput(v volumeRow) ec2.AttachVolumeOutput {
	a := showAttachment(v)
	return ec2.AttachVolumeOutput{
		VolumeId: a.VolumeId, InstanceId: a.InstanceId, Device: a.Device, AttachTime: a.AttachTime, State: a.State, DeleteOnTermination: a.DeleteOnTermination,
	}
}

// attachable finds a volume that an instance can get under a name.
func (r *Room) attachable(tx *store.Tx, id, instance, device string) (volumeRow, error) {
	v, ok := r.volume(tx, id)
	if !ok {
		return v, missingVolume(id)
	}
	i, err := room.Find(tx, r.instances, instance, missingInstance)
	if err != nil {
		return v, err
	}
	has := r.volumesOf(tx, instance)
	switch {
	case v.Attachment != nil:
		return v, wire.Errorf("VolumeInUse", "%s is already attached to an instance", id)
	case v.State != ec2types.VolumeStateAvailable:
		return v, wire.Errorf("IncorrectState", "%s is not 'available'.", id)
	case v.Root:
		return v, wire.Errorf("UnsupportedOperation",
			"The volume '%s' is a root file system. Here snapshots and images can be made of it, and no instance gets it as a device.", id)
	case i.State != running && i.State != stopped:
		return v, wire.Errorf("IncorrectState", "Instance '%s' is not 'running' or 'stopped'.", instance)
	case v.Zone != i.Zone:
		return v, wire.Errorf("InvalidVolume.ZoneMismatch", "The volume '%s' is not in the same availability zone as instance '%s'", id, instance)
	case slices.ContainsFunc(has, func(other volumeRow) bool { return other.Attachment.Device == device }):
		return v, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for unixDevice. Attachment point %s is already in use", device, device)
	case len(has) >= mostVolumes:
		return v, wire.Errorf("AttachmentLimitExceeded", "Volume attachment limit of instance '%s' exceeded: %d beside its root.", instance, mostVolumes)
	}
	return v, nil
}

// DetachVolume takes a volume from its instance. While a process has it open it is busy, unless by force.
func (r *Room) DetachVolume(ctx context.Context, in *ec2.DetachVolumeInput) (*ec2.DetachVolumeOutput, error) {
	if err := room.Only(in, "Device", "Force", "InstanceId", "VolumeId"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	var v volumeRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if v, err = r.detachable(tx, in); err != nil {
			return err
		}
		changed := *v.Attachment
		changed.State, changed.Force = ec2types.VolumeAttachmentStateDetaching, changed.Force || room.Deref(in.Force)
		v.Attachment = &changed
		if err := r.volumes.Put(tx, v.ID, v); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	return new(ec2.DetachVolumeOutput(attachmentOutput(v))), nil
}

// detachable finds the volume and checks what is said of its attachment.
func (r *Room) detachable(tx *store.Tx, in *ec2.DetachVolumeInput) (volumeRow, error) {
	v, ok := r.volume(tx, *in.VolumeId)
	if !ok {
		return v, missingVolume(*in.VolumeId)
	}
	if v.Attachment == nil {
		return v, wire.Errorf("IncorrectState", "Volume '%s' is in the '%s' state.", v.ID, v.State)
	}
	if i := room.Deref(in.InstanceId); i != "" && i != v.Attachment.Instance {
		return v, wire.Errorf("InvalidAttachment.NotFound", "The volume '%s' is not attached to instance '%s' as device '%s'.", v.ID, i, room.Deref(in.Device))
	}
	if d := room.Deref(in.Device); d != "" && d != v.Attachment.Device {
		return v, wire.Errorf("InvalidAttachment.NotFound", "The volume '%s' is not attached to instance '%s' as device '%s'.", v.ID, v.Attachment.Instance, d)
	}
	if v.isRoot() {
		if i, _ := r.instances.GetTx(tx, v.Attachment.Instance); i.State != stopped {
			return v, wire.Errorf("OperationNotPermitted", "Unable to detach root volume '%s' from instance '%s'", v.ID, i.ID)
		}
		return v, wire.Errorf("UnsupportedOperation", "Root volumes cannot be detached here: '%s' is the root of '%s'.", v.ID, v.Attachment.Instance)
	}
	return v, nil
}
