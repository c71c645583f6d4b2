package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestVPCGetsFurtherRanges(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, first := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	peer, _ := d.VPC("10.5.0.0/16", "10.5.1.0/24", false)
	if err := accept(d.Desk, request(d.Desk, vpc, peer, "")); err != nil {
		t.Fatal(err)
	}
	gateway := d.Gateway(vpc)
	table := roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	roomtest.Must(d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: new("10.7.1.0/24"), GatewayId: &gateway}))(t)
	d.Run(first, 1)
	associate := func(cidr string) (*ec2.AssociateVpcCidrBlockOutput, error) {
		return d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, CidrBlock: &cidr})
	}
	made := roomtest.Must(associate("10.1.0.0/16"))(t).CidrBlockAssociation
	if made.CidrBlockState.State != "associating" || *made.CidrBlock != "10.1.0.0/16" {
		t.Errorf("%+v", made)
	}
	for cidr, code := range map[string]string{
		"10.1.128.0/20":  "InvalidVpc.Range", // it has it
		"10.5.0.0/20":    "InvalidVpc.Range", // its peer has it
		"10.7.0.0/16":    "InvalidVpc.Range", // a route leads a part of it elsewhere
		"172.16.0.0/16":  "InvalidVpc.Range",
		"192.168.0.0/16": "InvalidVpc.Range",
		"10.8.0.0/12":    "InvalidVpc.Range",
		"10.8.0.0/29":    "InvalidVpc.Range",
		"ten":            "InvalidParameterValue",
	} {
		_, err := associate(cidr)
		t.Run(cidr, func(t *testing.T) { roomtest.WantAPIError(t, err, code) })
	}
	d.Reopen()
	shown := roomtest.Must(d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: regiontest.Where("cidr-block-association.cidr-block", "10.1.0.0/16")}))(t).Vpcs
	if len(shown) != 1 || *shown[0].CidrBlock != "10.0.0.0/16" || len(shown[0].CidrBlockAssociationSet) != 2 ||
		*shown[0].CidrBlockAssociationSet[1].AssociationId != *made.AssociationId {
		t.Fatalf("%+v", shown)
	}
	routes := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{*table}}))(t).RouteTables[0].Routes
	if len(routes) != 3 || *routes[1].GatewayId != "local" || *routes[1].DestinationCidrBlock != "10.1.0.0/16" {
		t.Errorf("routes %+v", routes)
	}
	known := roomtest.Must(d.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{
		Filters: regiontest.Where("requester-vpc-info.cidr-block", "10.1.0.0/16"),
	}))(t)
	if len(known.VpcPeeringConnections) != 1 {
		t.Error("the peer does not know the further range")
	}
	subnet := roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.1.1.0/24")}))(t).Subnet.SubnetId
	if more := d.Fabric.Applied(vpc).More; len(more) != 1 || more[0].String() != "10.1.0.0/16" {
		t.Errorf("the network has the further ranges %v", more)
	}
	remove := func(id *string) error {
		_, err := d.DisassociateVpcCidrBlock(ctx, &ec2.DisassociateVpcCidrBlockInput{AssociationId: id})
		return err
	}
	roomtest.WantAPIError(t, remove(made.AssociationId), "DependencyViolation")
	roomtest.WantAPIError(t, remove(shown[0].CidrBlockAssociationSet[0].AssociationId), "OperationNotPermitted")
	roomtest.Must(d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: subnet}))(t)
	if err := remove(made.AssociationId); err != nil {
		t.Fatal(err)
	}
	roomtest.WantAPIError(t, remove(made.AssociationId), "InvalidVpcCidrBlockAssociationID.NotFound")
	for _, cidr := range []string{"10.20.0.0/16", "10.21.0.0/16", "10.22.0.0/16", "100.64.0.0/16"} {
		roomtest.Must(associate(cidr))(t)
	}
	_, err := associate("10.24.0.0/16")
	roomtest.WantAPIError(t, err, "CidrLimitExceeded")
	_, err = d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: new("vpc-0123456789abcdef0"), CidrBlock: new("10.24.0.0/16")})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
	_, err = d.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &vpc, Ipv6Pool: new("mine"), Ipv6CidrBlock: new("2001:db8::/56")})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
}
