package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Each way out has its parts, and of the others only what is left is looked for. The fleet comes after its way out.
func TestWaysOutOfThePrivateSubnets(t *testing.T) {
	all := []string{"address of nat-a", "address of nat-b", "nat-a", "nat-b", "private routes", "private routes b",
		"endpoints group", "endpoint-s3", "endpoint-ssm", "endpoint-ssmmessages"}
	for egress, want := range map[understudy.Egress]string{
		understudy.EgressNone:       "private routes: nowhere",
		understudy.EgressNAT:        "address of nat-a, nat-a, private routes: nat-0",
		understudy.EgressNATPerZone: "address of nat-a, address of nat-b, nat-a, nat-b, private routes: nat-0, private routes b: nat-1",
		understudy.EgressEndpoints:  "private routes: nowhere, endpoints group, endpoint-s3, endpoint-ssm, endpoint-ssmmessages",
	} {
		d := resourcetest.Declared(t)
		d.Regions = maps.Clone(d.Regions)
		place := d.Regions[understudy.Primary]
		place.Egress = egress
		d.Regions[understudy.Primary] = place
		v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		var got []string
		number := 0
		for _, name := range all {
			n := v.graph.byID["primary/"+name]
			left, isLeft := n.resource.(*retired)
			if isLeft {
				if _, ok := left.Resource.(*nat); ok {
					number++
				}
				continue
			}
			switch r := n.resource.(type) {
			case *nat:
				r.id = "nat-" + string(rune('0'+number))
				number++
			case *routes:
				name += ": " + r.way()
			}
			if !v.regions[understudy.Primary].fleetNode.comesAfter(n) {
				t.Errorf("%s: the fleet does not come after %s", egress, n.id)
			}
			got = append(got, name)
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", egress, text, want)
		}
	}
}

// One table has all private subnets, or each has those of its zone, and what one gives up the other takes.
func TestPrivateSubnetsFollowOneTable(t *testing.T) {
	for egress, want := range map[understudy.Egress]map[string]string{
		understudy.EgressNAT:        {"private-routes": "private-a private-b", "private-routes-b": "", "private-routes-c": ""},
		understudy.EgressNATPerZone: {"private-routes": "private-a", "private-routes-b": "private-b", "private-routes-c": ""},
	} {
		d := resourcetest.Declared(t)
		place := d.Regions[understudy.Primary]
		place.Egress = egress
		d.Regions[understudy.Primary] = place
		v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
		got := map[string]string{}
		for _, table := range v.regions[understudy.Primary].tables {
			var names []string
			for _, s := range table.subnets {
				names = append(names, s.Name)
				if slices.Contains(table.elsewhere, s) {
					t.Errorf("%s: %s is of two tables", egress, s.Name)
				}
			}
			if len(table.subnets)+len(table.elsewhere) != 6 { // those of a third zone too, which may be there
				t.Errorf("%s: %s knows %d subnets", egress, table.role, len(table.subnets)+len(table.elsewhere))
			}
			got[table.role] = strings.Join(names, " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", egress, diff)
		}
	}
}

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
		s, _ := twoNetworks(t, map[string]string{"DescribeNatGateways": "<natGatewaySet>" + c.found + "</natGatewaySet>"})
		v := &vpc{id: "vpc-1"}
		n := &nat{Scope: s, role: "nat-a", vpc: v, subnet: &subnet{id: "subnet-1", vpc: v}, address: &address{id: "eipalloc-1"}}
		there, err := n.Find(t.Context())
		var doubles []string
		for _, d := range n.Others() {
			doubles = append(doubles, d.Identity())
		}
		if err != nil || there != (c.id != "") || n.id != c.id || resource.Set(doubles...) != c.doubles {
			t.Errorf("%s: %v, %q in use, doubles %v, %v", name, there, n.id, doubles, err)
		}
	}
}

// An address is known by the NAT gateway that has it: where it has lost its tags, and of which network it is.
func TestAddressIsKnownByItsNATGateway(t *testing.T) {
	nats := "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-old</vpcId><natGatewayAddressSet><item>" +
		"<allocationId>eipalloc-old</allocationId></item></natGatewayAddressSet></item></natGatewaySet>"
	both := "<addressesSet><item><allocationId>eipalloc-old</allocationId><networkInterfaceId>eni-1</networkInterfaceId></item>" +
		"<item><allocationId>eipalloc-new</allocationId></item></addressesSet>"
	for of, v := range map[string]*vpc{
		"eipalloc-new": {id: "vpc-new", earlier: []*vpc{{id: "vpc-old"}}},
		"eipalloc-old": {id: "vpc-old", leaving: true},
	} {
		s, _ := twoNetworks(t, map[string]string{"DescribeNatGateways": nats, "DescribeAddresses": both})
		a := &address{Scope: s, role: "nat-a", vpc: v}
		if there, err := a.Find(t.Context()); !there || err != nil || a.id != of || len(a.Others()) > 0 {
			t.Errorf("of %s: %v, %q and %d doubles, %v", v.id, there, a.id, len(a.Others()), err)
		}
	}
}

func TestEndpointsDiffer(t *testing.T) {
	s := resourcetest.Scope(t)
	v := &vpc{id: "vpc-1"}
	e := &endpoint{Scope: s, of: understudy.Endpoint{Service: "ssm"}, vpc: v,
		within: []*subnet{{id: "subnet-a"}, {id: "subnet-b"}}, group: &group{id: "sg-1"},
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
	g := &endpoint{Scope: s, of: understudy.Endpoint{Service: "s3", Gateway: true}, vpc: v, table: &routes{id: "rtb-1"}}
	g.remember(ec2types.VpcEndpoint{State: "Available", RouteTableIds: []string{"rtb-2"}, PolicyDocument: found.PolicyDocument})
	in = g.modification(resource.Compare(g.Desired(), g.Actual()))
	if !slices.Equal(in.AddRouteTableIds, []string{"rtb-1"}) || !slices.Equal(in.RemoveRouteTableIds, []string{"rtb-2"}) {
		t.Errorf("%+v", in)
	}
}
