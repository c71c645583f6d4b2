package parity

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

const bothGiven = `name: hello
domain: hello.test
regions:
  primary:   {name: us-east-1, network: {vpc_tags: {Name: main}, public_tags: {Tier: public}, private_tags: {Tier: private}}}
  secondary: {name: us-west-2, network: {vpc_tags: {Name: main}, public_tags: {Tier: public}, private_tags: {Tier: private}}}
image:
  run: hello &
`

// strangers is a region whose network its owner has laid out: one route table for all subnets of a kind, or one for each.
func strangers(region string, tables int) *facts {
	id := func(kind string) *string { return aws.String(kind + "-" + region) }
	f := &facts{
		vpc: &ec2types.Vpc{VpcId: id("vpc"), State: ec2types.VpcStateAvailable, InstanceTenancy: "default", CidrBlock: aws.String("10.1.0.0/16")},
		vpcAttributes: map[ec2types.VpcAttributeName]string{
			ec2types.VpcAttributeNameEnableDnsSupport: "true", ec2types.VpcAttributeNameEnableDnsHostnames: "false",
		},
		given: map[string]string{*id("vpc"): "vpc"},
		endpoints: []ec2types.VpcEndpoint{
			{VpcEndpointId: id("vpce"), VpcEndpointType: "Gateway", ServiceName: aws.String("com.amazonaws." + region + ".s3")},
			{VpcEndpointId: id("vpce-2"), VpcEndpointType: "Interface", ServiceName: aws.String("com.amazonaws." + region + ".ssm"), State: "Available",
				PrivateDnsEnabled: aws.Bool(true)},
		},
		groups: []ec2types.SecurityGroup{
			{GroupId: id("sg-own"), Tags: []ec2types.Tag{tag(account.TagStack, "hello"), tag(account.TagRole, "internal")}},
			{GroupId: id("sg-theirs"), GroupName: aws.String(region + " of somebody")}, {GroupId: id("sg-default"), GroupName: aws.String("default")},
		},
	}
	f.acls = []ec2types.NetworkAcl{{NetworkAclId: id("acl"), IsDefault: aws.Bool(true), Entries: []ec2types.NetworkAclEntry{
		{RuleNumber: aws.Int32(100), RuleAction: "allow", Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0"), Egress: aws.Bool(false)},
	}}}
	for n := range tables {
		f.tables = append(f.tables, ec2types.RouteTable{RouteTableId: id("rtb-" + itoa(n)), Routes: []ec2types.Route{
			{DestinationCidrBlock: aws.String("10.1.0.0/16"), GatewayId: aws.String("local")},
			{DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: id("nat-" + itoa(n))},
			{DestinationCidrBlock: aws.String("10.50.0.0/16"), TransitGatewayId: id("tgw")},
			{DestinationPrefixListId: id("pl"), GatewayId: id("vpce")},
		}})
	}
	f.tables = append(f.tables, ec2types.RouteTable{
		RouteTableId: id("rtb-main"), Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}},
		Routes: []ec2types.Route{{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: id("igw")}},
	})
	for n, role := range []string{"public-a", "public-b", "private-a", "private-b", ""} {
		s := subnet("subnet-"+region+itoa(n), region+string("abab"[n%4]), "10.1."+itoa(n)+".0/24", tag("Tier", "any"))
		s.State, s.AvailableIpAddressCount = ec2types.SubnetStateAvailable, aws.Int32(250)
		f.subnets = append(f.subnets, s)
		if role != "" {
			f.given[*s.SubnetId] = role
		}
		if strings.HasPrefix(role, "private") {
			t := &f.tables[n%tables]
			t.Associations = append(t.Associations, ec2types.RouteTableAssociation{SubnetId: s.SubnetId})
		}
		f.acls[0].Associations = append(f.acls[0].Associations, ec2types.NetworkAclAssociation{SubnetId: s.SubnetId})
	}
	return f
}

func givenBoth(t *testing.T) *understudy.Declaration {
	t.Helper()
	d, err := understudy.Parse("understudy.yaml", []byte(bothGiven), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ofNetworks are the differences of two networks, and of nothing else.
func ofNetworks(d *understudy.Declaration, left, right *facts) []string {
	e := expect(d)
	found := differences(canonical(at("us-east-1", understudy.Primary, d), left), canonical(at("us-west-2", understudy.Secondary, d), right), e)
	var names []string
	for _, d := range found {
		if strings.HasPrefix(d.kind, kindNetwork) || d.kind == "security group" && d.role != "internal" && d.role != "public-facing" {
			names = append(names, d.name()+" "+d.values[0]+" / "+d.values[1])
		}
	}
	return names
}

// Two networks that lead to the same are alike, however their owners have laid them out.
func TestGivenNetworksAreComparedByWhatTheyLeadTo(t *testing.T) {
	d := givenBoth(t)
	if found := ofNetworks(d, strangers("us-east-1", 1), strangers("us-west-2", 2)); len(found) > 0 {
		t.Errorf("alike, and different in\n%s", strings.Join(found, "\n"))
	}
	for name, c := range map[string]struct {
		change func(*facts)
		want   string
	}{
		"no NAT": {
			func(f *facts) { f.tables[1].Routes = slices.Delete(f.tables[1].Routes, 1, 2) },
			"network subnet private-b: way to 0.0.0.0/0 nat gateway / none",
		},
		"a black hole": {
			func(f *facts) { f.tables[0].Routes[2].State = "blackhole" },
			"network subnet private-a: way to 10.50.0.0/16 transit gateway / transit gateway, a black hole",
		},
		"no endpoint": {
			func(f *facts) { f.endpoints = f.endpoints[:1] },
			"network vpc: endpoint of com.amazonaws.REGION.ssm available, private names true / none",
		},
		"no gateway's": {
			func(f *facts) { f.tables[0].Routes = f.tables[0].Routes[:3] },
			"network subnet private-a: way to com.amazonaws.REGION.s3 vpc endpoint / none",
		},
		"no names": {
			func(f *facts) { f.vpcAttributes[ec2types.VpcAttributeNameEnableDnsSupport] = "false" },
			"network vpc: dns support true / false",
		},
		"an ACL": {
			func(f *facts) { f.acls[0].Entries[0].RuleAction = "deny" },
			"network subnet public-a: acl ingress 100 allow everything of 0.0.0.0/0 / deny everything of 0.0.0.0/0",
		},
		"full": {
			func(f *facts) { f.subnets[2].AvailableIpAddressCount = aws.Int32(0) },
			"network subnet private-a: has room true / false",
		},
		"no way for users": {func(f *facts) { f.tables[2].Routes = nil }, "network subnet public-a: way to 0.0.0.0/0 internet gateway / none"},
	} {
		right := strangers("us-west-2", 2)
		c.change(right)
		if found := ofNetworks(d, strangers("us-east-1", 1), right); !slices.Contains(found, c.want) {
			t.Errorf("%s: %q, want %q", name, found, c.want)
		}
	}
}

// What is a region's and not its network's is compared as ever.
func TestAGivenNetworkHidesNothingOfTheRegion(t *testing.T) {
	d := givenBoth(t)
	f := strangers("us-east-1", 1)
	f.base = &ec2types.Image{ImageId: aws.String("ami-1"), Name: aws.String("golden"), CreationDate: aws.String("2026-01-01T00:00:00.000Z")}
	f.limits = map[string]int{"target groups": 3}
	kinds := map[string]int{}
	for _, r := range canonical(at("us-east-1", understudy.Primary, d), f).Resources {
		kinds[r.Kind]++
	}
	if kinds["base image"] != 1 || kinds["quota"] != 1 || kinds["security group"] != 1 {
		t.Errorf("kinds %v", kinds)
	}
}

// Of a given network only its owner can heal anything.
func TestUpHealsNothingOfAGivenNetwork(t *testing.T) {
	right := strangers("us-west-2", 2)
	right.tables[0].Routes = right.tables[0].Routes[:1]
	d := givenBoth(t)
	left, west := canonical(at("us-east-1", understudy.Primary, d), strangers("us-east-1", 1)), canonical(at("us-west-2", understudy.Secondary, d), right)
	seen := 0
	for _, f := range Compare(Pair{Left: left, Right: west}, d).Findings {
		if strings.HasPrefix(f.Kind, kindNetwork) {
			if seen++; slices.Contains(f.Heal, understudyUp) || len(f.Heal) == 0 {
				t.Errorf("%s is healed by %q", f.Name, f.Heal)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d findings of the network", seen)
	}
}

// A network that is made is held against one that is given by what both are to the stack.
func TestAMadeNetworkIsComparedWithAGivenOne(t *testing.T) {
	d, err := understudy.Parse("understudy.yaml", []byte(strings.Replace(bothGiven,
		"network: {vpc_tags: {Name: main}, public_tags: {Tier: public}, private_tags: {Tier: private}}", "cidr: 10.7.0.0/16", 1)+"egress: nat\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	left := strangers("us-east-1", 1)
	for n, s := range left.subnets {
		left.subnets[n].Tags = []ec2types.Tag{tag(account.TagStack, "hello"), tag(account.TagRole, left.given[*s.SubnetId])}
	}
	left.given, left.vpc.Tags = nil, []ec2types.Tag{tag(account.TagStack, "hello"), tag(account.TagRole, "vpc")}
	left.groups = slices.Delete(left.groups, 1, 2)
	if found := ofNetworks(d, left, strangers("us-west-2", 1)); len(found) > 0 {
		t.Errorf("alike, and different in\n%s", strings.Join(found, "\n"))
	}
}
