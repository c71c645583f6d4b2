package compute_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// rootSnapshot makes a snapshot of an instance's root that has one file on it.
func (d *desk) rootSnapshot(subnet, file, content string) string {
	d.T.Helper()
	instance := d.Run(subnet, 1)[0]
	d.write(instance, file, content)
	roots := roomtest.Must(d.DescribeVolumes(d.T.Context(), &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(d.T)
	out := roomtest.Must(d.CreateSnapshot(d.T.Context(), &ec2.CreateSnapshotInput{VolumeId: roots.Volumes[0].VolumeId}))(d.T)
	d.Await("snapshot "+*out.SnapshotId, func() bool {
		return d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{*out.SnapshotId}})[0].State == ec2types.SnapshotStateCompleted
	})
	return *out.SnapshotId
}

// registering is a request as it has to be.
func registering(snapshot string) *ec2.RegisterImageInput {
	arch := ec2types.ArchitectureValuesX8664
	if regiontest.SmallType() == "t4g.micro" {
		arch = ec2types.ArchitectureValuesArm64
	}
	return &ec2.RegisterImageInput{
		Name: new("registered"), Architecture: arch, VirtualizationType: new("hvm"), RootDeviceName: new("/dev/xvda"), SriovNetSupport: new("simple"),
		EnaSupport: new(true), BlockDeviceMappings: []ec2types.BlockDeviceMapping{{
			DeviceName: new("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{SnapshotId: &snapshot, VolumeSize: new(int32(20)), DeleteOnTermination: new(true)},
		}},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "image", Tags: []ec2types.Tag{{Key: new("role"), Value: new("web")}}}},
	}
}

func TestImageIsRegisteredOfASnapshot(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	snapshot := d.rootSnapshot(subnet, "motd", "hello")
	id := roomtest.Must(d.RegisterImage(ctx, registering(snapshot)))(t).ImageId
	image := d.available(*id)
	root := image.BlockDeviceMappings[0].Ebs
	if *root.SnapshotId != snapshot || *root.VolumeSize != 20 || root.VolumeType != "gp2" || *image.SriovNetSupport != "simple" || len(image.Tags) != 1 {
		t.Errorf("%+v", image)
	}
	instance := d.RunImage(*id, subnet, 1)[0]
	m, _ := d.Machine(instance)
	if got, err := os.ReadFile(filepath.Join(m.Spec.Layers[0], "motd")); err != nil || string(got) != "hello" {
		t.Errorf("an instance has %q, %v", got, err)
	}
	volumes := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(t)
	if v := volumes.Volumes[0]; *v.Size != 20 || v.VolumeType != "gp2" || *v.SnapshotId != snapshot {
		t.Errorf("its root is %+v", v)
	}
	_, err := d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot})
	roomtest.WantAPIError(t, err, "InvalidSnapshot.InUse")

	again := registering(snapshot)
	_, err = d.RegisterImage(ctx, again)
	roomtest.WantAPIError(t, err, "InvalidAMIName.Duplicate")
	again.Name = new("another")
	other := roomtest.Must(d.RegisterImage(ctx, again))(t).ImageId
	for _, c := range []struct {
		image *string
		code  ec2types.SnapshotReturnCodes
	}{{id, ec2types.SnapshotReturnCodesWarnSkipped}, {other, ec2types.SnapshotReturnCodesSuccess}} {
		out := roomtest.Must(d.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: c.image, DeleteAssociatedSnapshots: new(true)}))(t)
		if out.DeleteSnapshotResults[0].ReturnCode != c.code {
			t.Errorf("%+v", out.DeleteSnapshotResults)
		}
	}
}

func TestImagesThatAreNotRegistered(t *testing.T) {
	d := newDesk(t)
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	snapshot := d.rootSnapshot(subnet, "motd", "hello")
	volume := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))})
	data := *roomtest.Must(d.CreateSnapshot(t.Context(), &ec2.CreateSnapshotInput{VolumeId: volume.VolumeId}))(t).SnapshotId
	d.Await("snapshot "+data, func() bool {
		return d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{data}})[0].State == ec2types.SnapshotStateCompleted
	})
	public := *d.described(&ec2.DescribeImagesInput{Owners: []string{"amazon"}}).BlockDeviceMappings[0].Ebs.SnapshotId
	for _, c := range []struct {
		code   string
		change func(*ec2.RegisterImageInput)
	}{
		{"MissingParameter", func(in *ec2.RegisterImageInput) { in.RootDeviceName = nil }},
		{"MissingParameter", func(in *ec2.RegisterImageInput) { in.BlockDeviceMappings[0].Ebs.SnapshotId = nil }},
		{"UnsupportedOperation", func(in *ec2.RegisterImageInput) { in.VirtualizationType = nil }},
		{"InvalidParameterValue", func(in *ec2.RegisterImageInput) { in.VirtualizationType = new("none") }},
		{"InvalidParameterValue", func(in *ec2.RegisterImageInput) { in.Architecture = "" }},
		{"InvalidParameterValue", func(in *ec2.RegisterImageInput) { in.SriovNetSupport = new("twice") }},
		{"UnsupportedOperation", func(in *ec2.RegisterImageInput) { in.RootDeviceName = new("/dev/sda1") }},
		{"UnsupportedOperation", func(in *ec2.RegisterImageInput) { in.UefiData = new("x") }},
		{"InvalidBlockDeviceMapping", func(in *ec2.RegisterImageInput) { in.BlockDeviceMappings = nil }},
		{"InvalidBlockDeviceMapping", func(in *ec2.RegisterImageInput) { in.BlockDeviceMappings[0].Ebs.VolumeSize = new(int32(7)) }},
		{"InvalidBlockDeviceMapping", func(in *ec2.RegisterImageInput) {
			in.BlockDeviceMappings = append(in.BlockDeviceMappings, ec2types.BlockDeviceMapping{DeviceName: new("/dev/sdb")})
		}},
		{"InvalidBlockDeviceMapping", func(in *ec2.RegisterImageInput) {
			in.BlockDeviceMappings = append(in.BlockDeviceMappings, in.BlockDeviceMappings[0])
		}},
		{"UnsupportedOperation", func(in *ec2.RegisterImageInput) { // of a root's snapshot no other volume is made
			second := ec2types.BlockDeviceMapping{DeviceName: new("/dev/sdb"), Ebs: &ec2types.EbsBlockDevice{SnapshotId: &snapshot}}
			in.BlockDeviceMappings = append(in.BlockDeviceMappings, second)
		}},
		{"InvalidSnapshot.NotFound", func(in *ec2.RegisterImageInput) {
			in.BlockDeviceMappings[0].Ebs.SnapshotId = new("snap-0123456789abcdef0")
		}},
		{"UnsupportedOperation", func(in *ec2.RegisterImageInput) { in.BlockDeviceMappings[0].Ebs.SnapshotId = &data }},
		{"AuthFailure", func(in *ec2.RegisterImageInput) { in.BlockDeviceMappings[0].Ebs.SnapshotId = &public }},
		{"DryRunOperation", func(in *ec2.RegisterImageInput) { in.DryRun = new(true) }},
	} {
		in := registering(snapshot)
		c.change(in)
		_, err := d.RegisterImage(t.Context(), in)
		roomtest.WantAPIError(t, err, c.code)
	}
}

// A copy that is asked to be encrypted is, and all that comes of it; an encrypted image is shared with nobody.
func TestEncryptedCopyOfAnImage(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	source := d.image("web-1", "motd", "hello")
	out := roomtest.Must(d.CopyImage(ctx, &ec2.CopyImageInput{
		SourceImageId: source.ImageId, SourceRegion: new("us-east-1"), Name: new("web-2"), Encrypted: new(true),
	}))(t)
	image := d.available(*out.ImageId)
	root := image.BlockDeviceMappings[0].Ebs
	if !*root.Encrypted || !*d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{*root.SnapshotId}})[0].Encrypted {
		t.Errorf("%+v", root)
	}
	_, subnet := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	instance := d.RunImage(*out.ImageId, subnet, 1)[0]
	volumes := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(t)
	if !*volumes.Volumes[0].Encrypted {
		t.Errorf("the root of its instance is %+v", volumes.Volumes[0])
	}
	_, err := d.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: out.ImageId, LaunchPermission: &ec2types.LaunchPermissionModifications{
		Add: []ec2types.LaunchPermission{{UserId: new("222233334444")}},
	}})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	again := roomtest.Must(d.CopyImage(ctx, &ec2.CopyImageInput{
		SourceImageId: out.ImageId, SourceRegion: new("us-east-1"), Name: new("web-3"), Encrypted: new(false),
	}))(t)
	if !*d.available(*again.ImageId).BlockDeviceMappings[0].Ebs.Encrypted {
		t.Error("the copy of an encrypted image is not")
	}
}
