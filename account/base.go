package account

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/understudy/understudy"
)

// BaseImage returns the image that is selected here and now, or nil where there is none.
func (a *Account) BaseImage(ctx context.Context, from understudy.Origin) (*ec2types.Image, error) {
	switch {
	case from.Parameter != "":
		return a.imageOfParameter(ctx, from.Parameter)
	case from.ID != "":
		return a.imageOf(ctx, from.ID)
	}
	return a.newestImage(ctx, from.Base.Owners, from.Base.Names)
}

// newestImage returns the newest image of the first pattern that any image of these owners matches, or nil where none does. What
// understudy itself has baked is no base, whatever its name: the next image would be made from the last.
func (a *Account) newestImage(ctx context.Context, owners, patterns []string) (*ec2types.Image, error) {
	for _, pattern := range patterns {
		out, err := a.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: owners, Filters: []ec2types.Filter{Filter("name", pattern), Filter("state", "available")},
		})
		if err != nil {
			return nil, fmt.Errorf("describe images named %s: %w", pattern, err)
		}
		images := slices.DeleteFunc(out.Images, func(i ec2types.Image) bool { return OfEC2(i.Tags)[TagDigest] != "" })
		if len(images) > 0 {
			newest := slices.MaxFunc(images, ByAge)
			return &newest, nil
		}
	}
	return nil, nil
}

// imageOf returns an image by its id, also one that AWS lists no more because a newer one has taken its place.
func (a *Account) imageOf(ctx context.Context, id string) (*ec2types.Image, error) {
	out, err := a.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	switch {
	case IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe image %s: %w", id, err)
	case len(out.Images) == 0 || out.Images[0].State != ec2types.ImageStateAvailable:
		return nil, nil
	}
	return &out.Images[0], nil
}

func (a *Account) imageOfParameter(ctx context.Context, name string) (*ec2types.Image, error) {
	out, err := a.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get parameter %s: %w", name, err)
	}
	if out.Parameter == nil || !strings.HasPrefix(aws.ToString(out.Parameter.Value), "ami-") { // the value may be secret: it is not told
		return nil, fmt.Errorf("parameter %s in %s is not the id of an image", name, a.Region)
	}
	return a.imageOf(ctx, *out.Parameter.Value)
}

// ByAge orders images from the oldest to the newest. AWS writes dates so that their texts sort.
func ByAge(a, b ec2types.Image) int {
	return cmp.Or(cmp.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate)),
		cmp.Compare(aws.ToString(a.ImageId), aws.ToString(b.ImageId)))
}
