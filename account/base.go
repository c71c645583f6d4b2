package account

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// BaseImage returns the newest image of the first pattern that any image of these owners matches, or nil where none does. What
// understudy itself has baked is no base, whatever its name: the next image would be made from the last.
func (a *Account) BaseImage(ctx context.Context, owners, patterns []string) (*ec2types.Image, error) {
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

// ByAge orders images from the oldest to the newest. AWS writes dates so that their texts sort.
func ByAge(a, b ec2types.Image) int {
	return cmp.Or(cmp.Compare(aws.ToString(a.CreationDate), aws.ToString(b.CreationDate)),
		cmp.Compare(aws.ToString(a.ImageId), aws.ToString(b.ImageId)))
}
