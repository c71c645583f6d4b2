package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestNoAddressIsAllocated(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	id := d.Run(subnet, 1)[0]
	// The public address of an instance is no Elastic IP address.
	for _, in := range []*ec2.DescribeAddressesInput{{}, {Filters: regiontest.Where("instance-id", id)}, {Filters: regiontest.Where("tag:role", "web")}} {
		out, err := d.DescribeAddresses(ctx, in)
		if err != nil || len(out.Addresses) != 0 {
			t.Errorf("addresses %+v, %v", out, err)
		}
	}
	for code, in := range map[string]ec2.DescribeAddressesInput{
		"InvalidAllocationID.NotFound": {AllocationIds: []string{"eipalloc-0123456789abcdef0"}},
		"InvalidAddress.NotFound":      {PublicIps: []string{"192.0.2.1"}},
		"InvalidParameterValue":        {Filters: regiontest.Where("colour", "red")},
	} {
		_, err := d.DescribeAddresses(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
}
