package compute

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// changeMappings says which of an instance's volumes end with it.
func (r *Room) changeMappings(tx *store.Tx, i *Instance, mappings []ec2types.InstanceBlockDeviceMappingSpecification) error {
	for _, m := range mappings {
		if err := room.Only(m, "DeviceName", "Ebs"); err != nil {
			return err
		}
		if m.Ebs == nil || m.Ebs.DeleteOnTermination == nil {
			return wire.Errorf("InvalidParameterValue",
				"The mapping of '%s' does not say whether the volume is deleted on termination.", room.Deref(m.DeviceName))
		}
		if err := room.Only(m.Ebs, "DeleteOnTermination", "VolumeId"); err != nil {
			return err
		}
		if err := r.changeMapping(tx, i, room.Deref(m.DeviceName), *m.Ebs); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) changeMapping(tx *store.Tx, i *Instance, device string, e ec2types.EbsInstanceBlockDeviceSpecification) error {
	missing := wire.Errorf("InvalidInstanceAttributeValue", "No device is currently mapped at %s", device)
	if device == rootDevice {
		if id := room.Deref(e.VolumeId); id != "" && id != i.Volume {
			return missing
		}
		i.KeepRoot = !*e.DeleteOnTermination
		return nil
	}
	for _, v := range r.volumesOf(tx, i.ID) {
		if id := room.Deref(e.VolumeId); v.Attachment.Device != device || id != "" && id != v.ID {
			continue
		}
		changed := *v.Attachment
		changed.DeleteOnTermination = *e.DeleteOnTermination
		v.Attachment = &changed
		return r.volumes.Put(tx, v.ID, v)
	}
	return missing
}

// keepRoot makes a layer of what an instance has written that ends without its root volume, and returns all layers of that.
func (r *Room) keepRoot(i Instance) ([]string, error) {
	if _, err := os.Stat(r.instanceDir(i.ID)); errors.Is(err, fs.ErrNotExist) {
		return i.Layers, nil // it has never run
	}
	digest, err := r.keepLayer(i.Volume, func(dir string) (machine.Layer, error) {
		return machine.Bake(r.Context(), r.instanceDir(i.ID), dir)
	})
	return slices.Concat([]string{digest}, i.Layers), err
}

// leaveRoot gives the root volume of an instance that ends a row of its own, in which it is no instance's.
func (r *Room) leaveRoot(tx *store.Tx, i Instance, layers []string) error {
	v := rootVolume(i)
	v.State, v.Attachment, v.Root, v.Layers, v.Service = ec2types.VolumeStateAvailable, nil, true, layers, i.Service
	return r.volumes.Put(tx, v.ID, v)
}

// parting tells whether an instance's root is being kept, or may be at any time.
func (i Instance) parting() bool { return i.KeepRoot && i.State == shuttingDown }
