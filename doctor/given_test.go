package doctor

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// inGiven gives the primary a network that is there.
func inGiven(d *understudy.Declaration) {
	r := d.Regions[understudy.Primary]
	r.Network = &understudy.Network{
		VPC:    understudy.Given{IDs: []string{"vpc-0a1b2c3d"}},
		Public: understudy.Given{Tags: map[string]string{"Tier": "public"}}, Private: understudy.Given{IDs: []string{"subnet-0a1b2c3d", "subnet-0a1b2c3e"}},
	}
	d.Regions[understudy.Primary] = r
}

func TestGivenNetworks(t *testing.T) {
	roomy := func(id string) ec2types.Subnet {
		return ec2types.Subnet{SubnetId: &id, AvailableIpAddressCount: aws.Int32(100), MapPublicIpOnLaunch: aws.Bool(true)}
	}
	found := func(change func(*account.Given)) func(*facts) {
		return func(f *facts) {
			g := &account.Given{VPC: &ec2types.Vpc{CidrBlock: aws.String("10.1.0.0/16")}, Public: []ec2types.Subnet{roomy("subnet-1"), roomy("subnet-2")},
				Private: []ec2types.Subnet{roomy("subnet-3"), roomy("subnet-4")}}
			change(g)
			primary(f, func(r *region) { r.given.value = g })
		}
	}
	for _, j := range []judged{
		{name: "unfit", declared: inGiven, facts: found(func(g *account.Given) { g.Unfit = []string{"vpc-0a1b2c3d has no DNS support"} }),
			check: CheckNetwork, severity: Blocker, side: understudy.Primary, says: "no DNS support"},
		{name: "no public addresses", declared: inGiven, facts: found(func(g *account.Given) { g.Public[0].MapPublicIpOnLaunch = nil }),
			check: CheckNetwork, severity: Blocker, side: understudy.Primary, says: "subnet-1 gives instances no public address"},
		{name: "no room", declared: inGiven, facts: found(func(g *account.Given) { g.Private[1].AvailableIpAddressCount = aws.Int32(1) }),
			check: CheckNetwork, severity: Blocker, side: understudy.Primary, says: "subnet-4 has 1 free addresses, and 2 are needed"},
		{name: "overlapping", declared: inGiven, facts: found(func(g *account.Given) { g.VPC.CidrBlock = aws.String("10.0.0.0/14") }),
			check: CheckNetwork, severity: Blocker, side: understudy.Global, says: "10.0.0.0/14 of the primary and 10.2.0.0/16 of the secondary overlap"},
		{name: "not read", declared: inGiven, facts: func(f *facts) {
			primary(f, func(r *region) { r.given.err = errors.New("cut off") })
		},
			check: CheckNetwork, severity: Unchecked, side: understudy.Primary, says: "cut off"},
	} {
		t.Run(j.name, j.run)
	}
}

// The least policy allows what is made in a network that has no tag of the stack, there and nowhere else.
func TestPolicyAllowsToStandInAGivenNetwork(t *testing.T) {
	d := declared()
	inGiven(d)
	got := map[string]Statement{}
	for _, s := range LeastPolicy(d).Statement {
		got[s.Sid] = s
	}
	if s := got["StandInPrimaryNetwork"]; !slices.Equal(s.Resource, []string{"arn:aws:ec2:*:*:vpc/vpc-0a1b2c3d"}) ||
		!slices.Contains(s.Action, "ec2:CreateSecurityGroup") {
		t.Errorf("%+v", s)
	}
	if s := got["StandInPrimaryPrivateSubnets"]; len(s.Resource) != 2 || s.Resource[1] != "arn:aws:ec2:*:*:subnet/subnet-0a1b2c3e" {
		t.Errorf("%+v", s)
	}
	s := got["StandInPrimaryPublicSubnets"]
	if s.Resource[0] != "arn:aws:ec2:*:*:subnet/*" || !slices.Equal(s.Condition["StringEquals"]["aws:ResourceTag/Tier"], []string{"public"}) ||
		len(s.Condition["StringEquals"]["aws:RequestedRegion"]) != 2 {
		t.Errorf("%+v", s)
	}
	if _, also := got["StandInSecondaryNetwork"]; also {
		t.Error("the secondary's network is not given")
	}
}
