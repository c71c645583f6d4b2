package machines

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// UsedImage is an image that instances are of as it is. It is not the stack's; what was baked before is, and is kept, as images with other
// digests are, until the stack is removed.
type UsedImage struct {
	Images
	Builder *Builder // of an interrupted run; nil in the secondary
}

func (u *UsedImage) Find(ctx context.Context) (bool, error) {
	*u = UsedImage{Images: Images{Scope: u.Scope}, Builder: u.Builder}
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
	if u.Builder != nil {
		if err := u.Builder.find(ctx); err != nil {
			return false, err
		}
	}
	if u.base, err = u.BaseImage(ctx, u.Declared.Origin(u.Side)); err != nil || u.base == nil {
		return true, err
	}
	u.ID, u.Root = aws.ToString(u.base.ImageId), aws.ToString(u.base.RootDeviceName)
	return true, nil
}

// Refused tells that there is nothing to make what is declared from.
func (u *UsedImage) Refused() error {
	if u.base == nil {
		return fmt.Errorf("there is no %s in %s", u.Declared.Origin(u.Side), u.Region)
	}
	return nil
}

func (u *UsedImage) Desired() []resource.Field {
	if u.Builder == nil {
		return nil
	}
	return []resource.Field{{Name: "builder", Value: "gone"}}
}

func (u *UsedImage) Actual() []resource.Field {
	if u.Builder == nil || len(u.Builder.all()) == 0 {
		return u.Desired()
	}
	return []resource.Field{{Name: "builder", Value: resource.Set(u.Builder.all()...)}}
}

func (u *UsedImage) Create(context.Context) error { return nil }

func (u *UsedImage) Change(ctx context.Context, _ []resource.Difference) error {
	return u.Builder.remove(ctx)
}

func (u *UsedImage) Remnants() bool {
	return u.Images.Remnants() || u.Builder != nil && len(u.Builder.all()) > 0
}

// Foreign keeps down from listing an image that is not the stack's.
func (u *UsedImage) Foreign() bool { return !u.Remnants() }

// Identity names what down would delete, where there is any.
func (u *UsedImage) Identity() string {
	if len(u.all) > 0 {
		return resource.Set(u.all...)
	}
	return u.ID
}

func (u *UsedImage) Remove(ctx context.Context) error {
	if u.Builder != nil {
		if err := u.Builder.remove(ctx); err != nil {
			return err
		}
	}
	return u.Images.Remove(ctx)
}

func (u *UsedImage) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindUsedImage, Settings: u.Desired(), Content: u.Declared.Origin(u.Side)}
}

var (
	_ resource.Resource   = (*UsedImage)(nil)
	_ resource.Leaving    = (*UsedImage)(nil)
	_ resource.Shared     = (*UsedImage)(nil)
	_ resource.Obstructed = (*UsedImage)(nil)
)
