package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

// images is what the baked image and its copy share: the stack's images of one region. Images with other
// digests are earlier ones. They are kept, so that one can go back to them, until the stack is removed.
type images struct {
	scope
	digest string // the one that is wanted

	id      string   // the available image of this digest
	pending string   // one of this digest that is being made
	failed  []string // ones of this digest that came to nothing
	earlier string   // the digest of the newest other
	all     []string
	orphans []string // snapshots, where there is no image
}

func (i *images) identity() string { return i.id }
func (i *images) tags() account.Tags {
	return i.mark("image").With(account.TagDigest, i.digest)
}
func (i *images) imageName() string { return i.name(i.digest[:12]) }

func (i *images) look(ctx context.Context) error {
	*i = images{scope: i.scope, digest: i.digest}
	out, err := i.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: i.mark("image").Filters()})
	if err != nil {
		return fmt.Errorf("describe images: %w", err)
	}
	slices.SortFunc(out.Images, byAge)
	for _, image := range out.Images {
		id := aws.ToString(image.ImageId)
		i.all = append(i.all, id)
		digest := account.OfEC2(image.Tags)[account.TagDigest]
		switch {
		case digest != i.digest:
			i.earlier = digest
		case image.State == ec2types.ImageStateAvailable:
			i.id = id
		case image.State == ec2types.ImageStatePending:
			i.pending = id
		default:
			i.failed = append(i.failed, id)
		}
	}
	if len(i.all) == 0 {
		i.orphans, err = i.snapshots(ctx)
	}
	return err
}

// remnants tells whether there is anything to remove where there is no image to use: snapshots too, of images that a killed
// run has deregistered.
func (i *images) remnants() bool { return len(i.all)+len(i.orphans) > 0 }

// snapshots lists the snapshots of the stack's images.
func (i *images) snapshots(ctx context.Context) (ids []string, err error) {
	out, err := i.EC2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: i.mark("image").Filters()})
	if err != nil {
		return nil, fmt.Errorf("describe snapshots: %w", err)
	}
	for _, s := range out.Snapshots {
		ids = append(ids, aws.ToString(s.SnapshotId))
	}
	return ids, nil
}

// byAge orders images from the oldest to the newest. AWS's date format sorts as text.
func byAge(a, b ec2types.Image) int {
	return cmp.Or(cmp.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate)),
		cmp.Compare(aws.ToString(a.ImageId), aws.ToString(b.ImageId)))
}

// there tells whether any image exists, and which digest the region has.
func (i *images) there() (bool, Field) {
	f := Field{Name: "digest", Value: i.earlier}
	if i.id != "" {
		f.Value = i.digest
	}
	return f.Value != "", f
}

// await waits until an image can be used, and takes its id for the region's.
func (i *images) await(ctx context.Context, id string) error {
	err := account.Poll(ctx, id, longTime, func(ctx context.Context) (bool, error) {
		image, err := i.describe(ctx, id)
		if err != nil || image == nil {
			return false, err
		}
		switch image.State {
		case ec2types.ImageStatePending:
			return false, nil
		case ec2types.ImageStateAvailable:
			return true, nil
		}
		return false, fmt.Errorf("image %s is %s: %s", id, image.State, aws.ToString(stateReason(image)))
	})
	if err == nil {
		i.id = id
	}
	return err
}

func stateReason(i *ec2types.Image) *string {
	if i.StateReason == nil {
		return nil
	}
	return i.StateReason.Message
}

// describe returns one image, or nil where it is not there.
func (i *images) describe(ctx context.Context, id string) (*ec2types.Image, error) {
	out, err := i.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	switch {
	case account.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe %s: %w", id, err)
	case len(out.Images) == 0:
		return nil, nil
	}
	return &out.Images[0], nil
}

// discard removes images, so that their names can be used again.
func (i *images) discard(ctx context.Context, ids []string) error {
	for _, id := range ids {
		_, err := i.EC2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("deregister %s: %w", id, err)
		}
	}
	return nil
}

// remove deletes all images and then their snapshots, which remain without them.
func (i *images) remove(ctx context.Context) error {
	if err := i.discard(ctx, i.all); err != nil {
		return err
	}
	ids, err := i.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, err := i.EC2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", id, err)
		}
	}
	return nil
}
