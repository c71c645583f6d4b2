package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksIPv6(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_vpc with assign_generated_ipv6_cidr_block", create: (*provider).createVPC, read: (*provider).readVPC, destroy: (*provider).deleteVPC,
			update: func(p *provider, id string) { p.generated(id) },
			gone:   []string{"InvalidVpcID.NotFound"},
		},
		{
			resource: "aws_subnet with ipv6_cidr_block", gone: []string{"InvalidSubnetID.NotFound"}, read: (*provider).readSubnet,
			create: func(p *provider) string {
				p.generated(p.vpc)
				return p.subnetIn("10.20.9.0/24", "us-east-1c")
			},
			update: func(p *provider, id string) {
				ctx := p.T.Context()
				roomtest.Must(p.AssociateSubnetCidrBlock(ctx, &ec2.AssociateSubnetCidrBlockInput{SubnetId: &id, Ipv6CidrBlock: new("2001:db8:100:9::/64")}))(p.T)
				roomtest.Must(p.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &id, AssignIpv6AddressOnCreation: truth(true)}))(p.T)
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteSubnet(p.T.Context(), &ec2.DeleteSubnetInput{SubnetId: &id}))(p.T)
			},
		},
		{
			resource: "aws_egress_only_internet_gateway", gone: []string{"InvalidGatewayID.NotFound"}, read: (*provider).readEgressOnly,
			create: (*provider).createEgressOnly,
			update: func(p *provider, id string) { p.setTag(id, "Name", "changed") },
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteEgressOnlyInternetGateway(p.T.Context(), &ec2.DeleteEgressOnlyInternetGatewayInput{EgressOnlyInternetGatewayId: &id}))(p.T)
			},
		},
		{
			resource: "aws_route of IPv6",
			create: func(p *provider) string {
				table, gateway := p.createRouteTable(), p.createEgressOnly()
				roomtest.Must(p.CreateRoute(p.T.Context(), &ec2.CreateRouteInput{
					RouteTableId: &table, DestinationIpv6CidrBlock: new("::/0"), EgressOnlyInternetGatewayId: &gateway,
				}))(p.T)
				return table
			},
			read: (*provider).readIPv6Route,
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteRoute(p.T.Context(), &ec2.DeleteRouteInput{RouteTableId: &id, DestinationIpv6CidrBlock: new("::/0")}))(p.T)
				_, err := p.DeleteRoute(p.T.Context(), &ec2.DeleteRouteInput{RouteTableId: &id, DestinationIpv6CidrBlock: new("::/0")})
				roomtest.WantAPIError(p.T, err, "InvalidRoute.NotFound") // which is forgiven
			},
		},
	})
}

// generated gives a VPC a block of Amazon's, as the provider does in place.
func (p *provider) generated(vpc string) {
	p.T.Helper()
	in := &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, AmazonProvidedIpv6CidrBlock: new(true), Ipv6CidrBlockNetworkBorderGroup: new("us-east-1")}
	out := roomtest.Must(p.AssociateVpcCidrBlock(p.T.Context(), in))(p.T)
	there(p, "AssociationId", there(p, "Ipv6CidrBlockAssociation", out.Ipv6CidrBlockAssociation).AssociationId)
}

func (p *provider) createEgressOnly() string {
	out := roomtest.Must(p.CreateEgressOnlyInternetGateway(p.T.Context(), &ec2.CreateEgressOnlyInternetGatewayInput{
		VpcId: &p.vpc, ClientToken: new("terraform-1"), TagSpecifications: tagged("egress-only-internet-gateway"),
	}))(p.T)
	return *out.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId
}

func (p *provider) readEgressOnly(id string) (any, error) {
	out, err := p.DescribeEgressOnlyInternetGateways(p.T.Context(), &ec2.DescribeEgressOnlyInternetGatewaysInput{EgressOnlyInternetGatewayIds: []string{id}})
	if err != nil {
		return nil, err
	}
	g := there(p, "the gateway", only(p, out.EgressOnlyInternetGateways))
	if a := there(p, "the attachment", only(p, g.Attachments)); *a.VpcId != p.vpc {
		p.T.Errorf("the gateway's attachment is to %s", *a.VpcId)
	}
	return g, nil
}

func (p *provider) readIPv6Route(table string) (any, error) {
	out, err := p.DescribeRouteTables(p.T.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}})
	if err != nil {
		return nil, err
	}
	for _, r := range only(p, out.RouteTables).Routes {
		if r.DestinationIpv6CidrBlock != nil && *r.DestinationIpv6CidrBlock == "::/0" && r.Origin == ec2types.RouteOriginCreateRoute {
			return r, nil
		}
	}
	return nil, nil
}
