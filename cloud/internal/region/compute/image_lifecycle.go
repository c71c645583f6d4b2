package compute

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// changeImage changes an image of the account's.
func (r *Room) changeImage(in any, id *string, change func(*imageRow) error) error {
	if err := resource.Required("imageId", id); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, err := r.ownImage(tx, *id)
		if err != nil {
			return err
		}
		if err := change(&row); err != nil {
			return err
		}
		if err := r.images.Put(tx, row.ID, row); err != nil {
			return err
		}
		return room.DryRun(in)
	})
}

// maxDeprecation is how far away an image's deprecation may be, in years (EC2 API reference, EnableImageDeprecation).
const maxDeprecation = 10

// EnableImageDeprecation sets when an image is deprecated, to the minute. Its owner goes on seeing and launching it.
func (r *Room) EnableImageDeprecation(ctx context.Context, in *ec2.EnableImageDeprecationInput) (*ec2.EnableImageDeprecationOutput, error) {
	if err := room.Only(in, "DeprecateAt", "ImageId"); err != nil {
		return nil, err
	}
	at, now := room.Deref(in.DeprecateAt).UTC().Round(time.Minute), time.Now()
	if at.Before(now) || at.After(now.AddDate(maxDeprecation, 0, 0)) {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter DeprecateAt is invalid. It must be in the future, and not more than %d years.",
			at.Format(time.RFC3339), maxDeprecation)
	}
	err := r.changeImage(in, in.ImageId, func(i *imageRow) error { i.Deprecated = at; return nil })
	return &ec2.EnableImageDeprecationOutput{Return: new(true)}, err
}

// DisableImageDeprecation takes an image's deprecation back.
func (r *Room) DisableImageDeprecation(ctx context.Context, in *ec2.DisableImageDeprecationInput) (*ec2.DisableImageDeprecationOutput, error) {
	if err := room.Only(in, "ImageId"); err != nil {
		return nil, err
	}
	err := r.changeImage(in, in.ImageId, func(i *imageRow) error { i.Deprecated = time.Time{}; return nil })
	return &ec2.DisableImageDeprecationOutput{Return: new(true)}, err
}

// DisableImage keeps an image from being launched and listed, and takes all launch permissions away (EC2 user guide, "Disable an Amazon
// EC2 AMI"). Instances of it go on.
func (r *Room) DisableImage(ctx context.Context, in *ec2.DisableImageInput) (*ec2.DisableImageOutput, error) {
	if err := room.Only(in, "ImageId"); err != nil {
		return nil, err
	}
	err := r.changeImage(in, in.ImageId, func(i *imageRow) error {
		i.Launchers, i.Public = nil, false
		return i.turn(ec2types.ImageStateDisabled, "disabled")
	})
	return &ec2.DisableImageOutput{Return: new(true)}, err
}

// EnableImage makes a disabled image available again, to its owner alone.
func (r *Room) EnableImage(ctx context.Context, in *ec2.EnableImageInput) (*ec2.EnableImageOutput, error) {
	if err := room.Only(in, "ImageId"); err != nil {
		return nil, err
	}
	err := r.changeImage(in, in.ImageId, func(i *imageRow) error { return i.turn(ec2types.ImageStateAvailable, "enabled") })
	return &ec2.EnableImageOutput{Return: new(true)}, err
}

// turn enables or disables an image, which must be one of the two.
func (i *imageRow) turn(to ec2types.ImageState, how string) error {
	if i.State != ec2types.ImageStateAvailable && i.State != ec2types.ImageStateDisabled {
		return wire.Errorf("IncorrectState", "The image '%s' is '%s' and cannot be %s.", i.ID, i.State, how)
	}
	i.State = to
	return nil
}
