package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestInternetGatewayIsDeletedOnceDetached(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway, table := d.Gateway(vpc), d.routeTable(vpc)
	if _, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: new("0.0.0.0/0"), GatewayId: &gateway}); err != nil {
		t.Fatal(err)
	}
	loose := d.Gateway("")
	attached, err := d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: regiontest.Where("attachment.vpc-id", "*")})
	if err != nil {
		t.Fatal(err)
	}
	id := func(g ec2types.InternetGateway) *string { return g.InternetGatewayId }
	roomtest.WantSame(t, "attached gateways", regiontest.IDsOf(attached.InternetGateways, id), gateway)
	if _, err := d.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &loose}); err != nil {
		t.Errorf("one that was never attached: %v", err)
	}
	in := &ec2.DeleteInternetGatewayInput{InternetGatewayId: &gateway}
	_, err = d.DeleteInternetGateway(ctx, in)
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: new("igw-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidInternetGatewayID.NotFound")
	if _, err := d.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc}); err != nil {
		t.Fatal(err)
	}
	dry := *in
	dry.DryRun = new(true)
	_, err = d.DeleteInternetGateway(ctx, &dry)
	roomtest.WantAPIError(t, err, "DryRunOperation")
	if _, err := d.DeleteInternetGateway(ctx, in); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	_, err = d.DeleteInternetGateway(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidInternetGatewayID.NotFound")
	_, err = d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{gateway}})
	roomtest.WantAPIError(t, err, "InvalidInternetGatewayID.NotFound")
	roomtest.WantSame(t, "routes after it", d.routes(table), "10.0.0.0/16 local active", "0.0.0.0/0 "+gateway+" blackhole")
}

func TestSubnetIsDeletedOnceEmpty(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	table := d.routeTable(vpc)
	if _, err := d.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}); err != nil {
		t.Fatal(err)
	}
	instance := d.Run(subnet, 1)[0]
	in := &ec2.DeleteSubnetInput{SubnetId: &subnet}
	_, err := d.DeleteSubnet(ctx, in)
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: new("subnet-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidSubnetID.NotFound")
	if _, err := d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{instance}}); err != nil {
		t.Fatal(err)
	}
	d.AwaitState(instance, ec2types.InstanceStateNameTerminated)
	if _, err := d.DeleteSubnet(ctx, in); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	_, err = d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}})
	roomtest.WantAPIError(t, err, "InvalidSubnetID.NotFound")
	// Its association went with it, so that the table may go.
	if a := d.describeRouteTable(table).Associations; len(a) != 0 {
		t.Errorf("associations %v", a)
	}
	// Its range is free again.
	if _, err := d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.0.1.0/25")}); err != nil {
		t.Error(err)
	}
}

// A dry run tells whether the call is permitted, and no more (DryRun of each operation's reference).
func TestDryRunOfADeletionLooksForNoDependencies(t *testing.T) {
	d := newDesk(t)
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Run(subnet, 1)
	yes := new(true)
	_, err := d.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &vpc, DryRun: yes})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	_, err = d.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: &subnet, DryRun: yes})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	_, err = d.DeleteInternetGateway(t.Context(), &ec2.DeleteInternetGatewayInput{InternetGatewayId: new(d.Gateway(vpc)), DryRun: yes})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	_, err = d.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
}

func TestVPCAttributesAreToldOneByOne(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	attributes := func() (dns, names bool) {
		t.Helper()
		a, err := d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: "enableDnsSupport"})
		if err != nil || a.EnableDnsSupport == nil || a.EnableDnsHostnames != nil || *a.VpcId != vpc {
			t.Fatalf("enableDnsSupport: %+v, %v", a, err)
		}
		b, err := d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: "enableDnsHostnames"})
		if err != nil || b.EnableDnsHostnames == nil || b.EnableDnsSupport != nil {
			t.Fatalf("enableDnsHostnames: %+v, %v", b, err)
		}
		return aws.ToBool(a.EnableDnsSupport.Value), aws.ToBool(b.EnableDnsHostnames.Value)
	}
	// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html: a VPC that is no default VPC has support, and no host names.
	if dns, names := attributes(); !dns || names {
		t.Errorf("a new VPC: support %v, host names %v", dns, names)
	}
	on, off := &ec2types.AttributeBooleanValue{Value: new(true)}, &ec2types.AttributeBooleanValue{Value: new(false)}
	for _, in := range []*ec2.ModifyVpcAttributeInput{
		{VpcId: &vpc, EnableDnsSupport: off}, {VpcId: &vpc, EnableDnsHostnames: on}, {VpcId: &vpc, EnableNetworkAddressUsageMetrics: on},
	} {
		if _, err := d.ModifyVpcAttribute(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	d.Reopen()
	if dns, names := attributes(); dns || !names {
		t.Errorf("after the changes: support %v, host names %v", dns, names)
	}
	usage, err := d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: "enableNetworkAddressUsageMetrics"})
	if err != nil || usage.EnableNetworkAddressUsageMetrics == nil || !aws.ToBool(usage.EnableNetworkAddressUsageMetrics.Value) {
		t.Errorf("enableNetworkAddressUsageMetrics: %+v, %v", usage, err)
	}
	_, err = d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: "colour"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: new("vpc-0123456789abcdef0"), Attribute: "enableDnsSupport"})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
}
