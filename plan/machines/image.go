package machines

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Image is the machine image of the primary, baked from a running instance, the builder.
type Image struct {
	Images
	Builder *Builder
	Anew    bool     // up was asked to bake anew if the base is another one
	decided bool     // the digest is known of the image that is wanted
	another *rebuilt // what another image would be made for, where it is not time for it
}

func (i *Image) Desired() []resource.Field {
	return []resource.Field{{Name: "digest", Value: i.Digest}, {Name: "builder", Value: "gone"}, i.kept()}
}

func (i *Image) Actual() []resource.Field {
	_, digest := i.there()
	state := resource.Field{Name: "builder", Value: "gone"}
	if ids := i.Builder.all(); len(ids) > 0 {
		state.Value = resource.Set(ids...)
	}
	return []resource.Field{digest, state, i.found}
}

func (i *Image) Find(ctx context.Context) (bool, error) {
	if err := i.lookWith(ctx, i.decide, i.Builder.find); err != nil {
		return false, err
	}
	there, _ := i.there()
	return there, nil
}

// Remnants tells whether there is anything to remove when there is no image.
func (i *Image) Remnants() bool { return i.Images.Remnants() || len(i.Builder.all()) > 0 }

// Create makes the image, and continues where an earlier run was interrupted.
func (i *Image) Create(ctx context.Context) error {
	if err := i.discard(ctx, i.failed); err != nil {
		return err
	}
	if i.pending == "" {
		if err := i.bake(ctx); err != nil {
			return err
		}
	}
	if err := i.await(ctx, i.pending); err != nil {
		return err
	}
	return i.Builder.remove(ctx)
}

// bake runs the builder until it has said that it is ready, and takes the image.
func (i *Image) bake(ctx context.Context) error {
	if err := i.Builder.run(ctx); err != nil {
		return err
	}
	// EC2 stops the instance, takes the image and starts the instance again, so that its disk is consistent.
	out, err := i.EC2.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId:        &i.Builder.id,
		Name:              aws.String(i.imageName()),
		Description:       aws.String("understudy: stack " + i.Stack()),
		TagSpecifications: i.tags().EC2(ec2types.ResourceTypeImage, ec2types.ResourceTypeSnapshot),
	})
	if account.IsCode(err, "InvalidAMIName.Duplicate") {
		return i.adopt(ctx) // the answer to an earlier call was lost
	}
	if err != nil {
		return fmt.Errorf("create image of %s: %w", i.Builder.id, err)
	}
	i.pending = aws.ToString(out.ImageId)
	return nil
}

// adopt finds the image of the stack that already has the name.
func (i *Image) adopt(ctx context.Context) error {
	return account.Poll(ctx, i.imageName(), resource.ShortTime, func(ctx context.Context) (bool, error) {
		if err := i.look(ctx); err != nil {
			return false, err
		}
		i.pending = newestOf(i.pending, i.ID)
		return i.pending != "", nil
	})
}

// newestOf returns the first id that is one.
func newestOf(ids ...string) string {
	if n := slices.IndexFunc(ids, func(id string) bool { return id != "" }); n >= 0 {
		return ids[n]
	}
	return ""
}

func (i *Image) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := i.giveBack(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "digest") {
		return i.Create(ctx)
	}
	return i.Builder.remove(ctx)
}

func (i *Image) Remove(ctx context.Context) error {
	if err := i.Builder.remove(ctx); err != nil {
		return err
	}
	return i.Images.Remove(ctx)
}

var _ resource.Resource = (*Image)(nil)

func (i *Image) Monthly() float64 { return prices.SnapshotMonth }
