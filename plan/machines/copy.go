package machines

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// ImageCopy is the copy of the primary's image in the secondary region, with another id and the same digest.
type ImageCopy struct {
	Images
	Source *Image
}

func (c *ImageCopy) Desired() []resource.Field {
	return []resource.Field{{Name: "digest", Value: c.Digest}, c.kept()}
}

func (c *ImageCopy) Actual() []resource.Field {
	_, digest := c.there()
	return []resource.Field{digest, c.found}
}

func (c *ImageCopy) Find(ctx context.Context) (bool, error) {
	if err := c.lookWith(ctx, c.follow); err != nil {
		return false, err
	}
	there, _ := c.there()
	return there, nil
}

func (c *ImageCopy) Create(ctx context.Context) error {
	if err := c.discard(ctx, c.failed); err != nil {
		return err
	}
	if c.pending == "" {
		if err := c.copy(ctx); err != nil {
			return err
		}
	}
	return c.await(ctx, c.pending)
}

func (c *ImageCopy) copy(ctx context.Context) error {
	return account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := c.EC2.CopyImage(ctx, &ec2.CopyImageInput{
			SourceRegion:      &c.Source.Region,
			SourceImageId:     &c.Source.ID,
			Name:              aws.String(c.imageName()),
			Description:       aws.String("understudy: stack " + c.Stack()),
			ClientToken:       &token,
			TagSpecifications: c.tags().EC2(ec2types.ResourceTypeImage, ec2types.ResourceTypeSnapshot),
		})
		if err != nil {
			return false, fmt.Errorf("copy %s from %s: %w", c.Source.ID, c.Source.Region, err)
		}
		c.pending = aws.ToString(out.ImageId)
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) {
			image, err := c.describe(ctx, c.pending)
			return image != nil && image.State != ec2types.ImageStateDeregistered, err
		})
	}, c.Stack(), c.Region, "image", c.Digest, c.Source.ID)
}

func (c *ImageCopy) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := c.giveBack(ctx); err != nil {
			return err
		}
	}
	if !resource.Differs(differences, "digest") {
		return nil
	}
	return c.Create(ctx)
}

// Remarks tells where the image that replaces this one, when the primary is lost, would be made from another base.
func (c *ImageCopy) Remarks() []resource.Remark {
	here, there := c.base, c.Source.base
	if here == nil || there == nil || aws.ToString(here.Name) == aws.ToString(there.Name) {
		return nil
	}
	return []resource.Remark{{ID: aws.ToString(here.ImageId), Text: fmt.Sprintf("the newest base image is %s here and %s in the primary: "+
		"images made here would be of another base",
		aws.ToString(here.Name), aws.ToString(there.Name))}}
}

var _ resource.Resource = (*ImageCopy)(nil)

func (c *ImageCopy) Monthly() float64 { return prices.SnapshotMonth }
