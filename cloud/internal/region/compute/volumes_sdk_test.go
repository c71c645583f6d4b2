package compute_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// newVolume makes a volume of the region's first zone and waits until it is available.
func (d *desk) newVolume(in ec2.CreateVolumeInput) ec2types.Volume {
	d.T.Helper()
	in.AvailabilityZone = new("us-east-1a")
	out := roomtest.Must(d.CreateVolume(d.T.Context(), &in))(d.T)
	return d.volumeIs(*out.VolumeId, ec2types.VolumeStateAvailable)
}

// volumeIs waits until a volume is in a state.
func (d *desk) volumeIs(id string, state ec2types.VolumeState) (v ec2types.Volume) {
	d.T.Helper()
	d.Await("volume "+id+" "+string(state), func() bool {
		v = roomtest.Must(d.DescribeVolumes(d.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}}))(d.T).Volumes[0]
		return v.State == state
	})
	return v
}

// attachmentIs waits until a volume's attachment is in a state.
func (d *desk) attachmentIs(id string, state ec2types.VolumeAttachmentState) {
	d.T.Helper()
	d.Await("attachment of "+id+" "+string(state), func() bool {
		v := roomtest.Must(d.DescribeVolumes(d.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}}))(d.T).Volumes[0]
		return len(v.Attachments) == 1 && v.Attachments[0].State == state
	})
}

// devices are those of the volumes that an instance's processes have.
func (d *desk) devices(instance string) []string {
	m, _ := d.Machine(instance)
	return slices.Sorted(maps.Keys(m.Volumes()))
}

func (d *desk) volumeGone(id string) {
	d.T.Helper()
	d.Await("end of "+id, func() bool {
		_, err := d.DescribeVolumes(d.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
		return err != nil
	})
	_, err := d.DescribeVolumes(d.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	roomtest.WantAPIError(d.T, err, "InvalidVolume.NotFound")
}

func TestVolumeIsMadeByItsRules(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	zone := new("us-east-1a")
	for _, c := range []struct {
		code string
		in   ec2.CreateVolumeInput
	}{
		{"MissingParameter", ec2.CreateVolumeInput{Size: new(int32(1))}},
		{"InvalidParameterValue", ec2.CreateVolumeInput{AvailabilityZone: new("mars"), Size: new(int32(1))}},
		{"MissingParameter", ec2.CreateVolumeInput{AvailabilityZone: zone}},
		{"InvalidSnapshot.NotFound", ec2.CreateVolumeInput{AvailabilityZone: zone, SnapshotId: new("snap-0123456789abcdef0")}},
		{"InvalidParameterValue", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(16385))}},
		{"InvalidParameterValue", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(124)), VolumeType: "st1"}},
		{"UnknownVolumeType", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(1)), VolumeType: "gp9"}},
		{"InvalidParameterCombination", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(1)), Iops: new(int32(3000))}},
		{"MissingParameter", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(4)), VolumeType: "io2"}},
		{"UnsupportedOperation", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(4)), MultiAttachEnabled: new(true)}},
		{"UnsupportedOperation", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(4)), KmsKeyId: new("alias/mine"), Encrypted: new(true)}},
		{"InvalidParameterDependency", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(4)), KmsKeyId: new("alias/mine")}},
		{"DryRunOperation", ec2.CreateVolumeInput{AvailabilityZone: zone, Size: new(int32(4)), DryRun: new(true)}},
	} {
		_, err := d.CreateVolume(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	in := ec2.CreateVolumeInput{
		Size: new(int32(5)), ClientToken: new("one"), Encrypted: new(true),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "volume", Tags: []ec2types.Tag{{Key: new("Name"), Value: new("data")}}}},
	}
	v := d.newVolume(in)
	if again := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1)), Encrypted: new(true), KmsKeyId: v.KmsKeyId}); *again.KmsKeyId != *v.KmsKeyId {
		t.Errorf("by the key %s one of %s", *v.KmsKeyId, *again.KmsKeyId)
	} else {
		roomtest.Must(d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: again.VolumeId}))(t)
		d.volumeGone(*again.VolumeId)
	}
	if !strings.HasPrefix(*v.KmsKeyId, "arn:aws:kms:us-east-1:111122223333:key/") {
		t.Errorf("encrypted by %s", *v.KmsKeyId)
	}
	if v.VolumeType != "gp2" || *v.Iops != 100 || !*v.Encrypted || len(v.Tags) != 1 || len(v.Attachments) != 0 || *v.SnapshotId != "" {
		t.Errorf("%+v", v)
	}
	if again := d.newVolume(in); *again.VolumeId != *v.VolumeId {
		t.Errorf("by the same token another one: %s", *again.VolumeId)
	}
	d.Reopen()
	other := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(6)), VolumeType: "gp3", Throughput: new(int32(250))})
	id := func(v ec2types.Volume) *string { return v.VolumeId }
	for name, value := range map[string]string{"size": "6", "volume-type": "gp3", "encrypted": "false", "volume-id": *other.VolumeId} {
		found := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where(name, value)}))(t).Volumes
		if diff := cmp.Diff([]string{*other.VolumeId}, regiontest.IDsOf(found, id)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	roomtest.Must(d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: v.VolumeId}))(t)
	d.volumeGone(*v.VolumeId)
	_, err := d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: v.VolumeId})
	roomtest.WantAPIError(t, err, "InvalidVolume.NotFound")
	if names := d.Files("volumes"); !slices.Equal(names, []string{*other.VolumeId}) {
		t.Errorf("files %v", names)
	}
}

func TestVolumeIsAttachedAndDetached(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	volume := *d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}).VolumeId
	attach := func(volume, instance, device string) (*ec2.AttachVolumeOutput, error) {
		return d.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: &volume, InstanceId: &instance, Device: &device})
	}
	out := roomtest.Must(attach(volume, instance, "/dev/sdf"))(t)
	if out.State != ec2types.VolumeAttachmentStateAttaching {
		t.Errorf("%+v", out)
	}
	d.attachmentIs(volume, ec2types.VolumeAttachmentStateAttached)
	if has := d.devices(instance); !slices.Equal(has, []string{"/dev/sdf"}) {
		t.Errorf("its processes have %v", has)
	}
	second := *d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}).VolumeId
	elsewhere := *roomtest.Must(d.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: new("us-east-1b"), Size: new(int32(1))}))(t).VolumeId
	d.volumeIs(elsewhere, ec2types.VolumeStateAvailable)
	for _, c := range []struct{ code, volume, instance, device string }{
		{"VolumeInUse", volume, instance, "/dev/sdg"},
		{"InvalidParameterValue", second, instance, "/dev/sdf"},
		{"InvalidParameterValue", second, instance, "/dev/../etc"},
		{"InvalidVolume.ZoneMismatch", elsewhere, instance, "/dev/sdg"},
		{"InvalidVolume.NotFound", "vol-0123456789abcdef0", instance, "/dev/sdg"},
		{"InvalidInstanceID.NotFound", second, "i-0123456789abcdef0", "/dev/sdg"},
	} {
		_, err := attach(c.volume, c.instance, c.device)
		roomtest.WantAPIError(t, err, c.code)
	}
	_, err := d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &volume})
	roomtest.WantAPIError(t, err, "VolumeInUse")

	// It stays over the region's loss, and is there when the instance boots.
	d.Reopen()
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	d.Await("its processes", func() bool { m, _ := d.Machine(instance); return m != nil })
	if has := d.devices(instance); !slices.Equal(has, []string{"/dev/sdf"}) {
		t.Errorf("after the region's return its processes have %v", has)
	}
	shown := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where("block-device-mapping.volume-id", volume)}))(t)
	if m := shown.Reservations[0].Instances[0].BlockDeviceMappings; len(m) != 2 ||
		*m[1].DeviceName != "/dev/sdf" || *m[1].Ebs.VolumeId != volume || *m[1].Ebs.DeleteOnTermination {
		t.Errorf("mappings %+v", m)
	}

	// One that is open is busy until it is closed, or forced away.
	m, _ := d.Machine(instance)
	m.Hold(true)
	_, err = d.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: &volume, InstanceId: new("i-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidAttachment.NotFound")
	roomtest.Must(d.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: &volume}))(t)
	d.attachmentIs(volume, ec2types.VolumeAttachmentStateBusy)
	roomtest.Must(d.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: &volume, Force: new(true)}))(t)
	d.volumeIs(volume, ec2types.VolumeStateAvailable)
	if has := d.devices(instance); len(has) != 0 {
		t.Errorf("detached, and its processes have %v", has)
	}
	_, err = d.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: &volume})
	roomtest.WantAPIError(t, err, "IncorrectState")
	root := *shown.Reservations[0].Instances[0].BlockDeviceMappings[0].Ebs.VolumeId
	_, err = d.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: &root})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
}

func TestVolumesOfALaunchEndAsAskedFor(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{
		{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(2)), DeleteOnTermination: new(true)}},
		{DeviceName: new("/dev/sdg"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(3)), VolumeType: "gp3"}},
	}
	in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "volume", Tags: []ec2types.Tag{{Key: new("Name"), Value: new("data")}}}}
	instance := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	of := map[string]string{}
	for _, v := range roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(t).Volumes {
		of[*v.Attachments[0].Device] = *v.VolumeId
		if len(v.Tags) != 1 {
			t.Errorf("%s has tags %v", *v.VolumeId, v.Tags)
		}
	}
	if has := d.devices(instance); !slices.Equal(has, []string{"/dev/sdf", "/dev/sdg"}) || len(of) != 3 {
		t.Fatalf("its processes have %v, volumes %v", has, of)
	}
	for _, device := range []string{"/dev/sdf", "/dev/sdg"} {
		d.attachmentIs(of[device], ec2types.VolumeAttachmentStateAttached)
	}
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{instance}}))(t)
	d.volumeGone(of["/dev/sdf"])
	if v := d.volumeIs(of["/dev/sdg"], ec2types.VolumeStateAvailable); v.VolumeType != "gp3" || *v.Size != 3 {
		t.Errorf("%+v", v)
	}
}

func TestVolumeIsModified(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	volume := *d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}).VolumeId
	_, err := d.DescribeVolumesModifications(ctx, &ec2.DescribeVolumesModificationsInput{VolumeIds: []string{volume}})
	roomtest.WantAPIError(t, err, "InvalidVolumeModification.NotFound")
	for _, c := range []struct {
		code string
		in   ec2.ModifyVolumeInput
	}{
		{"InvalidParameterCombination", ec2.ModifyVolumeInput{}},
		{"InvalidParameterValue", ec2.ModifyVolumeInput{Size: new(int32(70000))}},
		{"InvalidParameterCombination", ec2.ModifyVolumeInput{Iops: new(int32(4000))}},
		{"MissingParameter", ec2.ModifyVolumeInput{VolumeType: "io1"}},
	} {
		c.in.VolumeId = &volume
		_, err := d.ModifyVolume(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	out := roomtest.Must(d.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: &volume, Size: new(int32(2)), VolumeType: "gp3", Iops: new(int32(4000))}))(t)
	m := out.VolumeModification
	if *m.OriginalSize != 1 || *m.TargetSize != 2 || m.OriginalVolumeType != "gp2" ||
		m.TargetVolumeType != "gp3" || *m.TargetIops != 4000 || *m.TargetThroughput != 125 {
		t.Errorf("%+v", m)
	}
	_, err = d.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: &volume, Size: new(int32(1))})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	d.Reopen()
	found := roomtest.Must(d.DescribeVolumesModifications(ctx, &ec2.DescribeVolumesModificationsInput{Filters: regiontest.Where("target-size", "2")}))(t)
	if len(found.VolumesModifications) != 1 || found.VolumesModifications[0].ModificationState != ec2types.VolumeModificationStateCompleted {
		t.Errorf("%+v", found.VolumesModifications)
	}
	if v := d.volumeIs(volume, ec2types.VolumeStateAvailable); *v.Size != 2 || *v.Iops != 4000 {
		t.Errorf("%+v", v)
	}
	if info, err := os.Stat(filepath.Join(d.Dir(), "volumes", volume)); err != nil || info.Size() != 2<<30 {
		t.Errorf("its file: %v, %v", info, err)
	}
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Run(subnet, 1)
	roots := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.device", "/dev/xvda")}))(t).Volumes
	roomtest.Must(d.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: roots[0].VolumeId, Size: new(int32(20))}))(t)
	if v := d.volumeIs(*roots[0].VolumeId, ec2types.VolumeStateInUse); *v.Size != 20 || v.VolumeType != "gp3" || *v.Iops != 3000 {
		t.Errorf("a root: %+v", v)
	}
}

func TestSnapshotsOfVolumesKeepTheirContent(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	volume := *d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1)), Encrypted: new(true)}).VolumeId
	file := func(folder, id string) string { return filepath.Join(d.Dir(), folder, id) }
	f, err := os.OpenFile(file("volumes", volume), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("content"), 1<<29); err != nil {
		t.Fatal(err)
	}
	f.Close()
	snapshot := *roomtest.Must(d.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: &volume, Description: new("before")}))(t).SnapshotId
	completed := func(id string) (s ec2types.Snapshot) {
		d.Await("snapshot "+id, func() bool {
			s = d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})[0]
			return s.State == ec2types.SnapshotStateCompleted
		})
		return s
	}
	if s := completed(snapshot); *s.VolumeId != volume || *s.VolumeSize != 1 || !*s.Encrypted || s.KmsKeyId == nil ||
		*s.Description != "before" || *s.Progress != "100%" {
		t.Errorf("%+v", s)
	}
	roomtest.Must(d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &volume}))(t)
	d.volumeGone(volume)
	restored := d.newVolume(ec2.CreateVolumeInput{SnapshotId: &snapshot, Size: new(int32(2))})
	if *restored.Size != 2 || !*restored.Encrypted || *restored.SnapshotId != snapshot {
		t.Errorf("%+v", restored)
	}
	content := make([]byte, 7)
	g, err := os.Open(file("volumes", *restored.VolumeId))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.ReadAt(content, 1<<29); err != nil || string(content) != "content" {
		t.Errorf("it has %q, %v", content, err)
	}
	roomtest.Must(d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot}))(t)
	if names := d.Files("snapshots"); len(names) != 0 {
		t.Errorf("files %v", names)
	}

	// All volumes of an instance; of a root no other volume can be made.
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	d.write(instance, "file", "x")
	roomtest.Must(d.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: restored.VolumeId, InstanceId: &instance, Device: new("/dev/sdf")}))(t)
	d.attachmentIs(*restored.VolumeId, ec2types.VolumeAttachmentStateAttached)
	both := roomtest.Must(d.CreateSnapshots(ctx, &ec2.CreateSnapshotsInput{
		InstanceSpecification: &ec2types.InstanceSpecification{InstanceId: &instance},
	}))(t).Snapshots
	if len(both) != 2 || *both[1].VolumeId != *restored.VolumeId {
		t.Fatalf("%+v", both)
	}
	for _, s := range both {
		completed(*s.SnapshotId)
	}
	_, err = d.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: new("us-east-1a"), SnapshotId: both[0].SnapshotId})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	_, err = d.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: aws.String("vol-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidVolume.NotFound")
}
