package nets_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestFiltersHaveTogetherAtMost200Values(t *testing.T) {
	d := newDesk(t)
	ask := func(n int) error {
		filters := slices.Concat(regiontest.Where("vpc-id", slices.Repeat([]string{"vpc-0"}, 100)...),
			regiontest.Where("owner-id", slices.Repeat([]string{"1"}, n-100)...))
		_, err := d.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: filters})
		return err
	}
	if err := ask(200); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, ask(201), "FilterLimitExceeded")
	_, err := d.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: new("colour"), Values: []string{"red"}}}})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}
