package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// image is the machine image of the primary, baked from a running instance, the builder.
type image struct {
	images
	builder *builder
	anew    bool     // up was asked to bake anew if the base is another one
	decided bool     // the digest is known of the image that is wanted
	another *rebuilt // what another image would be made for, where it is not time for it
}

func (i *image) Desired() []resource.Field {
	return []resource.Field{{Name: "digest", Value: i.digest}, {Name: "builder", Value: "gone"}, i.kept()}
}

func (i *image) Actual() []resource.Field {
	_, digest := i.there()
	state := resource.Field{Name: "builder", Value: "gone"}
	if ids := i.builder.all(); len(ids) > 0 {
		state.Value = resource.Set(ids...)
	}
	return []resource.Field{digest, state, i.found}
}

func (i *image) Find(ctx context.Context) (bool, error) {
	if err := i.lookWith(ctx, i.decide, i.builder.find); err != nil {
		return false, err
	}
	there, _ := i.there()
	return there, nil
}

// Remnants tells whether there is anything to remove when there is no image.
func (i *image) Remnants() bool { return i.images.Remnants() || len(i.builder.all()) > 0 }

// Create makes the image, and continues where an earlier run was interrupted.
func (i *image) Create(ctx context.Context) error {
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
	return i.builder.remove(ctx)
}

// bake runs the builder until it has said that it is ready, and takes the image.
func (i *image) bake(ctx context.Context) error {
	if err := i.builder.run(ctx); err != nil {
		return err
	}
	// EC2 stops the instance, takes the image and starts the instance again, so that its disk is consistent.
	out, err := i.EC2.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId:        &i.builder.id,
		Name:              aws.String(i.imageName()),
		Description:       aws.String("understudy: stack " + i.Stack()),
		TagSpecifications: i.tags().EC2(ec2types.ResourceTypeImage, ec2types.ResourceTypeSnapshot),
	})
	if account.IsCode(err, "InvalidAMIName.Duplicate") {
		return i.adopt(ctx) // the answer to an earlier call was lost
	}
	if err != nil {
		return fmt.Errorf("create image of %s: %w", i.builder.id, err)
	}
	i.pending = aws.ToString(out.ImageId)
	return nil
}

// adopt finds the image of the stack that already has the name.
func (i *image) adopt(ctx context.Context) error {
	return account.Poll(ctx, i.imageName(), resource.ShortTime, func(ctx context.Context) (bool, error) {
		if err := i.look(ctx); err != nil {
			return false, err
		}
		i.pending = newestOf(i.pending, i.id)
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

func (i *image) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := i.giveBack(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "digest") {
		return i.Create(ctx)
	}
	return i.builder.remove(ctx)
}

func (i *image) Remove(ctx context.Context) error {
	if err := i.builder.remove(ctx); err != nil {
		return err
	}
	return i.images.Remove(ctx)
}

var _ resource.Resource = (*image)(nil)
