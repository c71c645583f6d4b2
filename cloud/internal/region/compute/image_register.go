package compute

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// RegisterImage makes an image of the snapshot of a root, which is available at once: there is nothing to copy. The defaults that AWS
// has from other times, i386 and paravirtual (EC2 API reference, RegisterImage), are refused like any other that cannot run here.
func (r *Room) RegisterImage(ctx context.Context, in *ec2.RegisterImageInput) (*ec2.RegisterImageOutput, error) {
	if err := room.Only(in, "Architecture", "BlockDeviceMappings", "Description", "EnaSupport", "Name", "RootDeviceName", "SriovNetSupport",
		"TagSpecifications", "VirtualizationType"); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeImage); err != nil {
		return nil, err
	}
	root, err := checkRegistered(in)
	if err != nil {
		return nil, err
	}
	row := imageRow{
		ID: imageKind.NewID(), Name: *in.Name, Description: room.Deref(in.Description), Owner: r.Account, Architecture: architecture(),
		State: ec2types.ImageStateAvailable, Created: time.Now().UTC(), Sriov: room.Deref(in.SriovNetSupport),
	}
	err = r.Update(func(tx *store.Tx) error {
		if err := r.registerOf(tx, &row, root); err != nil {
			return err
		}
		if err := r.registerVolumes(tx, &row, in.BlockDeviceMappings); err != nil {
			return err
		}
		if err := r.putNamed(tx, row); err != nil {
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
	return &ec2.RegisterImageOutput{ImageId: new(row.ID)}, nil
}

// checkRegistered checks what needs no look at the snapshot, and finds the root.
func checkRegistered(in *ec2.RegisterImageInput) (*ec2types.EbsBlockDevice, error) {
	if err := checkImageName(in.Name); err != nil {
		return nil, err
	}
	if err := resource.Required("rootDeviceName", in.RootDeviceName); err != nil { // an image of S3 has none
		return nil, err
	}
	kind, sriov := cmp.Or(room.Deref(in.VirtualizationType), "paravirtual"), room.Deref(in.SriovNetSupport)
	switch arch := cmp.Or(in.Architecture, ec2types.ArchitectureValuesI386); {
	case !slices.Contains(ec2types.VirtualizationType("").Values(), ec2types.VirtualizationType(kind)):
		return nil, badValue(kind, "virtualizationType")
	case kind != string(ec2types.VirtualizationTypeHvm):
		return nil, wire.Errorf("UnsupportedOperation", "The virtualization type '%s', which is the default, is not supported here: ask for 'hvm'.", kind)
	case sriov != "" && sriov != "simple":
		return nil, badValue(sriov, "sriovNetSupport")
	case arch != architecture():
		return nil, foreignArchitecture(arch)
	case *in.RootDeviceName != rootDevice:
		return nil, wire.Errorf("UnsupportedOperation", "The root device '%s' is not supported here: it is %s.", *in.RootDeviceName, rootDevice)
	}
	root := slices.IndexFunc(in.BlockDeviceMappings, func(m ec2types.BlockDeviceMapping) bool { return room.Deref(m.DeviceName) == rootDevice })
	if root < 0 || in.BlockDeviceMappings[root].Ebs == nil {
		return nil, wire.Errorf("InvalidBlockDeviceMapping", "The root device %s has no mapping to a snapshot.", rootDevice)
	}
	return in.BlockDeviceMappings[root].Ebs, nil
}

// registerOf makes the image of its snapshot, whose content it shares. Its volumes are gp2 unless asked for otherwise (EC2 API reference,
// EbsBlockDevice).
func (r *Room) registerOf(tx *store.Tx, row *imageRow, root *ec2types.EbsBlockDevice) error {
	s, err := r.ownSnapshot(tx, root.SnapshotId)
	switch {
	case err != nil:
		return err
	case s.State != ec2types.SnapshotStateCompleted:
		return wire.Errorf("IncorrectState", "Snapshot '%s' is not 'completed'.", s.ID)
	case s.File:
		return wire.Errorf("UnsupportedOperation",
			"The snapshot '%s' is of a volume that no instance has booted from. Here volumes can be made of it, and images cannot.", s.ID)
	}
	asked := *root
	asked.VolumeType = cmp.Or(root.VolumeType, ec2types.VolumeTypeGp2)
	if err := checkDisk(&asked, s.ID, s.size()); err != nil {
		return err
	}
	row.Disk = disk{GiB: s.size()}.under(&asked).filled()
	if err := checkSize(row.Disk); err != nil {
		return err
	}
	row.KeepRoot = root.DeleteOnTermination != nil && !*root.DeleteOnTermination
	row.Snapshot, row.Layers, row.Service, row.Encrypted = s.ID, s.Layers, s.Service, s.Encrypted
	return nil
}
