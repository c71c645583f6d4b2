package network

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

// Group is a security group with exactly the declared rules: one that somebody added is removed, so that both regions filter alike.
// Where no egress is declared, its egress rules stay those that AWS gives a new group.
type Group struct {
	resource.Scope
	resource.Doubles
	Role    string // public-facing, internal, hosts or endpoints
	Purpose string // the description, which can never change
	VPC     *VPC
	Port    int          // the TCP port that is open; 0 is none
	Also    func() []int // others that are, or that stay so for now; nil is none
	Probed  int          // another that is, for the load balancer's probes; 0 is none
	From    *Group       // who may connect; nil is anyone, or those of peer
	Peer    string       // a network

	Declares understudy.Access // what passes beside that; a peer that is a group is the one of from

	ID              string
	Within          string // the VPC that it is in
	Ingress, Egress []Rule
	Tags            resource.Field
}

func (g *Group) Identity() string { return g.ID }

func (g *Group) wantsIn() []Rule {
	peer := cmp.Or(g.Peer, Everywhere)
	if g.From != nil {
		peer = resource.Known(g.From.ID)
	}
	ports := slices.DeleteFunc([]int{g.Port, g.Probed}, func(port int) bool { return port == 0 })
	if g.Also != nil {
		ports = append(ports, g.Also()...)
	}
	slices.Sort(ports)
	var rules []Rule
	for _, port := range slices.Compact(ports) {
		rules = append(rules, Rule{"tcp", int32(port), int32(port), peer})
	}
	for _, r := range g.rulesOf(g.Declares.Ingress) {
		if !slices.Contains(rules, r) { // the service's own, declared once more
			rules = append(rules, r)
		}
	}
	return rules
}

// rulesOf returns declared rules as EC2 has them.
func (g *Group) rulesOf(declared []understudy.Traffic) (rules []Rule) {
	for _, t := range declared {
		peer := t.Peer
		if peer == understudy.PublicFacing {
			peer = resource.Known(g.From.ID)
		}
		rules = append(rules, Rule{t.Protocol, int32(t.From), int32(t.To), peer})
	}
	return rules
}

// Opens tells whether a port was found open.
func (g *Group) Opens(port int) bool {
	return slices.ContainsFunc(g.Ingress, func(r Rule) bool { return r.Protocol == "tcp" && r.From == int32(port) && r.To == int32(port) })
}

func (g *Group) wantsOut() []Rule {
	if len(g.Declares.Egress) > 0 {
		return g.rulesOf(g.Declares.Egress)
	}
	return []Rule{{Protocol: "-1", Peer: Everywhere}}
}

func (g *Group) Desired() []resource.Field {
	return []resource.Field{{Name: "ingress", Value: RulesText(g.wantsIn())}, {Name: "egress", Value: RulesText(g.wantsOut())}, g.Tagged(g.Role)}
}

func (g *Group) Actual() []resource.Field {
	return []resource.Field{{Name: "ingress", Value: RulesText(g.Ingress)}, {Name: "egress", Value: RulesText(g.Egress)}, g.Tags}
}

func (g *Group) Find(ctx context.Context) (bool, error) {
	all, err := g.list(ctx, g.Mark(g.Role).Filters()...)
	if err == nil && len(all) == 0 && g.VPC.ID != "" { // or it has lost its tags
		all, err = g.list(ctx, account.Filter("vpc-id", g.VPC.ID), account.Filter("group-name", g.NameOf(g.Role)))
	}
	if err != nil {
		return false, err
	}
	*g = Group{Scope: g.Scope, Role: g.Role, Purpose: g.Purpose, VPC: g.VPC, Port: g.Port, Also: g.Also, Probed: g.Probed, From: g.From, Peer: g.Peer,
		Declares: g.Declares}
	var found []*Group
	for _, o := range all {
		one := *g
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, g, found)
}

// list returns the groups of this generation that the filters select.
func (g *Group) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.SecurityGroup, error) {
	out, err := g.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe security groups: %w", err)
	}
	return slices.DeleteFunc(out.SecurityGroups, func(o ec2types.SecurityGroup) bool { return g.VPC.Beyond(aws.ToString(o.VpcId)) }), nil
}

func (g *Group) remember(o ec2types.SecurityGroup) {
	g.ID, g.Within = aws.ToString(o.GroupId), aws.ToString(o.VpcId)
	g.Ingress, g.Egress = RulesOf(o.IpPermissions), RulesOf(o.IpPermissionsEgress)
	g.Tags = g.TaggedWith(g.Role, account.OfEC2(o.Tags))
}

func (g *Group) Fits() int { return g.VPC.has(g.Within) }

func (g *Group) Holds(ctx context.Context) ([]string, error) {
	return g.Interfaces(ctx, "group-id", g.ID)
}

func (g *Group) Create(ctx context.Context) error {
	out, err := g.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName:         aws.String(g.NameOf(g.Role)),
		Description:       aws.String(g.Purpose),
		VpcId:             &g.VPC.ID,
		TagSpecifications: g.Mark(g.Role).EC2(ec2types.ResourceTypeSecurityGroup),
	})
	if err != nil {
		return fmt.Errorf("create security group: %w", err)
	}
	g.ID = aws.ToString(out.GroupId)
	if err = account.Poll(ctx, g.ID, resource.ShortTime, g.Read); err != nil {
		return err
	}
	return g.Change(ctx, nil)
}

// Read reads back a group that was just made.
func (g *Group) Read(ctx context.Context) (bool, error) {
	out, err := g.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{g.ID}})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil || len(out.SecurityGroups) == 0 {
		return false, err
	}
	g.remember(out.SecurityGroups[0])
	return true, nil
}

func (g *Group) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := g.Retag(ctx, g.ID, g.Role); err != nil {
			return err
		}
	}
	if err := OpenIngress(ctx, g.EC2, g.ID, Without(g.Ingress, g.wantsIn()), Without(g.wantsIn(), g.Ingress)); err != nil {
		return err
	}
	return OpenEgress(ctx, g.EC2, g.ID, Without(g.Egress, g.wantsOut()), Without(g.wantsOut(), g.Egress))
}

func (g *Group) Remove(ctx context.Context) error {
	if _, err := g.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g.ID}); err != nil {
		return fmt.Errorf("delete %s: %w", g.ID, err)
	}
	return nil
}

var _ resource.Doubling = (*Group)(nil)
