package compute_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// write puts a file on an instance's disk.
func (d *desk) write(instance, name, content string) {
	d.T.Helper()
	m, _ := d.Machine(instance)
	upper := filepath.Join(m.Spec.Dir, "upper")
	if err := os.MkdirAll(upper, 0o755); err != nil {
		d.T.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(upper, name), []byte(content), 0o644); err != nil {
		d.T.Fatal(err)
	}
}

// image makes an image of an instance that has one file on its disk, and waits until it is available.
func (d *desk) image(name, file, content string) ec2types.Image {
	d.T.Helper()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	d.write(instance, file, content)
	out, err := d.CreateImage(d.T.Context(), &ec2.CreateImageInput{
		InstanceId: &instance, Name: &name, NoReboot: new(true),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "image", Tags: []ec2types.Tag{{Key: new("role"), Value: new("web")}}}},
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return d.available(*out.ImageId)
}

// available waits until an image is.
func (d *desk) available(id string) (image ec2types.Image) {
	d.T.Helper()
	d.Await("image "+id, func() bool {
		out, err := d.DescribeImages(d.T.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}})
		if err != nil || out.Images[0].State == ec2types.ImageStateFailed {
			d.T.Fatalf("image %s: %+v, %v", id, out, err)
		}
		image = out.Images[0]
		return image.State == ec2types.ImageStateAvailable
	})
	return image
}

func (d *desk) snapshots(in *ec2.DescribeSnapshotsInput) []ec2types.Snapshot {
	d.T.Helper()
	out, err := d.DescribeSnapshots(d.T.Context(), in)
	if err != nil {
		d.T.Fatal(err)
	}
	return out.Snapshots
}

func snapshotID(s ec2types.Snapshot) *string { return s.SnapshotId }

func TestImageIsDeregisteredAndThenItsSnapshotDeleted(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := d.image("web-1", "motd", "hello")
	snapshot := *image.BlockDeviceMappings[0].Ebs.SnapshotId
	told := d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{snapshot}})
	if len(told) != 1 || told[0].State != "completed" || *told[0].Progress != "100%" || *told[0].OwnerId != "111122223333" || told[0].StartTime == nil {
		t.Fatalf("snapshot %+v", told)
	}
	roomtest.WantSame(t, "by owner", regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}), snapshotID), snapshot)
	roomtest.WantSame(t, "by volume",
		regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{Filters: regiontest.Where("volume-id", *told[0].VolumeId)}), snapshotID), snapshot)
	for name, value := range map[string]string{
		"progress": "100%", "volume-size": "8", "encrypted": "false", "storage-tier": "standard", "description": *told[0].Description,
		"start-time": told[0].StartTime.Format("2006-01-02T15:04:05.000Z"),
	} {
		own := func(value string) *ec2.DescribeSnapshotsInput {
			return &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: regiontest.Where(name, value)}
		}
		roomtest.WantSame(t, "by "+name, regiontest.IDsOf(d.snapshots(own(value)), snapshotID), snapshot)
		roomtest.WantSame(t, "by another "+name, regiontest.IDsOf(d.snapshots(own("x"+value)), snapshotID))
	}
	roomtest.WantSame(t, "by status", regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: regiontest.Where("status", "error"),
	}), snapshotID))
	for code, in := range map[string]ec2.DescribeSnapshotsInput{
		"InvalidSnapshot.NotFound":    {SnapshotIds: []string{"snap-0123456789abcdef0"}},
		"InvalidParameterCombination": {SnapshotIds: []string{snapshot}, MaxResults: new(int32(5))},
		"InvalidParameterValue":       {MaxResults: new(int32(4))},
	} {
		_, err := d.DescribeSnapshots(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}

	_, err := d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot})
	roomtest.WantAPIError(t, err, "InvalidSnapshot.InUse")
	_, err = d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: new("snap-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidSnapshot.NotFound")
	for code, in := range map[string]ec2.DeregisterImageInput{
		"InvalidAMIID.NotFound":  {ImageId: new("ami-0123456789abcdef0")},
		"InvalidAMIID.Malformed": {ImageId: new("ami-x")},
		"AuthFailure":            {ImageId: new(d.HostImage())},
		"DryRunOperation":        {ImageId: image.ImageId, DryRun: new(true)},
	} {
		_, err := d.DeregisterImage(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
	_, subnet := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	ran, err := d.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: image.ImageId, InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
	})
	if err != nil {
		t.Fatal(err)
	}
	instance := *ran.Instances[0].InstanceId
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	out, err := d.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: image.ImageId})
	if err != nil || !aws.ToBool(out.Return) {
		t.Fatalf("DeregisterImage: %+v, %v", out, err)
	}
	d.Reopen()
	gone, err := d.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{*image.ImageId}})
	if err != nil || len(gone.Images) != 0 {
		t.Errorf("the image that was deregistered: %+v, %v", gone, err)
	}
	_, err = d.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: image.ImageId, Attribute: ec2types.ImageAttributeNameDescription})
	roomtest.WantAPIError(t, err, "InvalidAMIID.Unavailable")
	_, err = d.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: image.ImageId})
	roomtest.WantAPIError(t, err, "InvalidAMIID.NotFound")
	// Its instances go on, their volumes name the snapshot that they were made of, and that stays until it is deleted.
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	volumes, err := d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("snapshot-id", snapshot)})
	if err != nil || len(volumes.Volumes) != 1 || *volumes.Volumes[0].Attachments[0].InstanceId != instance || *volumes.Volumes[0].SnapshotId != snapshot {
		t.Errorf("volumes made of the snapshot: %+v, %v", volumes, err)
	}
	roomtest.WantSame(t, "snapshots after it", regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}), snapshotID), snapshot)
	if _, err := d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot}); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	roomtest.WantSame(t, "snapshots at the end", regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}), snapshotID))
}

func TestImageIsDeregisteredWithItsSnapshot(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := d.image("web-1", "motd", "hello")
	out, err := d.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: image.ImageId, DeleteAssociatedSnapshots: new(true)})
	if err != nil || len(out.DeleteSnapshotResults) != 1 || out.DeleteSnapshotResults[0].ReturnCode != "success" ||
		*out.DeleteSnapshotResults[0].SnapshotId != *image.BlockDeviceMappings[0].Ebs.SnapshotId {
		t.Fatalf("DeregisterImage: %+v, %v", out, err)
	}
	d.Reopen()
	roomtest.WantSame(t, "snapshots", regiontest.IDsOf(d.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}), snapshotID))
}

func TestImageIsCopiedToAnotherRegion(t *testing.T) {
	east := newDesk(t)
	ctx := t.Context()
	source := east.image("web-1", "motd", "hello from the east")
	peer, silent := east.Peer()
	west := &desk{peer}
	in := &ec2.CopyImageInput{
		Name: new("web-1-standby"), SourceImageId: source.ImageId, SourceRegion: new("us-east-1"), Description: new("for the standby"),
		ClientToken: new("once"), CopyImageTags: new(true),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "image", Tags: []ec2types.Tag{{Key: new("copy"), Value: new("yes")}}}},
	}
	out, err := west.CopyImage(ctx, in)
	if err != nil || *out.ImageId == *source.ImageId {
		t.Fatalf("CopyImage: %+v, %v", out, err)
	}
	copied := west.available(*out.ImageId)
	if *copied.Name != "web-1-standby" || *copied.Description != "for the standby" || *copied.SourceImageId != *source.ImageId ||
		*copied.SourceImageRegion != "us-east-1" || *copied.OwnerId != "111122223333" || copied.Architecture != source.Architecture {
		t.Errorf("the copy: %+v", copied)
	}
	roomtest.WantSame(t, "tags", regiontest.IDsOf(copied.Tags, func(x ec2types.Tag) *string { return new(*x.Key + "=" + *x.Value) }), "role=web", "copy=yes")
	again, err := west.CopyImage(ctx, in)
	if err != nil || *again.ImageId != *out.ImageId {
		t.Errorf("the same token again: %+v, %v", again, err)
	}
	snapshots := west.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{*copied.BlockDeviceMappings[0].Ebs.SnapshotId}})
	if len(snapshots) != 1 || snapshots[0].State != "completed" {
		t.Errorf("snapshot %+v", snapshots)
	}

	// The copy needs neither its original nor that region.
	if _, err := east.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: source.ImageId}); err != nil {
		t.Fatal(err)
	}
	silent()
	west.Reopen()
	_, subnet := west.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	ran, err := west.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: copied.ImageId, InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
	})
	if err != nil {
		t.Fatal(err)
	}
	id := *ran.Instances[0].InstanceId
	west.AwaitState(id, ec2types.InstanceStateNameRunning)
	m, _ := west.Machine(id)
	if len(m.Spec.Layers) == 0 {
		t.Fatal("the instance has no layers")
	}
	got, err := os.ReadFile(filepath.Join(m.Spec.Layers[0], "motd"))
	if err != nil || string(got) != "hello from the east" {
		t.Errorf("the copy's disk holds %q, %v", got, err)
	}
	_, err = west.CopyImage(ctx, &ec2.CopyImageInput{Name: new("another"), SourceImageId: source.ImageId, SourceRegion: new("us-east-1")})
	roomtest.WantAPIError(t, err, "Unavailable")
}

func TestImageCopiesThatAreRefused(t *testing.T) {
	east := newDesk(t)
	ctx := t.Context()
	source := east.image("web-1", "motd", "hello")
	peer, _ := east.Peer()
	west := &desk{peer}
	region := new("us-east-1")
	out, err := west.CopyImage(ctx, &ec2.CopyImageInput{Name: new("taken"), SourceImageId: source.ImageId, SourceRegion: region, ClientToken: new("once")})
	if err != nil {
		t.Fatal(err)
	}
	west.available(*out.ImageId)
	for _, c := range []struct {
		code string
		in   ec2.CopyImageInput
	}{
		{"InvalidAMIID.NotFound", ec2.CopyImageInput{Name: new("new"), SourceImageId: new("ami-0123456789abcdef0"), SourceRegion: region}},
		{"InvalidAMIID.Malformed", ec2.CopyImageInput{Name: new("new"), SourceImageId: new("ami-x"), SourceRegion: region}},
		{"InvalidParameterValue", ec2.CopyImageInput{Name: new("new"), SourceImageId: source.ImageId, SourceRegion: new("eu-west-1")}},
		{"InvalidAMIName.Malformed", ec2.CopyImageInput{Name: new("x"), SourceImageId: source.ImageId, SourceRegion: region}},
		{"InvalidAMIName.Duplicate", ec2.CopyImageInput{Name: new("taken"), SourceImageId: source.ImageId, SourceRegion: region}},
		{"IdempotentParameterMismatch", ec2.CopyImageInput{Name: new("new"), SourceImageId: source.ImageId, SourceRegion: region, ClientToken: new("once")}},
		{"DryRunOperation", ec2.CopyImageInput{Name: new("new"), SourceImageId: source.ImageId, SourceRegion: region, DryRun: new(true)}},
	} {
		_, err := west.CopyImage(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	own, err := west.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}})
	if err != nil {
		t.Fatal(err)
	}
	roomtest.WantSame(t, "images", regiontest.IDsOf(own.Images, func(i ec2types.Image) *string { return i.ImageId }), *out.ImageId)

	// A copy within the region is one like any other.
	out, err = west.CopyImage(ctx, &ec2.CopyImageInput{Name: new("nearby"), SourceImageId: out.ImageId, SourceRegion: new("us-west-2")})
	if err != nil {
		t.Fatal(err)
	}
	if near := west.available(*out.ImageId); *near.SourceImageRegion != "us-west-2" {
		t.Errorf("the near copy: %+v", near)
	}
}
