package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
)

const whyNetwork = "the stack stands in a network that is there, and nobody but its owner changes that"

// judgeGiven says why a network that is given is not fit for the stack.
func judgeGiven(d *understudy.Declaration, side understudy.Side, r region) (all []Finding) {
	if !d.Regions[side].Given() {
		return nil
	}
	if r.given.err != nil {
		return []Finding{unread(CheckNetwork, side, "ec2:DescribeVpcs", r.given.err)}
	}
	unfit := r.given.value.Unfit
	if len(unfit) == 0 {
		unfit = network.Lacks(d, r.given.value, r.built.value)
	}
	for _, what := range unfit {
		all = append(all, Finding{CheckNetwork, Blocker, side, what, whyNetwork, "declare another network, or ask its owner"})
	}
	return all
}

// judgeApart says which addresses both regions have, where these are not both declared.
func judgeApart(d *understudy.Declaration, f facts) []Finding {
	if !d.GivenNetwork() {
		return nil
	}
	ranges := map[understudy.Side][]netip.Prefix{}
	for side, r := range f.regions {
		switch place := d.Regions[side]; {
		case !place.Given():
			ranges[side] = []netip.Prefix{place.CIDR}
		case r.given.err == nil && r.given.value != nil:
			ranges[side] = r.given.value.Ranges()
		}
	}
	a, b, overlap := account.Overlap(ranges[understudy.Primary], ranges[understudy.Secondary])
	if !overlap {
		return nil
	}
	return []Finding{{
		CheckNetwork, Blocker, understudy.Global, fmt.Sprintf("%s of the primary and %s of the secondary overlap", a, b),
		"traffic between the two networks could never be routed", "declare another network for one of the regions",
	}}
}

// readGiven reads the network, the zones of its subnets, and whether the stack is there.
func (q asker) readGiven(ctx context.Context, all *sync.WaitGroup, r *region) {
	place := q.declared.Regions[q.side]
	once := sync.OnceValues(func() (*account.Given, error) { return q.Given(ctx, place.Network, place.Zones) })
	ask(all, &r.given, once)
	ask(all, &r.zones, func() ([]string, error) {
		g, err := once()
		if err != nil || len(g.Unfit) > 0 { // of which more is told
			return q.zones(ctx)
		}
		return g.Zones(), nil
	})
	ask(all, &r.built, func() (bool, error) {
		g, err := once()
		if err != nil {
			return false, err
		}
		return q.stands(ctx, g)
	})
}

// within allows what is made in a network of somebody else's, which has no tag of the stack: a drill's network ACL among it.
func (p *policy) within(side understudy.Side, n *understudy.Network) {
	if n == nil {
		return
	}
	name := map[understudy.Side]string{understudy.Primary: "Primary", understudy.Secondary: "Secondary"}[side]
	for _, of := range []struct {
		what, actions, kind string
		understudy.Given
	}{
		{"Network", "ec2:CreateNetworkAcl ec2:CreateSecurityGroup", "vpc/", n.VPC},
		{"PublicSubnets", "ec2:RunInstances", "subnet/", n.Public},
		{"PrivateSubnets", "ec2:RunInstances", "subnet/", n.Private},
	} {
		var which []string
		for _, id := range of.IDs {
			which = append(which, of.kind+id)
		}
		c := condition{}
		if len(which) == 0 {
			which = []string{of.kind + "*"}
			c["StringEquals"] = map[string][]string{}
			for key, value := range of.Tags {
				c["StringEquals"]["aws:ResourceTag/"+key] = []string{value}
			}
		}
		p.allow("StandIn"+name+of.what, of.actions, p.here(c), p.arns("ec2", which...)...)
	}
}

// stands tells whether the stack stands in the network that is given.
func (q asker) stands(ctx context.Context, in *account.Given) (bool, error) {
	if in.VPC == nil {
		return false, nil
	}
	out, err := q.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(account.Mark(q.declared.Name, "internal").Filters(), account.Filter("vpc-id", *in.VPC.VpcId)),
	})
	return err == nil && len(out.SecurityGroups) > 0, err
}
