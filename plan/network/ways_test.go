package network

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A NAT gateway of another subnet or with another address is replaced: it is a double of the one to be made.
func TestNATGatewayOfAnotherAddressIsReplaced(t *testing.T) {
	one := func(id, subnet, allocation string) string {
		return "<item><natGatewayId>" + id + "</natGatewayId><subnetId>" + subnet + "</subnetId><vpcId>vpc-1</vpcId><state>available</state>" +
			"<natGatewayAddressSet><item><allocationId>" + allocation + "</allocationId><isPrimary>true</isPrimary></item></natGatewayAddressSet></item>"
	}
	for name, c := range map[string]struct{ found, id, doubles string }{
		"as declared":     {one("nat-1", "subnet-1", "eipalloc-1"), "nat-1", ""},
		"another subnet":  {one("nat-1", "subnet-2", "eipalloc-1"), "", "nat-1"},
		"another address": {one("nat-1", "subnet-1", "eipalloc-2"), "", "nat-1"},
		"both":            {one("nat-1", "subnet-1", "eipalloc-2") + one("nat-2", "subnet-1", "eipalloc-1"), "nat-2", "nat-1"},
	} {
		s, _ := resourcetest.TwoNetworks(t, map[string]string{"DescribeNatGateways": "<natGatewaySet>" + c.found + "</natGatewaySet>"})
		v := &VPC{ID: "vpc-1"}
		n := &NAT{Scope: s, Role: "nat-a", VPC: v, Subnet: &Subnet{ID: "subnet-1", VPC: v}, Address: &Address{id: "eipalloc-1"}}
		there, err := n.Find(t.Context())
		var doubles []string
		for _, d := range n.Others() {
			doubles = append(doubles, d.Identity())
		}
		if err != nil || there != (c.id != "") || n.ID != c.id || resource.Set(doubles...) != c.doubles {
			t.Errorf("%s: %v, %q in use, doubles %v, %v", name, there, n.ID, doubles, err)
		}
	}
}

// An address is known by the NAT gateway that has it: where it has lost its tags, and of which network it is.
func TestAddressIsKnownByItsNATGateway(t *testing.T) {
	nats := "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-old</vpcId><natGatewayAddressSet><item>" +
		"<allocationId>eipalloc-old</allocationId></item></natGatewayAddressSet></item></natGatewaySet>"
	both := "<addressesSet><item><allocationId>eipalloc-old</allocationId><networkInterfaceId>eni-1</networkInterfaceId></item>" +
		"<item><allocationId>eipalloc-new</allocationId></item></addressesSet>"
	for of, v := range map[string]*VPC{
		"eipalloc-new": {ID: "vpc-new", Earlier: []*VPC{{ID: "vpc-old"}}},
		"eipalloc-old": {ID: "vpc-old", Leaving: true},
	} {
		s, _ := resourcetest.TwoNetworks(t, map[string]string{"DescribeNatGateways": nats, "DescribeAddresses": both})
		a := &Address{Scope: s, Role: "nat-a", VPC: v}
		if there, err := a.Find(t.Context()); !there || err != nil || a.id != of || len(a.Others()) > 0 {
			t.Errorf("of %s: %v, %q and %d doubles, %v", v.ID, there, a.id, len(a.Others()), err)
		}
	}
}

func TestEndpointsDiffer(t *testing.T) {
	s := resourcetest.Scope(t)
	v := &VPC{ID: "vpc-1"}
	e := &Endpoint{Scope: s, Of: understudy.Endpoint{Service: "ssm"}, VPC: v,
		Within: []*Subnet{{ID: "subnet-a"}, {ID: "subnet-b"}}, Group: &Group{ID: "sg-1"},
	}
	found := ec2types.VpcEndpoint{
		VpcEndpointId: aws.String("vpce-1"), VpcId: aws.String("vpc-1"), ServiceName: aws.String("com.amazonaws.us-east-1.ssm"), State: "available",
		SubnetIds: []string{"subnet-a", "subnet-b"}, Groups: []ec2types.SecurityGroupIdentifier{{GroupId: aws.String("sg-1")}}, PrivateDnsEnabled: aws.Bool(true),
		PolicyDocument: aws.String(`{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}`),
		Tags:           s.Mark("endpoint-ssm").EC2("vpc-endpoint")[0].Tags,
	}
	e.remember(found)
	resourcetest.Expect(t, e)
	found.SubnetIds, found.PrivateDnsEnabled = []string{"subnet-b", "subnet-c"}, aws.Bool(false)
	found.Groups = []ec2types.SecurityGroupIdentifier{{GroupId: aws.String("sg-2")}}
	found.PolicyDocument = aws.String(`{"Version": "2008-10-17", "Statement": [{"Action": "*", "Effect": "Deny", "Principal": "*", "Resource": "*"}]}`)
	e.remember(found)
	resourcetest.Expect(t, e, "subnets: subnet-a, subnet-b, not subnet-b, subnet-c",
		"groups: sg-1, not sg-2", "private names: yes, not no", "policy: everything, not another")
	in := e.modification(resource.Compare(e.Desired(), e.Actual()))
	if in == nil || !slices.Equal(in.AddSubnetIds, []string{"subnet-a"}) || !slices.Equal(in.RemoveSubnetIds, []string{"subnet-c"}) || !*in.PrivateDnsEnabled ||
		!*in.ResetPolicy || !slices.Equal(in.AddSecurityGroupIds, []string{"sg-1"}) || !slices.Equal(in.RemoveSecurityGroupIds, []string{"sg-2"}) {
		t.Errorf("%+v", in)
	}
	found.ServiceName = aws.String("com.amazonaws.us-east-1.ec2")
	if e.remember(found); e.Fits() >= 0 {
		t.Error("an endpoint of another service is used")
	}
	g := &Endpoint{Scope: s, Of: understudy.Endpoint{Service: "s3", Gateway: true}, VPC: v, Table: &Routes{id: "rtb-1"}}
	g.remember(ec2types.VpcEndpoint{State: "Available", RouteTableIds: []string{"rtb-2"}, PolicyDocument: found.PolicyDocument})
	in = g.modification(resource.Compare(g.Desired(), g.Actual()))
	if !slices.Equal(in.AddRouteTableIds, []string{"rtb-1"}) || !slices.Equal(in.RemoveRouteTableIds, []string{"rtb-2"}) {
		t.Errorf("%+v", in)
	}
}
