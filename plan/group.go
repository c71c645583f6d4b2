package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// group is a security group with exactly the declared rules: one that somebody added is removed, so that both regions filter alike.
// Where no egress is declared, its egress rules stay those that AWS gives a new group.
type group struct {
	resource.Scope
	resource.Doubles
	role    string // public-facing, internal, hosts or endpoints
	purpose string // the description, which can never change
	vpc     *vpc
	port    int          // the TCP port that is open; 0 is none
	also    func() []int // others that are, or that stay so for now; nil is none
	probed  int          // another that is, for the load balancer's probes; 0 is none
	from    *group       // who may connect; nil is anyone, or those of peer
	peer    string       // a network

	declares understudy.Access // what passes beside that; a peer that is a group is the one of from

	id              string
	within          string // the VPC that it is in
	ingress, egress []rule
	tags            resource.Field
}

func (g *group) Identity() string { return g.id }

func (g *group) wantsIn() []rule {
	peer := cmp.Or(g.peer, everywhere)
	if g.from != nil {
		peer = resource.Known(g.from.id)
	}
	ports := slices.DeleteFunc([]int{g.port, g.probed}, func(port int) bool { return port == 0 })
	if g.also != nil {
		ports = append(ports, g.also()...)
	}
	slices.Sort(ports)
	var rules []rule
	for _, port := range slices.Compact(ports) {
		rules = append(rules, rule{"tcp", int32(port), int32(port), peer})
	}
	for _, r := range g.rulesOf(g.declares.Ingress) {
		if !slices.Contains(rules, r) { // the service's own, declared once more
			rules = append(rules, r)
		}
	}
	return rules
}

// rulesOf returns declared rules as EC2 has them.
func (g *group) rulesOf(declared []understudy.Traffic) (rules []rule) {
	for _, t := range declared {
		peer := t.Peer
		if peer == understudy.PublicFacing {
			peer = resource.Known(g.from.id)
		}
		rules = append(rules, rule{t.Protocol, int32(t.From), int32(t.To), peer})
	}
	return rules
}

// opens tells whether a port was found open.
func (g *group) opens(port int) bool {
	return slices.ContainsFunc(g.ingress, func(r rule) bool { return r.protocol == "tcp" && r.from == int32(port) && r.to == int32(port) })
}

func (g *group) wantsOut() []rule {
	if len(g.declares.Egress) > 0 {
		return g.rulesOf(g.declares.Egress)
	}
	return []rule{{protocol: "-1", peer: everywhere}}
}

func (g *group) Desired() []resource.Field {
	return []resource.Field{{Name: "ingress", Value: rulesText(g.wantsIn())}, {Name: "egress", Value: rulesText(g.wantsOut())}, g.Tagged(g.role)}
}

func (g *group) Actual() []resource.Field {
	return []resource.Field{{Name: "ingress", Value: rulesText(g.ingress)}, {Name: "egress", Value: rulesText(g.egress)}, g.tags}
}

func (g *group) Find(ctx context.Context) (bool, error) {
	all, err := g.list(ctx, g.Mark(g.role).Filters()...)
	if err == nil && len(all) == 0 && g.vpc.id != "" { // or it has lost its tags
		all, err = g.list(ctx, account.Filter("vpc-id", g.vpc.id), account.Filter("group-name", g.NameOf(g.role)))
	}
	if err != nil {
		return false, err
	}
	*g = group{Scope: g.Scope, role: g.role, purpose: g.purpose, vpc: g.vpc, port: g.port, also: g.also, probed: g.probed, from: g.from, peer: g.peer,
		declares: g.declares}
	var found []*group
	for _, o := range all {
		one := *g
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, g, found)
}

// list returns the groups of this generation that the filters select.
func (g *group) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.SecurityGroup, error) {
	out, err := g.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe security groups: %w", err)
	}
	return slices.DeleteFunc(out.SecurityGroups, func(o ec2types.SecurityGroup) bool { return g.vpc.beyond(aws.ToString(o.VpcId)) }), nil
}

func (g *group) remember(o ec2types.SecurityGroup) {
	g.id, g.within = aws.ToString(o.GroupId), aws.ToString(o.VpcId)
	g.ingress, g.egress = rulesOf(o.IpPermissions), rulesOf(o.IpPermissionsEgress)
	g.tags = g.TaggedWith(g.role, account.OfEC2(o.Tags))
}

func (g *group) Fits() int { return g.vpc.has(g.within) }

func (g *group) Holds(ctx context.Context) ([]string, error) {
	return g.Interfaces(ctx, "group-id", g.id)
}

func (g *group) Create(ctx context.Context) error {
	out, err := g.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName:         aws.String(g.NameOf(g.role)),
		Description:       aws.String(g.purpose),
		VpcId:             &g.vpc.id,
		TagSpecifications: g.Mark(g.role).EC2(ec2types.ResourceTypeSecurityGroup),
	})
	if err != nil {
		return fmt.Errorf("create security group: %w", err)
	}
	g.id = aws.ToString(out.GroupId)
	if err = account.Poll(ctx, g.id, resource.ShortTime, g.read); err != nil {
		return err
	}
	return g.Change(ctx, nil)
}

// read reads back a group that was just made.
func (g *group) read(ctx context.Context) (bool, error) {
	out, err := g.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{g.id}})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil || len(out.SecurityGroups) == 0 {
		return false, err
	}
	g.remember(out.SecurityGroups[0])
	return true, nil
}

func (g *group) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := g.Retag(ctx, g.id, g.role); err != nil {
			return err
		}
	}
	if err := openIngress(ctx, g.EC2, g.id, without(g.ingress, g.wantsIn()), without(g.wantsIn(), g.ingress)); err != nil {
		return err
	}
	return openEgress(ctx, g.EC2, g.id, without(g.egress, g.wantsOut()), without(g.wantsOut(), g.egress))
}

func (g *group) Remove(ctx context.Context) error {
	if _, err := g.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g.id}); err != nil {
		return fmt.Errorf("delete %s: %w", g.id, err)
	}
	return nil
}

var _ resource.Doubling = (*group)(nil)
