package account

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
)

func subnetIn(id, zone, network string) ec2types.Subnet {
	return ec2types.Subnet{SubnetId: &id, VpcId: aws.String("vpc-1"), AvailabilityZone: &zone, CidrBlock: &network}
}

// fit is a network in which nothing is to be found: the private subnets follow the main table.
func fit() (*Given, *understudy.Network) {
	return &Given{
			VPC:      &ec2types.Vpc{VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.0.0/20")},
			Public:   []ec2types.Subnet{subnetIn("subnet-1", "a", "10.0.0.0/24"), subnetIn("subnet-2", "b", "10.0.1.0/24")},
			Private:  []ec2types.Subnet{subnetIn("subnet-3", "a", "10.0.2.0/28"), subnetIn("subnet-4", "b", "10.0.3.0/28")},
			Resolves: true,
			Tables: []ec2types.RouteTable{
				{RouteTableId: aws.String("rtb-main"), Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}}},
				{
					RouteTableId: aws.String("rtb-1"),
					Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-1")}, {SubnetId: aws.String("subnet-2")}},
					Routes: []ec2types.Route{
						{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String("igw-1"), State: ec2types.RouteStateActive},
					},
				},
			},
		}, &understudy.Network{
			VPC: understudy.Given{IDs: []string{"vpc-1"}}, Public: understudy.Given{IDs: []string{"subnet-1", "subnet-2"}},
			Private: understudy.Given{Tags: map[string]string{"Tier": "private"}},
		}
}

func TestGivenNetworkIsJudgedByWhatAStackNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Given, *understudy.Network)
		says   string // "" where it is fit
	}{
		"fit": {func(*Given, *understudy.Network) {}, ""},
		"another's": {func(g *Given, _ *understudy.Network) {
			g.VPC.Tags = Mark("hello", "vpc").EC2(ec2types.ResourceTypeVpc)[0].Tags
		}, "vpc-1 is the network that was made for the stack hello"},
		"no names":  {func(g *Given, _ *understudy.Network) { g.Resolves = false }, "no DNS support"},
		"gone":      {func(g *Given, _ *understudy.Network) { g.Public = g.Public[:1] }, "the public subnet subnet-2 is not there"},
		"elsewhere": {func(g *Given, _ *understudy.Network) { g.Public[0].VpcId = aws.String("vpc-2") }, "subnet-1 is in vpc-2 and not in vpc-1"},
		"too many": {func(g *Given, _ *understudy.Network) {
			g.Private = append(g.Private, subnetIn("subnet-5", "c", "10.0.4.0/24"))
		}, "3 subnets of vpc-1 are tagged Tier=private, and 2 private ones are meant"},
		"one zone": {func(g *Given, _ *understudy.Network) { g.Private[1].AvailabilityZone = aws.String("a") }, "the private subnets are in a, a"},
		"other zones": {
			func(g *Given, _ *understudy.Network) { g.Private[1].AvailabilityZone = aws.String("c") },
			"the public subnets are in a, b, the private ones in a, c",
		},
		"both kinds": {
			func(g *Given, _ *understudy.Network) { g.Private[0].SubnetId = aws.String("subnet-1") },
			"subnet-1 is both a public and a private subnet",
		},
		"no way in": {
			func(g *Given, _ *understudy.Network) { g.Tables[1].Associations = g.Tables[1].Associations[:1] },
			"the public subnet subnet-2 has no route",
		},
		"by NAT": {func(g *Given, _ *understudy.Network) {
			g.Tables[1].Routes[0].GatewayId, g.Tables[1].Routes[0].NatGatewayId = nil, aws.String("nat-1")
		}, "subnet-1 has no route"},
		"a black hole": {
			func(g *Given, _ *understudy.Network) { g.Tables[1].Routes[0].State = ec2types.RouteStateBlackhole },
			"subnet-1 has no route",
		},
		"too small": {
			func(g *Given, _ *understudy.Network) { g.Public[1].CidrBlock = aws.String("10.0.1.0/28") },
			"the public subnet subnet-2 is a /28",
		},
		"by the main": {func(g *Given, _ *understudy.Network) { g.Tables[0].Routes, g.Tables = g.Tables[1].Routes, g.Tables[:1] }, ""},
	} {
		g, of := fit()
		c.change(g, of)
		g.judge(of, 2)
		if said := strings.Join(g.Unfit, "\n"); c.says == "" && said != "" || !strings.Contains(said, c.says) {
			t.Errorf("%s: %q, want %q", name, said, c.says)
		}
	}
}

func TestRangesOfAGivenNetworkAreAllThatItHas(t *testing.T) {
	g, _ := fit()
	block := func(network string, state ec2types.VpcCidrBlockStateCode) ec2types.VpcCidrBlockAssociation {
		return ec2types.VpcCidrBlockAssociation{CidrBlock: &network, CidrBlockState: &ec2types.VpcCidrBlockState{State: state}}
	}
	g.VPC.CidrBlockAssociationSet = []ec2types.VpcCidrBlockAssociation{
		block("10.0.0.0/20", "associated"), block("100.64.0.0/16", "associated"), block("10.9.0.0/16", "disassociated"),
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/20"), netip.MustParsePrefix("100.64.0.0/16")}
	if got := g.Ranges(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	others := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("100.64.1.0/24")}
	if a, b, overlap := Overlap(want, others); !overlap || a != want[1] || b != others[1] {
		t.Errorf("%v and %v: %v", a, b, overlap)
	}
	if _, _, overlap := Overlap(want, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}); overlap {
		t.Error("networks apart overlap")
	}
}
