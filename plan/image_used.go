package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// usedImage is an image that instances are of as it is. It is not the stack's; what was baked before is, and is kept, as images with other
// digests are, until the stack is removed.
type usedImage struct {
	images
	builder *builder // of an interrupted run; nil in the secondary
}

func (u *usedImage) Find(ctx context.Context) (bool, error) {
	*u = usedImage{images: images{Scope: u.Scope}, builder: u.builder}
	baked, err := u.ofAccount(ctx, u.Mark("image").Filters()...)
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
	if u.base, err = u.BaseImage(ctx, u.Declared.Origin(u.Side)); err != nil || u.base == nil {
		return true, err
	}
	u.id, u.root = aws.ToString(u.base.ImageId), aws.ToString(u.base.RootDeviceName)
	return true, nil
}

// Refused tells that there is nothing to make what is declared from.
func (u *usedImage) Refused() error {
	if u.base == nil {
		return fmt.Errorf("there is no %s in %s", u.Declared.Origin(u.Side), u.Region)
	}
	return nil
}

func (u *usedImage) Desired() []resource.Field {
	if u.builder == nil {
		return nil
	}
	return []resource.Field{{Name: "builder", Value: "gone"}}
}

func (u *usedImage) Actual() []resource.Field {
	if u.builder == nil || len(u.builder.all()) == 0 {
		return u.Desired()
	}
	return []resource.Field{{Name: "builder", Value: resource.Set(u.builder.all()...)}}
}

func (u *usedImage) Create(context.Context) error { return nil }

func (u *usedImage) Change(ctx context.Context, _ []resource.Difference) error {
	return u.builder.remove(ctx)
}

func (u *usedImage) Remnants() bool {
	return u.images.Remnants() || u.builder != nil && len(u.builder.all()) > 0
}

// Foreign keeps down from listing an image that is not the stack's.
func (u *usedImage) Foreign() bool { return !u.Remnants() }

// Identity names what down would delete, where there is any.
func (u *usedImage) Identity() string {
	if len(u.all) > 0 {
		return resource.Set(u.all...)
	}
	return u.id
}

func (u *usedImage) Remove(ctx context.Context) error {
	if u.builder != nil {
		if err := u.builder.remove(ctx); err != nil {
			return err
		}
	}
	return u.images.Remove(ctx)
}

func (u *usedImage) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindUsedImage, Settings: u.Desired(), Content: u.Declared.Origin(u.Side)}
}

var (
	_ resource.Resource   = (*usedImage)(nil)
	_ resource.Leaving    = (*usedImage)(nil)
	_ resource.Shared     = (*usedImage)(nil)
	_ resource.Obstructed = (*usedImage)(nil)
)
