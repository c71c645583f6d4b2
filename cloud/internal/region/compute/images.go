package compute

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// publicOwner is the account that the ready-made images belong to; its alias is amazon.
const publicOwner = "137112412989"

type imageRow struct {
	ID, Name, Description, Owner, Alias, Snapshot string
	Architecture                                  ec2types.ArchitectureValues
	State                                         ec2types.ImageState
	Reason                                        *ec2types.StateReason
	Created                                       time.Time
	Public                                        bool
	Layers                                        []string // digests, the topmost first; none for the host's root alone
	SourceImage, SourceRegion, SourceInstance     string
	NoReboot                                      bool
	Imported                                      bool            // its files come from outside of the cloud
	Service                                       *rootfs.Service // what its instances run where they have no user data
	Disk                                          disk            // of its instances' roots, unless a launch says otherwise; zero for the usual one
	Encrypted                                     bool            // its snapshot
	KeepRoot                                      bool            // its instances' roots outlive them
	Volumes                                       []imageVolume   // beside the root
	Sriov                                         string          // as it was registered with
	Launchers                                     []string        // accounts that may launch it, beside its own
	Deprecated                                    time.Time       // when it is; zero for never
}

var imageKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "ami", Tagged: ec2types.ResourceTypeImage, Missing: missingImage,
	Exists: resource.Within(func(r *Room) *store.Table[imageRow] { return r.images }),
})

func missingImage(id string) error {
	return resource.Missing("ami-", id, "InvalidAMIID.Malformed", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist")
}

// noVolume is how EC2 writes the volume of a snapshot that was made of none, as a copy is.
const noVolume = "vol-ffffffff"

// usableImage returns an image that instances can be launched from.
func (r *Room) usableImage(id string) (imageRow, error) {
	row, ok := r.images.Get(id)
	if !ok {
		return row, missingImage(id)
	}
	if row.State != ec2types.ImageStateAvailable {
		return row, wire.Errorf("InvalidAMIID.Unavailable", "The image ID '%s' is not available", id)
	}
	return row, nil
}

// HasImage tells whether instances can be launched from an image.
func (r *Room) HasImage(id string) bool {
	_, err := r.usableImage(id)
	return err == nil
}

// resolveImage returns the id of the image that a launch names: by its id, or by resolve:ssm: and a parameter of Systems Manager
// (EC2 user guide, "Reference AMIs using Systems Manager parameters").
func (r *Room) resolveImage(named string) (string, error) {
	reference, ok := strings.CutPrefix(named, byParameter)
	if !ok {
		return named, nil
	}
	return r.cfg.Parameter(reference)
}

const byParameter = "resolve:ssm:"

func checkImageName(name *string) error {
	if err := resource.Required("name", name); err != nil {
		return err
	}
	if n := len(*name); n < 3 || n > 128 {
		return wire.Errorf(
			"InvalidAMIName.Malformed",
			"AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
		)
	}
	return nil
}

var imaged = []ec2types.ResourceType{ec2types.ResourceTypeImage, ec2types.ResourceTypeSnapshot}

// putImage writes a new pending image and its snapshot.
func (r *Room) putImage(tx *store.Tx, row imageRow, volume string, tags []ec2types.TagSpecification) error {
	if err := r.putNamed(tx, row); err != nil {
		return err
	}
	snapshot := snapshotRow{
		ID: row.Snapshot, Volume: volume, Owner: row.Owner, Started: row.Created, State: ec2types.SnapshotStatePending,
		Description: "Created for " + row.ID, GiB: row.Disk.GiB, Encrypted: row.Encrypted, Service: row.Service,
	}
	if err := r.snapshots.Put(tx, snapshot.ID, snapshot); err != nil {
		return err
	}
	for _, id := range append([]string{row.ID}, row.snapshots()...) {
		if err := r.TagNew(tx, tags, id); err != nil {
			return err
		}
	}
	return nil
}

// putNamed writes a new image, whose name has to be the only one of its owner's.
func (r *Room) putNamed(tx *store.Tx, row imageRow) error {
	for _, other := range r.images.AllTx(tx) {
		if other.Owner == row.Owner && other.Name == row.Name && other.State != ec2types.ImageStateFailed {
			return wire.Errorf("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", row.Name, other.ID)
		}
	}
	return r.images.Put(tx, row.ID, row)
}

// CreateImage makes an image of an instance's disk. The instance rests meanwhile unless NoReboot is set.
func (r *Room) CreateImage(ctx context.Context, in *ec2.CreateImageInput) (*ec2.CreateImageOutput, error) {
	if err := room.Only(in, "InstanceId", "Name", "Description", "NoReboot", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if err := checkImageName(in.Name); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, imaged...); err != nil {
		return nil, err
	}
	row := imageRow{
		ID: imageKind.NewID(), Name: *in.Name, Description: room.Deref(in.Description), Owner: r.Account, Snapshot: snapshotKind.NewID(),
		State: ec2types.ImageStatePending, Created: time.Now().UTC(), SourceInstance: *in.InstanceId, NoReboot: room.Deref(in.NoReboot),
	}
	err := r.Update(func(tx *store.Tx) error {
		i, ok := r.instances.GetTx(tx, row.SourceInstance)
		if !ok {
			return missingInstance(row.SourceInstance)
		}
		if i.State != running && i.State != stopped {
			return wire.Errorf("IncorrectState", "The instance '%s' is not in the 'running' or 'stopped' state: it is '%s'.", i.ID, i.State)
		}
		row.Architecture, row.Layers, row.Service, row.Disk, row.Encrypted = i.Architecture, i.Layers, i.Service, i.Disk, i.Encrypted
		row.KeepRoot = i.KeepRoot
		if err := r.keepVolumes(tx, &row, i.ID); err != nil {
			return err
		}
		if from, ok := r.images.GetTx(tx, i.Image); ok {
			row.SourceImage, row.SourceRegion = from.ID, r.Region
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if !row.NoReboot {
			i.Held = true
			if err := r.instances.Put(tx, i.ID, i); err != nil {
				return err
			}
		}
		return r.putImage(tx, row, i.Volume, in.TagSpecifications)
	})
	if err != nil {
		return nil, err
	}
	r.Spawn(func() { r.tendImage(row.ID) })
	return &ec2.CreateImageOutput{ImageId: new(row.ID)}, nil
}

// CopyImage brings an image of a region of this cloud here. It is called in the region that the copy goes to. A copy may be encrypted
// where its source is not, "but you cannot create an unencrypted copy of an encrypted snapshot" (EC2 API reference, CopyImage).
func (r *Room) CopyImage(ctx context.Context, in *ec2.CopyImageInput) (*ec2.CopyImageOutput, error) {
	if err := room.Only(in, "Name", "SourceImageId", "SourceRegion", "ClientToken",
		"CopyImageTags", "Description", "Encrypted", "KmsKeyId", "TagSpecifications"); err != nil {
		return nil, err
	}
	for name, value := range map[string]*string{"SourceRegion": in.SourceRegion, "SourceImageId": in.SourceImageId} {
		if err := resource.Required(name, value); err != nil {
			return nil, err
		}
	}
	if err := checkImageName(in.Name); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, imaged...); err != nil {
		return nil, err
	}
	source, err := r.peerImage(ctx, *in.SourceRegion, *in.SourceImageId)
	if err != nil {
		return nil, err
	}
	if source.Image.State != ec2types.ImageStateAvailable {
		return nil, wire.Errorf("InvalidAMIID.Unavailable", "The image ID '%s' is not available", *in.SourceImageId)
	}
	row := imageRow{
		ID: imageKind.NewID(), Name: *in.Name, Description: room.Deref(in.Description), Owner: r.Account, Snapshot: snapshotKind.NewID(),
		State: ec2types.ImageStatePending, Created: time.Now().UTC(), Architecture: source.Image.Architecture, Layers: source.Image.Layers,
		Service: source.Image.Service, Disk: source.Image.Disk, Encrypted: source.Image.Encrypted || r.encrypts(nil, in.Encrypted),
		SourceImage: *in.SourceImageId, SourceRegion: *in.SourceRegion, KeepRoot: source.Image.KeepRoot,
	}
	if err := r.checkKey(row.Encrypted, in.KmsKeyId); err != nil {
		return nil, err
	}
	copies, err := r.copyVolumes(ctx, &row, source.Image.Volumes)
	if err != nil {
		return nil, err
	}
	id, made := "", false
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.images.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CopyImage", in.ClientToken, in, alive, func() (string, error) {
			made = true
			if room.Deref(in.CopyImageTags) {
				if err := r.PutTags(tx, row.ID, source.Tags); err != nil {
					return "", err
				}
			}
			for _, s := range copies {
				if err := r.snapshots.Put(tx, s.ID, s); err != nil {
					return "", err
				}
			}
			return row.ID, r.putImage(tx, row, noVolume, in.TagSpecifications)
		})
		if err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	if made {
		r.Spawn(func() { r.tendImage(id) })
	}
	return &ec2.CopyImageOutput{ImageId: new(id)}, nil
}

func (r *Room) showImage(i imageRow) ec2types.Image {
	root := i.Disk.filled()
	out := ec2types.Image{
		ImageId: new(i.ID), Name: new(i.Name), Description: room.Some(i.Description), OwnerId: new(i.Owner), ImageOwnerAlias: room.Some(i.Alias),
		ImageLocation: new(i.Owner + "/" + i.Name), State: i.State, StateReason: i.Reason, Architecture: i.Architecture,
		CreationDate: new(i.Created.Format("2006-01-02T15:04:05.000Z")), Public: new(i.Public), ImageType: ec2types.ImageTypeValuesMachine,
		RootDeviceName: new(rootDevice), RootDeviceType: ec2types.DeviceTypeEbs, VirtualizationType: ec2types.VirtualizationTypeHvm,
		Hypervisor: ec2types.HypervisorTypeXen, EnaSupport: new(true), PlatformDetails: new("Linux/UNIX"), UsageOperation: new("RunInstances"),
		SourceImageId: room.Some(i.SourceImage), SourceImageRegion: room.Some(i.SourceRegion), SourceInstanceId: room.Some(i.SourceInstance), Tags: r.Tags(i.ID),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{
			DeviceName: new(rootDevice),
			Ebs: &ec2types.EbsBlockDevice{
				SnapshotId: new(i.Snapshot), VolumeSize: new(root.GiB), VolumeType: root.Type, DeleteOnTermination: new(!i.KeepRoot), Encrypted: new(i.Encrypted),
				Iops: room.Some(i.Disk.IOPS), Throughput: room.Some(i.Disk.Throughput),
			},
		}},
		SriovNetSupport: room.Some(i.Sriov),
	}
	for _, v := range i.Volumes {
		out.BlockDeviceMappings = append(out.BlockDeviceMappings, v.mapping())
	}
	if !i.Deprecated.IsZero() {
		out.DeprecationTime = new(i.Deprecated.Format(filterTime))
	}
	return out
}

// owned tells whether an image belongs to one of the owners asked for.
func (r *Room) owned(i imageRow, owners []string) bool {
	return len(owners) == 0 || slices.ContainsFunc(owners, func(o string) bool {
		return o == i.Owner || o == "self" && i.Owner == r.Account || o == "all" || o != "" && o == i.Alias
	})
}

// DescribeImages lists the account's images and the public ones. Deprecated images are listed to their owner whether asked for or not.
func (r *Room) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput) (*ec2.DescribeImagesOutput, error) {
	if err := room.Only(in, "ExecutableUsers", "Filters", "ImageIds", "IncludeDeprecated", "IncludeDisabled", "MaxResults", "NextToken", "Owners"); err != nil {
		return nil, err
	}
	alias := resource.One(func(i imageRow) string { return i.Alias })
	l := resource.Listing[imageRow]{
		ID: func(i imageRow) string { return i.ID }, Missing: missingImage, Several: "The image ids '[%s]' do not exist", Min: 1,
		Fields: resource.Fields[imageRow]{
			"image-id": resource.One(func(i imageRow) string { return i.ID }), "name": resource.One(func(i imageRow) string { return i.Name }),
			"state":        resource.One(func(i imageRow) string { return string(i.State) }),
			"architecture": resource.One(func(i imageRow) string { return string(i.Architecture) }),
			"description":  resource.One(func(i imageRow) string { return i.Description }), "owner-id": resource.One(func(i imageRow) string { return i.Owner }),
			"owner-alias": alias, "is-public": resource.Boolean(func(i imageRow) bool { return i.Public }),
			"image-type": resource.One(func(imageRow) string { return "machine" }), "root-device-type": resource.One(func(imageRow) string { return "ebs" }),
			"virtualization-type": resource.One(func(imageRow) string { return "hvm" }), "hypervisor": resource.One(func(imageRow) string { return "xen" }),
			"ena-support":      resource.Boolean(func(imageRow) bool { return true }),
			"root-device-name": resource.One(func(imageRow) string { return rootDevice }),
			"creation-date":    resource.One(func(i imageRow) string { return i.Created.Format("2006-01-02T15:04:05.000Z") }),
			"source-image-id":  resource.One(func(i imageRow) string { return i.SourceImage }),
			"source-image-region": resource.One(
				func(i imageRow) string { return i.SourceRegion },
			),
			"source-instance-id":               resource.One(func(i imageRow) string { return i.SourceInstance }),
			"block-device-mapping.snapshot-id": imageRow.snapshots,
		},
	}
	rows := slices.DeleteFunc(r.images.All(), func(i imageRow) bool {
		users := len(in.ExecutableUsers) == 0 || slices.Contains(in.ExecutableUsers, "self") && i.Owner == r.Account ||
			slices.Contains(in.ExecutableUsers, "all") && i.Public
		hidden := i.State == ec2types.ImageStateDisabled && !room.Deref(in.IncludeDisabled)
		return hidden || !users || !r.owned(i, in.Owners)
	})
	if err := l.Know(r.images.All(), slices.DeleteFunc(slices.Clone(in.ImageIds), r.wasDeregistered)); err != nil {
		return nil, err
	}
	if len(in.ImageIds) > 0 {
		rows = slices.DeleteFunc(rows, func(i imageRow) bool { return !slices.Contains(in.ImageIds, i.ID) })
	}
	rows, next, err := l.List(r.Registry, rows, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeImagesOutput{NextToken: next}
	for _, row := range rows {
		out.Images = append(out.Images, r.showImage(row))
	}
	return out, nil
}

// DeregisterImage deletes an image; instances launched from it go on. Its snapshot stays unless asked for too.
func (r *Room) DeregisterImage(ctx context.Context, in *ec2.DeregisterImageInput) (*ec2.DeregisterImageOutput, error) {
	if err := room.Only(in, "ImageId", "DeleteAssociatedSnapshots"); err != nil {
		return nil, err
	}
	if err := resource.Required("imageId", in.ImageId); err != nil {
		return nil, err
	}
	out := &ec2.DeregisterImageOutput{Return: new(true)}
	err := r.Update(func(tx *store.Tx) error {
		row, err := r.ownImage(tx, *in.ImageId)
		if err != nil {
			return err
		}
		if row.State == ec2types.ImageStatePending {
			return wire.Errorf("IncorrectState", "The image '%s' is being made and cannot be deregistered yet.", row.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if err := r.remember(tx, row.ID); err != nil {
			return err
		}
		if err := r.Remove(tx, row.ID, r.images.Delete); err != nil || !room.Deref(in.DeleteAssociatedSnapshots) {
			return err
		}
		for _, id := range row.snapshots() {
			code, err := r.deleteAssociated(tx, id)
			if err != nil {
				return err
			}
			out.DeleteSnapshotResults = append(out.DeleteSnapshotResults, ec2types.DeleteSnapshotReturnCode{SnapshotId: new(id), ReturnCode: code})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range out.DeleteSnapshotResults {
		if s.ReturnCode == ec2types.SnapshotReturnCodesSuccess {
			if err := r.removeSnapshotFile(*s.SnapshotId); err != nil {
				return nil, err
			}
		}
	}
	r.dropLayers()
	return out, nil
}

// deleteAssociated deletes the snapshot of an image that is gone, unless another image is made of it, too ("If a snapshot is associated
// with multiple AMIs, it won't be deleted", EC2 API reference, DeregisterImage).
func (r *Room) deleteAssociated(tx *store.Tx, snapshot string) (ec2types.SnapshotReturnCodes, error) {
	if _, used := r.madeOf(tx, snapshot); used {
		return ec2types.SnapshotReturnCodesWarnSkipped, nil
	}
	return ec2types.SnapshotReturnCodesSuccess, r.Remove(tx, snapshot, r.snapshots.Delete)
}

// ownImage finds an image for what only its owner may do.
func (r *Room) ownImage(tx *store.Tx, id string) (imageRow, error) {
	row, err := room.Find(tx, r.images, id, missingImage)
	if err == nil && row.Owner != r.Account {
		err = wire.Errorf("AuthFailure", "Not authorized for image:%s", row.ID)
	}
	return row, err
}
