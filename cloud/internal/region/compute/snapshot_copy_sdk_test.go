package compute_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// snapshotIs waits until a snapshot is in a state.
func (d *desk) snapshotIs(id string, state ec2types.SnapshotState) (s ec2types.Snapshot) {
	d.T.Helper()
	d.Await("snapshot "+id+" "+string(state), func() bool {
		s = d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})[0]
		return s.State == state
	})
	return s
}

// snapshotWith makes a snapshot of a volume that has a text in its middle.
func (d *desk) snapshotWith(text string) string {
	d.T.Helper()
	volume := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}).VolumeId
	f := roomtest.Must(os.OpenFile(filepath.Join(d.Dir(), "volumes", *volume), os.O_WRONLY, 0))(d.T)
	defer f.Close()
	roomtest.Must(f.WriteAt([]byte(text), 1<<29))(d.T)
	id := *roomtest.Must(d.CreateSnapshot(d.T.Context(), &ec2.CreateSnapshotInput{VolumeId: volume}))(d.T).SnapshotId
	d.snapshotIs(id, ec2types.SnapshotStateCompleted)
	return id
}

// middle is what a file of a snapshot or a volume has where snapshotWith writes.
func (d *desk) middle(folder, id string, n int) string {
	d.T.Helper()
	f := roomtest.Must(os.Open(filepath.Join(d.Dir(), folder, id)))(d.T)
	defer f.Close()
	got := make([]byte, n)
	roomtest.Must(f.ReadAt(got, 1<<29))(d.T)
	return string(got)
}

func TestSnapshotIsCopied(t *testing.T) {
	east := newDesk(t)
	ctx := t.Context()
	source := east.snapshotWith("content")
	peer, silent := east.Peer()
	west := &desk{peer}
	out := roomtest.Must(west.CopySnapshot(ctx, &ec2.CopySnapshotInput{
		SourceRegion: new("us-east-1"), SourceSnapshotId: &source, Description: new("for the standby"), Encrypted: new(true), KmsKeyId: new("alias/aws/ebs"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "snapshot", Tags: []ec2types.Tag{{Key: new("copy"), Value: new("yes")}}}},
	}))(t)
	if len(out.Tags) != 1 || *out.Tags[0].Key != "copy" {
		t.Errorf("tags %v", out.Tags)
	}
	copied := west.snapshotIs(*out.SnapshotId, ec2types.SnapshotStateCompleted)
	if *copied.Description != "for the standby" || !*copied.Encrypted || *copied.VolumeSize != 1 || *copied.VolumeId != "vol-ffffffff" || len(copied.Tags) != 1 {
		t.Errorf("%+v", copied)
	}
	// A copy of a copy, within the region and with the source's region gone, is encrypted without being asked for.
	silent()
	again := roomtest.Must(west.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceRegion: new("us-west-2"), SourceSnapshotId: out.SnapshotId}))(t)
	if s := west.snapshotIs(*again.SnapshotId, ec2types.SnapshotStateCompleted); !*s.Encrypted || len(s.Tags) != 0 {
		t.Errorf("%+v", s)
	}
	roomtest.Must(west.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: out.SnapshotId}))(t)
	west.Reopen()
	restored := roomtest.Must(west.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: new("us-west-2a"), SnapshotId: again.SnapshotId}))(t)
	west.volumeIs(*restored.VolumeId, ec2types.VolumeStateAvailable)
	if got := west.middle("volumes", *restored.VolumeId, 7); got != "content" {
		t.Errorf("a volume of the copy has %q", got)
	}
	_, err := west.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceRegion: new("us-east-1"), SourceSnapshotId: &source})
	roomtest.WantAPIError(t, err, "Unavailable")
}

// The snapshot of a root is copied with its layers: instances are launched from an image that is registered of it.
func TestSnapshotOfARootIsCopied(t *testing.T) {
	east := newDesk(t)
	ctx := t.Context()
	source := east.image("web-1", "motd", "hello from the east").BlockDeviceMappings[0].Ebs.SnapshotId
	peer, silent := east.Peer()
	west := &desk{peer}
	out := roomtest.Must(west.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceRegion: new("us-east-1"), SourceSnapshotId: source}))(t)
	west.snapshotIs(*out.SnapshotId, ec2types.SnapshotStateCompleted)
	silent()
	image := roomtest.Must(west.RegisterImage(ctx, &ec2.RegisterImageInput{
		Name: new("restored"),
		Architecture: roomtest.Must(west.DescribeImages(ctx, &ec2.DescribeImagesInput{
			ImageIds: []string{west.HostImage()},
		}))(t).Images[0].Architecture,
		VirtualizationType: new("hvm"), RootDeviceName: new("/dev/xvda"),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{SnapshotId: out.SnapshotId}}},
	}))(t)
	_, subnet := west.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := west.RunImage(*image.ImageId, subnet, 1)[0]
	m, _ := west.Machine(instance)
	got, err := os.ReadFile(filepath.Join(m.Spec.Layers[0], "motd"))
	if err != nil || string(got) != "hello from the east" {
		t.Errorf("the copy's disk holds %q, %v", got, err)
	}
}

func TestSnapshotCopiesThatAreRefused(t *testing.T) {
	east := newDesk(t)
	ctx := t.Context()
	source := east.snapshotWith("content")
	region := new("us-east-1")
	for _, c := range []struct {
		code string
		in   ec2.CopySnapshotInput
	}{
		{"InvalidSnapshot.NotFound", ec2.CopySnapshotInput{SourceSnapshotId: new("snap-0123456789abcdef0"), SourceRegion: region}},
		{"InvalidSnapshotID.Malformed", ec2.CopySnapshotInput{SourceSnapshotId: new("snap-x"), SourceRegion: region}},
		{"InvalidParameterValue", ec2.CopySnapshotInput{SourceSnapshotId: &source, SourceRegion: new("eu-west-1")}},
		{"InvalidParameterDependency", ec2.CopySnapshotInput{SourceSnapshotId: &source, SourceRegion: region, KmsKeyId: new("alias/aws/ebs")}},
		{"UnsupportedOperation", ec2.CopySnapshotInput{SourceSnapshotId: &source, SourceRegion: region, Encrypted: new(true), KmsKeyId: new("alias/mine")}},
		{"UnsupportedOperation", ec2.CopySnapshotInput{SourceSnapshotId: &source, SourceRegion: region, CompletionDurationMinutes: new(int32(15))}},
		{"DryRunOperation", ec2.CopySnapshotInput{SourceSnapshotId: &source, SourceRegion: region, DryRun: new(true)}},
	} {
		_, err := east.CopySnapshot(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	all := regiontest.IDsOf(east.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}), snapshotID)
	if diff := cmp.Diff([]string{source}, all); diff != "" {
		t.Errorf("snapshots: %s", diff)
	}
}
