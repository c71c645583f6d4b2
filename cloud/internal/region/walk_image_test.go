package region_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// TestProviderWalksImages: that they change in place is with the operations that change them.
func TestProviderWalksImages(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_ami_from_instance", read: (*provider).readImage, destroy: (*provider).destroyImage, update: (*provider).updateImage,
			gone: []string{"InvalidAMIID.NotFound"},
			create: func(p *provider) string {
				instance := p.Run(p.subnet, 1)[0]
				m, _ := p.Machine(instance)
				if err := os.MkdirAll(filepath.Join(m.Spec.Dir, "upper"), 0o755); err != nil { // what it has written: nothing
					p.T.Fatal(err)
				}
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

func (p *provider) updateImage(id string) { p.setTag(id, "Name", "changed") }

// destroyImage deletes the snapshots that the image has made, too.
func (p *provider) destroyImage(id string) {
	out := roomtest.Must(p.DescribeImages(p.T.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}}))(p.T)
	roomtest.Must(p.DeregisterImage(p.T.Context(), &ec2.DeregisterImageInput{ImageId: &id}))(p.T)
	for _, m := range only(p, out.Images).BlockDeviceMappings {
		roomtest.Must(p.DeleteSnapshot(p.T.Context(), &ec2.DeleteSnapshotInput{SnapshotId: m.Ebs.SnapshotId}))(p.T)
	}
}
