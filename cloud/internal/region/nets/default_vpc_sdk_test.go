package nets_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// defaults opens a region as an account on AWS has it: with a default VPC.
func defaults(t *testing.T) *desk {
	t.Helper()
	return &desk{regiontest.Open(t, region.Config{Name: "us-west-2", Index: 2, DefaultVPC: true})}
}

func (d *desk) subnets(filters ...ec2types.Filter) []ec2types.Subnet {
	d.T.Helper()
	return roomtest.Must(d.DescribeSubnets(d.T.Context(), &ec2.DescribeSubnetsInput{Filters: filters}))(d.T).Subnets
}

func TestDefaultVPCHasWhatInstancesNeedToBeReached(t *testing.T) {
	d := defaults(t)
	ctx := t.Context()
	vpcs := roomtest.Must(d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: regiontest.Where("is-default", "true")}))(t).Vpcs
	if len(vpcs) != 1 || *vpcs[0].CidrBlock != "172.31.0.0/16" || !*vpcs[0].IsDefault {
		t.Fatalf("default VPCs: %+v", vpcs)
	}
	vpc := *vpcs[0].VpcId
	var blocks, zones []string
	for _, s := range d.subnets(regiontest.Where("default-for-az", "true")...) {
		if !*s.DefaultForAz || !*s.MapPublicIpOnLaunch || *s.VpcId != vpc || *s.AvailableIpAddressCount != 4091 {
			t.Errorf("default subnet %+v", s)
		}
		blocks, zones = append(blocks, *s.CidrBlock), append(zones, *s.AvailabilityZone)
	}
	slices.Sort(blocks)
	slices.Sort(zones)
	roomtest.WantSame(t, "blocks", blocks, "172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20")
	roomtest.WantSame(t, "zones", zones, "us-west-2a", "us-west-2b", "us-west-2c")
	in := regiontest.Where("vpc-id", vpc)
	tables := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: in}))(t).RouteTables
	gateways := roomtest.Must(d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: regiontest.Where("attachment.vpc-id", vpc)}))(t)
	if len(tables) != 1 || len(gateways.InternetGateways) != 1 {
		t.Fatalf("route tables %+v, gateways %+v", tables, gateways)
	}
	roomtest.WantSame(t, "routes", d.routes(*tables[0].RouteTableId), "172.31.0.0/16 local active",
		"0.0.0.0/0 "+*gateways.InternetGateways[0].InternetGatewayId+" active")
	for _, a := range []ec2types.VpcAttributeName{"enableDnsSupport", "enableDnsHostnames"} {
		out := roomtest.Must(d.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: a}))(t)
		if v := cmpOr(out.EnableDnsSupport, out.EnableDnsHostnames); !*v.Value {
			t.Errorf("%s is false", a)
		}
	}
	if acls := d.networkACLs(in...); len(acls) != 1 || len(acls[0].Associations) != 3 {
		t.Errorf("network ACLs %+v", acls)
	}
	options := roomtest.Must(d.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{*vpcs[0].DhcpOptionsId}}))(t).DhcpOptions
	if len(options) != 1 || *options[0].DhcpConfigurations[0].Values[0].Value != "us-west-2.compute.internal" {
		t.Errorf("DHCP options %+v", options)
	}
	_, err := d.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{"dopt-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidDhcpOptionID.NotFound")
}

func cmpOr(a, b *ec2types.AttributeBooleanValue) *ec2types.AttributeBooleanValue {
	if a != nil {
		return a
	}
	return b
}

func TestInstanceWithoutSubnetIsLaunchedInTheDefaultVPC(t *testing.T) {
	d := defaults(t)
	ctx := t.Context()
	group := roomtest.Must(d.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("web"), Description: new("web")}))(t).GroupId
	in := ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SecurityGroupIds: []string{*group},
	}
	run := func(in ec2.RunInstancesInput) (*ec2.RunInstancesOutput, error) { return d.RunInstances(ctx, &in) } // the client adds a token
	first := roomtest.Must(run(in))(t).Instances[0]
	d.AwaitState(*first.InstanceId, ec2types.InstanceStateNameRunning)
	found := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*first.InstanceId}}))(t).Reservations[0].Instances[0]
	if aws.ToString(found.PublicIpAddress) == "" || aws.ToString(found.PublicDnsName) == "" || *found.SecurityGroups[0].GroupId != *group {
		t.Errorf("instance %+v", found)
	}
	in.Placement = &ec2types.Placement{AvailabilityZone: new("us-west-2c")}
	placed := roomtest.Must(run(in))(t).Instances[0]
	if s := d.subnets(regiontest.Where("subnet-id", *placed.SubnetId)...)[0]; *s.AvailabilityZone != "us-west-2c" || !*s.DefaultForAz {
		t.Errorf("the instance for us-west-2c is in %+v", s)
	}
	in.InstanceType, in.Placement = "", nil
	out, err := run(in)
	if regiontest.SmallType() == "t4g.micro" { // m1.small is not of this machine's architecture
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
	} else if err != nil || out.Instances[0].InstanceType != ec2types.InstanceTypeM1Small {
		t.Errorf("without a type: %+v, %v", out, err)
	}
}

func TestDefaultVPCIsDeletedAndMadeAgain(t *testing.T) {
	d := defaults(t)
	ctx := t.Context()
	_, err := d.CreateDefaultVpc(ctx, &ec2.CreateDefaultVpcInput{})
	roomtest.WantAPIError(t, err, "DefaultVpcAlreadyExists")
	_, err = d.CreateDefaultSubnet(ctx, &ec2.CreateDefaultSubnetInput{AvailabilityZone: new("us-west-2b")})
	roomtest.WantAPIError(t, err, "DefaultSubnetAlreadyExistsInAvailabilityZone")
	_, err = d.CreateDefaultSubnet(ctx, &ec2.CreateDefaultSubnetInput{})
	roomtest.WantAPIError(t, err, "MissingParameter")
	all := d.subnets()
	vpc := *all[0].VpcId
	remove := func(s ec2types.Subnet) {
		roomtest.Must(d.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: s.SubnetId}))(t)
	}
	remove(all[0])
	again := roomtest.Must(d.CreateDefaultSubnet(ctx, &ec2.CreateDefaultSubnetInput{AvailabilityZone: all[0].AvailabilityZone}))(t).Subnet
	if *again.CidrBlock != *all[0].CidrBlock || !*again.DefaultForAz {
		t.Errorf("the subnet is %+v and was %+v", again, all[0])
	}
	for _, s := range d.subnets() {
		remove(s)
	}
	run := ec2.RunInstancesInput{ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1))}
	first := run
	_, err = d.RunInstances(ctx, &first)
	roomtest.WantAPIError(t, err, "MissingInput")
	_, err = d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	gateway := roomtest.Must(d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{}))(t).InternetGateways[0].InternetGatewayId
	roomtest.Must(d.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &vpc}))(t)
	roomtest.Must(d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}))(t)
	d.Reopen()
	if vpcs := roomtest.Must(d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs; len(vpcs) != 0 {
		t.Errorf("after a restart there is %+v", vpcs)
	}
	_, err = d.RunInstances(ctx, &run)
	roomtest.WantAPIError(t, err, "VPCIdNotSpecified")
	_, err = d.CreateDefaultSubnet(ctx, &ec2.CreateDefaultSubnetInput{AvailabilityZone: new("us-west-2b")})
	roomtest.WantAPIError(t, err, "DefaultVpcDoesNotExist")
	if made := roomtest.Must(d.CreateDefaultVpc(ctx, &ec2.CreateDefaultVpcInput{}))(t).Vpc; !*made.IsDefault || len(d.subnets()) != 3 {
		t.Errorf("the default VPC is %+v, its subnets %+v", made, d.subnets())
	}
}
