package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestNoVPCIsLinkedToClassic(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	links := roomtest.Must(d.DescribeVpcClassicLink(ctx, &ec2.DescribeVpcClassicLinkInput{VpcIds: []string{vpc}}))(t)
	if len(links.Vpcs) != 1 || *links.Vpcs[0].VpcId != vpc || *links.Vpcs[0].ClassicLinkEnabled {
		t.Errorf("links of %s: %+v", vpc, links.Vpcs)
	}
	links = roomtest.Must(d.DescribeVpcClassicLink(ctx, &ec2.DescribeVpcClassicLinkInput{Filters: regiontest.Where("is-classic-link-enabled", "true")}))(t)
	if len(links.Vpcs) != 0 {
		t.Errorf("linked: %+v", links.Vpcs)
	}
	names := roomtest.Must(d.DescribeVpcClassicLinkDnsSupport(ctx, &ec2.DescribeVpcClassicLinkDnsSupportInput{VpcIds: []string{vpc}}))(t)
	if len(names.Vpcs) != 1 || *names.Vpcs[0].VpcId != vpc || *names.Vpcs[0].ClassicLinkDnsSupported {
		t.Errorf("names of %s: %+v", vpc, names.Vpcs)
	}
	none := []string{"vpc-0123456789abcdef0"}
	_, err := d.DescribeVpcClassicLink(ctx, &ec2.DescribeVpcClassicLinkInput{VpcIds: none})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
	_, err = d.DescribeVpcClassicLinkDnsSupport(ctx, &ec2.DescribeVpcClassicLinkDnsSupportInput{VpcIds: none})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
}
