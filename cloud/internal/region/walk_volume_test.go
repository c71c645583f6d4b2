package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksVolumes(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_ebs_volume", gone: []string{"InvalidVolume.NotFound"},
			create: func(p *provider) string { return p.createVolume("us-east-1b") }, read: (*provider).readVolume,
			update: func(p *provider, id string) {
				roomtest.Must(p.ModifyVolume(p.T.Context(), &ec2.ModifyVolumeInput{VolumeId: &id, Size: new(int32(2)), VolumeType: "gp3", Iops: new(int32(4000))}))(p.T)
				p.setTag(id, "Name", "changed")
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteVolume(p.T.Context(), &ec2.DeleteVolumeInput{VolumeId: &id}))(p.T)
				p.Await("the deletion", func() bool {
					_, err := p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
					return err != nil
				})
			},
		},
		{
			resource: "aws_volume_attachment", create: (*provider).attachVolume, read: (*provider).readVolumeAttachment,
			destroy: func(p *provider, id string) {
				a := p.attachmentOf(id)
				roomtest.Must(p.DetachVolume(p.T.Context(), &ec2.DetachVolumeInput{Device: a.Device, Force: new(false), InstanceId: a.InstanceId, VolumeId: &id}))(p.T)
				p.Await("the detachment", func() bool { return p.attachmentOf(id) == nil })
			},
		},
		{
			resource: "aws_ebs_snapshot", gone: []string{"InvalidSnapshot.NotFound"}, read: (*provider).readSnapshot,
			create: func(p *provider) string {
				volume := p.createVolume("us-east-1b")
				out := roomtest.Must(p.CreateSnapshot(p.T.Context(), &ec2.CreateSnapshotInput{
					VolumeId: &volume, Description: new("walk"), TagSpecifications: tagged("snapshot"),
				}))(p.T)
				p.awaitSnapshot(*out.SnapshotId)
				return *out.SnapshotId
			},
			update: func(p *provider, id string) { p.setTag(id, "Name", "changed") },
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteSnapshot(p.T.Context(), &ec2.DeleteSnapshotInput{SnapshotId: &id}))(p.T)
			},
		},
	})
}

func (p *provider) createVolume(zone string) string {
	out := roomtest.Must(p.CreateVolume(p.T.Context(), &ec2.CreateVolumeInput{
		AvailabilityZone: &zone, ClientToken: new("terraform-7"), Size: new(int32(1)), TagSpecifications: tagged("volume"),
	}))(p.T)
	p.Await("volume "+*out.VolumeId, func() bool {
		all := roomtest.Must(p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{*out.VolumeId}}))(p.T)
		return only(p, all.Volumes).State == ec2types.VolumeStateAvailable
	})
	return *out.VolumeId
}

func (p *provider) readVolume(id string) (any, error) {
	out, err := p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	if err != nil {
		return nil, err
	}
	v := there(p, "the volume", only(p, out.Volumes))
	there(p, "Size", v.Size)
	there(p, "Encrypted", v.Encrypted)
	there(p, "MultiAttachEnabled", v.MultiAttachEnabled)
	return v, nil
}

// attachVolume looks first whether the volume is attached already.
func (p *provider) attachVolume() string {
	instance := p.Run(p.other, 1)[0]
	id := p.createVolume("us-east-1b")
	if a := p.attachmentAt(id, instance, "/dev/sdh"); a != nil {
		p.T.Errorf("it is attached already: %+v", a)
	}
	roomtest.Must(p.AttachVolume(p.T.Context(), &ec2.AttachVolumeInput{Device: new("/dev/sdh"), InstanceId: &instance, VolumeId: &id}))(p.T)
	p.Await("the attachment", func() bool {
		a := p.attachmentAt(id, instance, "/dev/sdh")
		return a != nil && a.State == ec2types.VolumeAttachmentStateAttached
	})
	return id
}

func (p *provider) attachmentAt(volume, instance, device string) *ec2types.VolumeAttachment {
	p.T.Helper()
	out := roomtest.Must(p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{
		VolumeIds: []string{volume},
		Filters:   append(regiontest.Where("attachment.device", device), regiontest.Where("attachment.instance-id", instance)...),
	}))(p.T)
	if v := only(p, out.Volumes); v != nil {
		return only(p, v.Attachments)
	}
	return nil
}

func (p *provider) attachmentOf(volume string) *ec2types.VolumeAttachment {
	p.T.Helper()
	out := roomtest.Must(p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{volume}}))(p.T)
	return only(p, only(p, out.Volumes).Attachments)
}

func (p *provider) readVolumeAttachment(id string) (any, error) {
	a := p.attachmentOf(id)
	if a == nil {
		return nil, nil
	}
	found := p.attachmentAt(id, *a.InstanceId, *a.Device)
	if found == nil {
		p.T.Error("the filters do not find it")
	}
	return found, nil
}

// attachedTo is the one volume of an instance.
func (p *provider) attachedTo(instance string) ec2types.Volume {
	p.T.Helper()
	out := roomtest.Must(p.DescribeVolumes(p.T.Context(), &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(p.T)
	return there(p, "the volume", only(p, out.Volumes))
}

func (p *provider) awaitSnapshot(id string) {
	p.T.Helper()
	p.Await("snapshot "+id, func() bool {
		out := roomtest.Must(p.DescribeSnapshots(p.T.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}}))(p.T)
		return only(p, out.Snapshots).State == ec2types.SnapshotStateCompleted
	})
}

func (p *provider) readSnapshot(id string) (any, error) {
	out, err := p.DescribeSnapshots(p.T.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	if err != nil {
		return nil, err
	}
	s := there(p, "the snapshot", only(p, out.Snapshots))
	there(p, "Encrypted", s.Encrypted)
	there(p, "VolumeSize", s.VolumeSize)
	return s, nil
}
