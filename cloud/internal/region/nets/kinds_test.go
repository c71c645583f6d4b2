package nets

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestEveryKindIsWhole(t *testing.T) {
	r, _ := open(t)
	resourcetest.WantWhole(t, r.Registry, kinds)
}

// A create call's tags are kept for whatever kind it makes, and DescribeTags names that kind.
func TestTagsGivenAtCreationAreKept(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	as := resourcetest.MadeAs
	vpc := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), TagSpecifications: as("vpc")}))(t).Vpc.VpcId
	subnet := roomtest.Must(r.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: vpc, CidrBlock: new("10.0.1.0/24"), TagSpecifications: as("subnet"),
	}))(t).Subnet.SubnetId
	roomtest.Must(r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: as("internet-gateway")}))(t)
	roomtest.Must(r.CreateEgressOnlyInternetGateway(ctx, &ec2.CreateEgressOnlyInternetGatewayInput{
		VpcId: vpc, TagSpecifications: as("egress-only-internet-gateway"),
	}))(t)
	roomtest.Must(r.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: vpc, TagSpecifications: as("route-table")}))(t)
	group := roomtest.Must(r.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: vpc, GroupName: new("g"), Description: new("d"), TagSpecifications: as("security-group"),
	}))(t).GroupId
	roomtest.Must(r.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{IpProtocol: new("-1"), IpRanges: []ec2types.IpRange{{CidrIp: new("10.0.0.0/8")}}}},
		TagSpecifications: as("security-group-rule"),
	}))(t)
	roomtest.Must(r.AllocateAddress(ctx, &ec2.AllocateAddressInput{TagSpecifications: as("elastic-ip")}))(t)
	roomtest.Must(r.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: subnet, ConnectivityType: "private", TagSpecifications: as("natgateway")}))(t)
	roomtest.Must(r.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: vpc, TagSpecifications: as("network-acl")}))(t)
	roomtest.Must(r.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{
		VpcId: vpc, PeerVpcId: vpc, TagSpecifications: as("vpc-peering-connection"),
	}))(t)
	roomtest.Must(r.CreateManagedPrefixList(ctx, &ec2.CreateManagedPrefixListInput{
		PrefixListName: new("l"), AddressFamily: new("IPv4"), MaxEntries: new(int32(1)), TagSpecifications: as("prefix-list"),
	}))(t)
	roomtest.Must(r.CreateDhcpOptions(ctx, &ec2.CreateDhcpOptionsInput{
		DhcpConfigurations: []ec2types.NewDhcpConfiguration{{Key: new("domain-name"), Values: []string{"a.test"}}}, TagSpecifications: as("dhcp-options"),
	}))(t)
	roomtest.Must(r.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: vpc, ServiceName: new("com.amazonaws.us-east-1.s3"), TagSpecifications: as("vpc-endpoint"),
	}))(t)
	roomtest.Must(r.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnet, TagSpecifications: as("network-interface")}))(t)
	resourcetest.WantTagged(t, roomtest.Must(r.DescribeTags(ctx, &ec2.DescribeTagsInput{}))(t), kinds)
}
