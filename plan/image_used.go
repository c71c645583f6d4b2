package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// usedImage is an image that instances are of as it is. It is not the stack's; what was baked before is, and is kept, as images with other
// digests are, until the stack is removed.
type usedImage struct {
	images
	builder *builder // of an interrupted run; nil in the secondary
}

func (u *usedImage) find(ctx context.Context) (bool, error) {
	*u = usedImage{images: images{scope: u.scope}, builder: u.builder}
	baked, err := u.ofAccount(ctx, u.mark("image").Filters()...)
	if err != nil {
		return false, err
	}
	for _, image := range baked {
		u.add(image)
	}
	if len(u.all) == 0 {
		if u.orphans, err = u.snapshots(ctx); err != nil {
			return false, err
		}
	}
	if u.builder != nil {
		if err := u.builder.find(ctx); err != nil {
			return false, err
		}
	}
	if u.base, err = u.BaseImage(ctx, u.declared.Origin(u.side)); err != nil || u.base == nil {
		return true, err
	}
	u.id, u.root = aws.ToString(u.base.ImageId), aws.ToString(u.base.RootDeviceName)
	return true, nil
}

// refused tells that there is nothing to make what is declared from.
func (u *usedImage) refused() error {
	if u.base == nil {
		return fmt.Errorf("there is no %s in %s", u.declared.Origin(u.side), u.Region)
	}
	return nil
}

func (u *usedImage) desired() []Field {
	if u.builder == nil {
		return nil
	}
	return []Field{{Name: "builder", Value: "gone"}}
}

func (u *usedImage) actual() []Field {
	if u.builder == nil || len(u.builder.all()) == 0 {
		return u.desired()
	}
	return []Field{{Name: "builder", Value: set(u.builder.all()...)}}
}

func (u *usedImage) create(context.Context) error { return nil }

func (u *usedImage) change(ctx context.Context, _ []Difference) error { return u.builder.remove(ctx) }

func (u *usedImage) remnants() bool {
	return u.images.remnants() || u.builder != nil && len(u.builder.all()) > 0
}

// foreign keeps down from listing an image that is not the stack's.
func (u *usedImage) foreign() bool { return !u.remnants() }

// identity names what down would delete, where there is any.
func (u *usedImage) identity() string {
	if len(u.all) > 0 {
		return set(u.all...)
	}
	return u.id
}

func (u *usedImage) remove(ctx context.Context) error {
	if u.builder != nil {
		if err := u.builder.remove(ctx); err != nil {
			return err
		}
	}
	return u.images.remove(ctx)
}

func (u *usedImage) draw() Piece {
	return Piece{Kind: KindUsedImage, Settings: u.desired(), Content: u.declared.Origin(u.side)}
}

var (
	_ resource   = (*usedImage)(nil)
	_ leaving    = (*usedImage)(nil)
	_ shared     = (*usedImage)(nil)
	_ obstructed = (*usedImage)(nil)
)
