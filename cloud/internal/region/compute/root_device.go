package compute

import (
	"cmp"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// disk is what was asked for of an instance's root volume. It is kept and told: what an instance may write is what the
// machine has free (docs/cloud.md). The zero value is the image's own.
type disk struct {
	GiB              int32
	Type             ec2types.VolumeType
	IOPS, Throughput int32
}

// filled is a disk with the defaults of its type (EC2 user guide, "Amazon EBS volume types").
func (d disk) filled() disk {
	if d.GiB == 0 {
		d.GiB = volumeGiB
	}
	if d.Type == "" {
		d.Type = ec2types.VolumeTypeGp3
	}
	switch {
	case d.Type == ec2types.VolumeTypeGp3 && d.IOPS == 0:
		d.IOPS = 3000
	case d.Type == ec2types.VolumeTypeGp2:
		d.IOPS = min(max(100, 3*d.GiB), 16000)
	}
	if d.Type == ec2types.VolumeTypeGp3 && d.Throughput == 0 {
		d.Throughput = 125
	}
	return d
}

// disks are the volumes of a launch.
type disks struct {
	root   disk
	keep   bool                          // the root outlives the instance
	beside []ec2types.BlockDeviceMapping // volumes beside the root
}

// planDisks reads the block device mappings of a launch, over those of its image: that of the root device, and those of volumes beside it.
func planDisks(mappings []ec2types.BlockDeviceMapping, image imageRow) (disks, error) {
	d := disks{root: image.Disk, keep: image.KeepRoot}
	of := map[string]imageVolume{} // by device
	for _, v := range image.Volumes {
		of[v.Device] = v
	}
	taken := map[string]bool{}
	for _, m := range mappings {
		name := room.Deref(m.DeviceName)
		if taken[name] {
			return d, wire.Errorf("InvalidBlockDeviceMapping", "Device '%s' is mapped twice.", name)
		}
		taken[name] = true
		if err := d.plan(m, image, of[name]); err != nil {
			return d, err
		}
	}
	for _, v := range image.Volumes {
		if !taken[v.Device] {
			d.beside = append(d.beside, v.mapping())
		}
	}
	return d, nil
}

// plan reads one mapping of a launch, where the image may have a volume at the same device. NoDevice leaves that out; a client sends it
// empty (EC2 API reference, BlockDeviceMapping), which is like not at all.
func (d *disks) plan(m ec2types.BlockDeviceMapping, image imageRow, own imageVolume) error {
	if err := room.Only(m, "DeviceName", "Ebs", "NoDevice"); err != nil {
		return err
	}
	switch without := m.Ebs == nil && (m.NoDevice != nil || own.Device != ""); {
	case *cmp.Or(m.DeviceName, new("")) == rootDevice:
		if m.Ebs == nil {
			return nil
		}
		if err := checkDisk(m.Ebs, image.Snapshot, cmp.Or(image.Disk.GiB, volumeGiB)); err != nil {
			return err
		}
		d.root = image.Disk.under(m.Ebs)
		if m.Ebs.DeleteOnTermination != nil {
			d.keep = !*m.Ebs.DeleteOnTermination
		}
	case without:
	default:
		if err := checkMapping(m); err != nil {
			return err
		}
		if own.Device != "" {
			m.Ebs = new(own.under(*m.Ebs))
		}
		d.beside = append(d.beside, m)
	}
	return nil
}

// encryptsRoot tells whether a launch makes an encrypted root volume. That of an encrypted image is so in any case.
func (r *Room) encryptsRoot(mappings []ec2types.BlockDeviceMapping, image imageRow) (bool, error) {
	encrypted := image.Encrypted || r.encrypts(nil, nil)
	for _, m := range mappings {
		if room.Deref(m.DeviceName) == rootDevice && m.Ebs != nil {
			encrypted = encrypted || room.Deref(m.Ebs.Encrypted)
			return encrypted, r.checkKey(encrypted, m.Ebs.KmsKeyId)
		}
	}
	return encrypted, nil
}

// checkMapping checks the mapping of a volume beside the root, but for what needs a look at snapshots.
func checkMapping(m ec2types.BlockDeviceMapping) error {
	if err := checkDevice(room.Deref(m.DeviceName)); err != nil {
		return err
	}
	if m.Ebs == nil {
		return wire.Errorf("InvalidBlockDeviceMapping", "The mapping of '%s' describes no volume.", *m.DeviceName)
	}
	return room.Only(m.Ebs, "DeleteOnTermination", "Encrypted", "Iops", "KmsKeyId", "SnapshotId", "Throughput", "VolumeSize", "VolumeType")
}

// under is what a launch asks for of a root, laid over its image's disk. Another type has none of the image's speed.
func (d disk) under(e *ec2types.EbsBlockDevice) disk {
	over := disk{cmp.Or(room.Deref(e.VolumeSize), d.GiB), cmp.Or(e.VolumeType, d.Type), room.Deref(e.Iops), room.Deref(e.Throughput)}
	if over.Type == d.Type {
		over.IOPS, over.Throughput = cmp.Or(over.IOPS, d.IOPS), cmp.Or(over.Throughput, d.Throughput)
	}
	return over
}

// checkDisk checks the mapping of a root that is made of a snapshot of least GiB.
func checkDisk(e *ec2types.EbsBlockDevice, snapshot string, least int32) error {
	if err := room.Only(e, "DeleteOnTermination", "Encrypted", "Iops", "KmsKeyId", "SnapshotId", "Throughput", "VolumeSize", "VolumeType"); err != nil {
		return err
	}
	if id := room.Deref(e.SnapshotId); id != "" && id != snapshot {
		return wire.Errorf("InvalidBlockDeviceMapping", "snapshotId cannot be modified on root device")
	}
	if e.VolumeSize != nil && *e.VolumeSize < least {
		return wire.Errorf("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB",
			*e.VolumeSize, snapshot, least)
	}
	return checkSpeed(e)
}

// checkSpeed applies the volume types' ranges.
func checkSpeed(e *ec2types.EbsBlockDevice) error {
	type bounds struct{ least, most int32 }
	iops := map[ec2types.VolumeType]bounds{
		"": {3000, 80000}, ec2types.VolumeTypeGp3: {3000, 80000}, ec2types.VolumeTypeIo1: {100, 64000}, ec2types.VolumeTypeIo2: {100, 256000},
	}
	b, may := iops[e.VolumeType]
	switch n := room.Deref(e.Iops); {
	case n == 0 && (e.VolumeType == ec2types.VolumeTypeIo1 || e.VolumeType == ec2types.VolumeTypeIo2):
		return wire.Errorf("MissingParameter", "The parameter iops must be specified for %s volumes.", e.VolumeType)
	case n != 0 && !may:
		return wire.Errorf("InvalidParameterCombination", "The parameter iops is not supported for %s volumes.", e.VolumeType)
	case n != 0 && (n < b.least || n > b.most):
		return wire.Errorf("InvalidParameterValue", "Volume iops of %d is out of range: %d to %d.", n, b.least, b.most)
	}
	switch n := room.Deref(e.Throughput); {
	case n != 0 && e.VolumeType != "" && e.VolumeType != ec2types.VolumeTypeGp3:
		return wire.Errorf("InvalidParameterCombination", "The parameter throughput is not supported for %s volumes.", e.VolumeType)
	case n != 0 && (n < 125 || n > 2000):
		return wire.Errorf("InvalidParameterValue", "Volume throughput of %d is out of range: 125 to 2000.", n)
	}
	return nil
}
