package nets_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// A region has five VPCs and five internet gateways, until AWS raises the quotas.
func TestVPCsAndGatewaysAreBounded(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	var last string
	for i := range 5 {
		last, _ = d.VPC(fmt.Sprintf("10.%d.0.0/16", i), fmt.Sprintf("10.%d.1.0/24", i), false)
		d.Gateway("")
	}
	_, err := d.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.9.0.0/16")})
	roomtest.WantAPIError(t, err, "VpcLimitExceeded")
	_, err = d.CreateDefaultVpc(ctx, &ec2.CreateDefaultVpcInput{})
	roomtest.WantAPIError(t, err, "VpcLimitExceeded")
	_, err = d.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	roomtest.WantAPIError(t, err, "InternetGatewayLimitExceeded")
	subnets := roomtest.Must(d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets
	for _, s := range subnets {
		if *s.VpcId == last {
			roomtest.Must(d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: s.SubnetId}))(t)
		}
	}
	roomtest.Must(d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &last}))(t)
	roomtest.Must(d.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.9.0.0/16")}))(t)
}

// Who has more VPCs has as many internet gateways.
func TestGatewaysAreAsManyAsVPCs(t *testing.T) {
	d := &desk{regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, Quotas: map[string]int{"L-F678F1CE": 7}})}
	for range 7 {
		d.Gateway("")
	}
	_, err := d.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{})
	roomtest.WantAPIError(t, err, "InternetGatewayLimitExceeded")
}
