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

// fill writes to the file of a volume or a snapshot.
func (d *desk) fill(folder, id, content string) {
	d.T.Helper()
	f := roomtest.Must(os.OpenFile(filepath.Join(d.Dir(), folder, id), os.O_WRONLY, 0))(d.T)
	defer f.Close()
	roomtest.Must(f.WriteAt([]byte(content), 1<<20))(d.T)
}

// holds is what fill has written.
func (d *desk) holds(folder, id string, length int) string {
	d.T.Helper()
	f := roomtest.Must(os.Open(filepath.Join(d.Dir(), folder, id)))(d.T)
	defer f.Close()
	b := make([]byte, length)
	roomtest.Must(f.ReadAt(b, 1<<20))(d.T)
	return string(b)
}

// volumesOf are the volumes of an instance by their devices.
func (d *desk) volumesOf(instance string) map[string]ec2types.Volume {
	d.T.Helper()
	of := map[string]ec2types.Volume{}
	in := &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}
	for _, v := range roomtest.Must(d.DescribeVolumes(d.T.Context(), in))(d.T).Volumes {
		of[*v.Attachments[0].Device] = v
	}
	return of
}

// An image of an instance with volumes has their content; it goes to another region, and a launch may say otherwise.
func TestImageHasTheVolumesOfItsInstance(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{
		{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(2)), DeleteOnTermination: new(true), Encrypted: new(true)}},
		{DeviceName: new("/dev/sdg"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(3)), VolumeType: "gp3", Throughput: new(int32(250))}},
	}
	instance := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	d.write(instance, "motd", "of the root")
	d.fill("volumes", *d.volumesOf(instance)["/dev/sdf"].VolumeId, "of the first")
	made := roomtest.Must(d.CreateImage(ctx, &ec2.CreateImageInput{InstanceId: &instance, Name: new("with-volumes"), NoReboot: new(true)}))(t)
	image := d.available(*made.ImageId)
	if m := image.BlockDeviceMappings; len(m) != 3 || *m[1].DeviceName != "/dev/sdf" || *m[1].Ebs.VolumeSize != 2 || !*m[1].Ebs.DeleteOnTermination ||
		!*m[1].Ebs.Encrypted || *m[2].Ebs.Throughput != 250 || *m[2].Ebs.DeleteOnTermination || *m[2].Ebs.Encrypted {
		t.Fatalf("mappings %+v", m)
	}
	first := image.BlockDeviceMappings[1].Ebs.SnapshotId
	if s := d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{*first}})[0]; s.State != ec2types.SnapshotStateCompleted || !*s.Encrypted {
		t.Errorf("snapshot %+v", s)
	}
	_, err := d.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: first})
	roomtest.WantAPIError(t, err, "InvalidSnapshot.InUse")
	found := roomtest.Must(d.DescribeImages(ctx, &ec2.DescribeImagesInput{Filters: regiontest.Where("block-device-mapping.snapshot-id", *first)}))(t)
	if len(found.Images) != 1 {
		t.Errorf("by its second snapshot: %+v", found.Images)
	}

	d.Reopen()
	launch := func(d *desk, image, subnet string, mappings ...ec2types.BlockDeviceMapping) map[string]ec2types.Volume {
		t.Helper()
		in := d.launch(subnet)
		in.ImageId, in.BlockDeviceMappings = &image, mappings
		id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
		d.AwaitState(id, ec2types.InstanceStateNameRunning)
		return d.volumesOf(id)
	}
	of := launch(d, *image.ImageId, subnet)
	if v := of["/dev/sdf"]; len(of) != 3 || *v.SnapshotId != *first || !*v.Encrypted || *v.Size != 2 || d.holds("volumes", *v.VolumeId, 12) != "of the first" {
		t.Errorf("an instance has %+v", of)
	}
	of = launch(d, *image.ImageId, subnet,
		ec2types.BlockDeviceMapping{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(5)), DeleteOnTermination: new(false)}},
		ec2types.BlockDeviceMapping{DeviceName: new("/dev/sdg"), NoDevice: new("")})
	if v := of["/dev/sdf"]; len(of) != 2 || *v.Size != 5 || *v.Attachments[0].DeleteOnTermination || d.holds("volumes", *v.VolumeId, 12) != "of the first" {
		t.Errorf("as the launch says %+v", of)
	}
	in = d.launch(subnet)
	in.ImageId = image.ImageId
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(1))}}}
	_, err = d.RunInstances(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidParameterValue") // smaller than its snapshot

	peer, silent := d.Peer()
	west := &desk{peer}
	copied := west.available(*roomtest.Must(west.CopyImage(ctx, &ec2.CopyImageInput{
		Name: new("copied"), SourceImageId: image.ImageId, SourceRegion: new("us-east-1"),
	}))(t).ImageId)
	silent()
	_, subnet = west.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	of = launch(west, *copied.ImageId, subnet)
	if v := of["/dev/sdf"]; len(of) != 3 || *v.SnapshotId == *first || west.holds("volumes", *v.VolumeId, 12) != "of the first" {
		t.Errorf("in the other region %+v", of)
	}
	out := roomtest.Must(west.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: copied.ImageId, DeleteAssociatedSnapshots: new(true)}))(t)
	if files := west.Files("snapshots"); len(out.DeleteSnapshotResults) != 3 || len(files) != 0 {
		t.Errorf("deleted %+v, left %v", out.DeleteSnapshotResults, files)
	}
}

func TestImageIsRegisteredWithVolumes(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := registering(d.rootSnapshot(subnet, "motd", "hello"))
	in.BlockDeviceMappings[0].Ebs.DeleteOnTermination = new(false)
	beside := ec2types.BlockDeviceMapping{DeviceName: new("/dev/sdb"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(4))}}
	in.BlockDeviceMappings = append(in.BlockDeviceMappings, beside)
	image := d.available(*roomtest.Must(d.RegisterImage(ctx, in))(t).ImageId)
	if m := image.BlockDeviceMappings; len(m) != 2 || *m[0].Ebs.DeleteOnTermination || *m[1].Ebs.VolumeSize != 4 ||
		m[1].Ebs.VolumeType != "gp2" || m[1].Ebs.SnapshotId != nil {
		t.Errorf("mappings %+v", m)
	}
	of := d.volumesOf(d.RunImage(*image.ImageId, subnet, 1)[0])
	if len(of) != 2 || *of["/dev/sdb"].Size != 4 || *of["/dev/xvda"].Attachments[0].DeleteOnTermination {
		t.Errorf("an instance has %+v", of)
	}
}

// A root that is not deleted with its instance is a volume of its own, and an image can be made of it.
func TestRootOutlivesItsInstance(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{
		{DeviceName: new("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{DeleteOnTermination: new(false), VolumeSize: new(int32(20))}},
	}
	in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "volume", Tags: []ec2types.Tag{{Key: new("Name"), Value: new("disk")}}}}
	instance := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	d.AwaitState(instance, ec2types.InstanceStateNameRunning)
	d.write(instance, "motd", "left behind")
	ending := func(device string, with bool) *ec2.ModifyInstanceAttributeInput {
		return &ec2.ModifyInstanceAttributeInput{InstanceId: &instance, BlockDeviceMappings: []ec2types.InstanceBlockDeviceMappingSpecification{
			{DeviceName: &device, Ebs: &ec2types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: &with}},
		}}
	}
	modify := func(keep bool) {
		t.Helper()
		roomtest.Must(d.ModifyInstanceAttribute(ctx, ending("/dev/xvda", !keep)))(t)
		if got := *d.instance(instance).BlockDeviceMappings[0].Ebs.DeleteOnTermination; got == keep {
			t.Errorf("DeleteOnTermination is %v", got)
		}
	}
	modify(false)
	modify(true)
	_, err := d.ModifyInstanceAttribute(ctx, ending("/dev/sdz", true))
	roomtest.WantAPIError(t, err, "InvalidInstanceAttributeValue")
	volume := *d.volumesOf(instance)["/dev/xvda"].VolumeId
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{instance}}))(t)
	v := d.volumeIs(volume, ec2types.VolumeStateAvailable)
	if *v.Size != 20 || len(v.Attachments) != 0 || len(v.Tags) != 1 {
		t.Errorf("left %+v", v)
	}
	d.Reopen()
	other := d.Run(subnet, 1)[0]
	_, err = d.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: &volume, InstanceId: &other, Device: new("/dev/sdf")})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	roomtest.Must(d.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: &volume, Size: new(int32(21))}))(t)
	snapshot := aws.ToString(roomtest.Must(d.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: &volume}))(t).SnapshotId)
	d.Await("snapshot "+snapshot, func() bool {
		return d.snapshots(&ec2.DescribeSnapshotsInput{SnapshotIds: []string{snapshot}})[0].State == ec2types.SnapshotStateCompleted
	})
	roomtest.Must(d.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &volume}))(t)
	d.volumeGone(volume)
	register := registering(snapshot)
	register.BlockDeviceMappings[0].Ebs.VolumeSize = nil
	image := roomtest.Must(d.RegisterImage(ctx, register))(t).ImageId
	m, _ := d.Machine(d.RunImage(*image, subnet, 1)[0])
	if got, err := os.ReadFile(filepath.Join(m.Spec.Layers[0], "motd")); err != nil || string(got) != "left behind" {
		t.Errorf("an instance of it has %q, %v", got, err)
	}
}
