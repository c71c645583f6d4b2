package region_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksImages(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_ami", read: (*provider).readImage, update: (*provider).updateImage, gone: []string{"InvalidAMIID.NotFound"},
			create: (*provider).registerImage,
			destroy: func(p *provider, id string) { // whose snapshot is a resource of its own
				roomtest.Must(p.DeregisterImage(p.T.Context(), &ec2.DeregisterImageInput{ImageId: &id}))(p.T)
			},
		},
		{
			resource: "aws_ami_from_instance", read: (*provider).readImage, destroy: (*provider).destroyImage, update: (*provider).updateImage,
			gone: []string{"InvalidAMIID.NotFound"},
			create: func(p *provider) string {
				instance := p.runWritten()
				out := roomtest.Must(p.CreateImage(p.T.Context(), &ec2.CreateImageInput{
					InstanceId: &instance, Name: new("walk"), Description: new(""), NoReboot: new(false), TagSpecifications: tagged("image"),
				}))(p.T)
				p.awaitImage(*out.ImageId)
				return *out.ImageId
			},
		},
		{
			resource: "aws_ami_copy", read: (*provider).readImage, destroy: (*provider).destroyImage, update: (*provider).updateImage,
			gone: []string{"InvalidAMIID.NotFound"},
			create: func(p *provider) string {
				out := roomtest.Must(p.CopyImage(p.T.Context(), &ec2.CopyImageInput{
					SourceImageId: new(p.HostImage()), SourceRegion: new("us-east-1"), Name: new("walk"), Description: new(""), Encrypted: new(false),
					ClientToken: new("terraform-8"),
				}))(p.T)
				p.setTag(*out.ImageId, "Name", "walk")
				p.awaitImage(*out.ImageId)
				return *out.ImageId
			},
		},
	})
}

func (p *provider) awaitImage(id string) {
	p.T.Helper()
	p.Await("image "+id, func() bool {
		out := roomtest.Must(p.DescribeImages(p.T.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}}))(p.T)
		image := only(p, out.Images)
		if image.State == ec2types.ImageStateFailed {
			p.T.Fatalf("image %s: %+v", id, image.StateReason)
		}
		return image.State == ec2types.ImageStateAvailable
	})
}

// readImage takes an empty answer for an image that is gone. Whether there is UEFI data does not matter, but it is asked for.
func (p *provider) readImage(id string) (any, error) {
	out, err := p.DescribeImages(p.T.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if err != nil {
		return nil, err
	}
	image := only(p, out.Images)
	if image == nil || image.State == ec2types.ImageStateDeregistered {
		return nil, nil
	}
	mapping := there(p, "the root's mapping", only(p, image.BlockDeviceMappings))
	if *mapping.DeviceName != *image.RootDeviceName {
		p.T.Errorf("the root is %s, its snapshot at %s", *image.RootDeviceName, *mapping.DeviceName)
	}
	ebs := there(p, "Ebs", mapping.Ebs)
	there(p, "DeleteOnTermination", ebs.DeleteOnTermination)
	there(p, "Encrypted", ebs.Encrypted)
	there(p, "VolumeSize", ebs.VolumeSize)
	_, err = p.GetInstanceUefiData(p.T.Context(), &ec2.GetInstanceUefiDataInput{InstanceId: &id})
	roomtest.WantAPIError(p.T, err, "UnsupportedOperation")
	return *image, nil
}

func (p *provider) updateImage(id string) {
	ctx := p.T.Context()
	roomtest.Must(p.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: &id, Description: &ec2types.AttributeValue{Value: new("changed")}}))(p.T)
	roomtest.Must(p.EnableImageDeprecation(ctx, &ec2.EnableImageDeprecationInput{ImageId: &id, DeprecateAt: new(time.Now().AddDate(1, 0, 0))}))(p.T)
	p.setTag(id, "Name", "changed")
}

// runWritten launches an instance that has written nothing yet, but could have.
func (p *provider) runWritten() string {
	instance := p.Run(p.subnet, 1)[0]
	m, _ := p.Machine(instance)
	if err := os.MkdirAll(filepath.Join(m.Spec.Dir, "upper"), 0o755); err != nil {
		p.T.Fatal(err)
	}
	return instance
}

// registerImage is that of an image for this machine: the provider's own defaults are those of AWS's past.
func (p *provider) registerImage() string {
	ctx := p.T.Context()
	root := p.attachedTo(p.runWritten())
	snapshot := roomtest.Must(p.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: root.VolumeId}))(p.T)
	p.awaitSnapshot(*snapshot.SnapshotId)
	host := roomtest.Must(p.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{p.HostImage()}}))(p.T)
	out := roomtest.Must(p.RegisterImage(ctx, &ec2.RegisterImageInput{
		Architecture: host.Images[0].Architecture, Description: new(""), EnaSupport: new(false), ImageLocation: new(""), Name: new("walk"),
		RootDeviceName: new("/dev/xvda"), SriovNetSupport: new("simple"), VirtualizationType: new("hvm"),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{
			DeleteOnTermination: new(true), SnapshotId: snapshot.SnapshotId, VolumeType: "standard", VolumeSize: new(int32(8)),
		}}},
	}))(p.T)
	p.setTag(*out.ImageId, "Name", "walk")
	p.awaitImage(*out.ImageId)
	return *out.ImageId
}

// destroyImage deletes the snapshots that the image has made, too.
func (p *provider) destroyImage(id string) {
	out := roomtest.Must(p.DescribeImages(p.T.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}}))(p.T)
	roomtest.Must(p.DeregisterImage(p.T.Context(), &ec2.DeregisterImageInput{ImageId: &id}))(p.T)
	for _, m := range only(p, out.Images).BlockDeviceMappings {
		roomtest.Must(p.DeleteSnapshot(p.T.Context(), &ec2.DeleteSnapshotInput{SnapshotId: m.Ebs.SnapshotId}))(p.T)
	}
}
