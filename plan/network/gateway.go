package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Gateway connects a network to the internet.
type Gateway struct {
	resource.Scope
	resource.Doubles
	VPC      *VPC
	id       string
	attached string // the VPC it is attached to
	tags     resource.Field
}

func (g *Gateway) Identity() string { return g.id }
func (g *Gateway) Desired() []resource.Field {
	return []resource.Field{{Name: "attached to", Value: resource.Known(g.VPC.ID)}, g.Tagged("gateway")}
}
func (g *Gateway) Actual() []resource.Field {
	return []resource.Field{{Name: "attached to", Value: g.attached}, g.tags}
}

func (g *Gateway) Find(ctx context.Context) (bool, error) {
	all, err := g.list(ctx, g.Mark("gateway").Filters()...)
	if err == nil && len(all) == 0 && g.VPC.ID != "" { // or it has lost its tags
		all, err = g.list(ctx, account.Filter("attachment.vpc-id", g.VPC.ID))
	}
	if err != nil {
		return false, err
	}
	*g = Gateway{Scope: g.Scope, VPC: g.VPC}
	var found []*Gateway
	for _, o := range all {
		found = append(found, &Gateway{Scope: g.Scope, VPC: g.VPC, id: aws.ToString(o.InternetGatewayId), attached: attachedTo(o),
			tags: g.TaggedWith("gateway", account.OfEC2(o.Tags))})
	}
	return resource.Choose(ctx, g, found)
}

// list returns the gateways that the filters select, without those of other generations.
func (g *Gateway) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.InternetGateway, error) {
	out, err := g.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe internet gateways: %w", err)
	}
	return slices.DeleteFunc(out.InternetGateways, func(o ec2types.InternetGateway) bool { return g.VPC.Beyond(attachedTo(o)) }), nil
}

// attachedTo returns the id of the VPC that a gateway is attached to, or "". A gateway has at most one.
func attachedTo(g ec2types.InternetGateway) string {
	for _, a := range g.Attachments {
		return aws.ToString(a.VpcId)
	}
	return ""
}

// Fits prefers the gateway of the VPC in use to one of no VPC, and that to one of another VPC. Each can be used.
func (g *Gateway) Fits() int {
	switch g.attached {
	case "":
		return 1
	case g.VPC.ID:
		return 2
	}
	return 0
}

// Holds names the VPC that the gateway is attached to, unless that VPC is to be removed too.
func (g *Gateway) Holds(ctx context.Context) ([]string, error) {
	out, err := g.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{g.id}})
	if account.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", g.id, err)
	}
	for _, o := range out.InternetGateways {
		g.attached = attachedTo(o)
	}
	if g.attached == "" || g.VPC.idle(g.attached) {
		return nil, nil
	}
	return []string{g.attached}, nil
}

func (g *Gateway) Create(ctx context.Context) error {
	out, err := g.EC2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
		TagSpecifications: g.Mark("gateway").EC2(ec2types.ResourceTypeInternetGateway),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("create internet gateway: %w", err)
	}
	g.id, g.tags = aws.ToString(out.InternetGateway.InternetGatewayId), g.Tagged("gateway")
	return g.Change(ctx, resource.Compare(g.Desired(), g.Actual()))
}

func (g *Gateway) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := g.Retag(ctx, g.id, "gateway"); err != nil {
			return err
		}
	}
	if !resource.Differs(differences, "attached to") {
		return nil
	}
	if err := g.detach(ctx); err != nil {
		return err
	}
	_, err := g.EC2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &g.id, VpcId: &g.VPC.ID})
	if err != nil && !account.IsCode(err, "Resource.AlreadyAssociated") {
		return fmt.Errorf("attach %s to %s: %w", g.id, g.VPC.ID, err)
	}
	return nil
}

func (g *Gateway) detach(ctx context.Context) error {
	if g.attached == "" {
		return nil
	}
	_, err := g.EC2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &g.id, VpcId: &g.attached})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("detach %s from %s: %w", g.id, g.attached, err)
	}
	g.attached = ""
	return nil
}

func (g *Gateway) Remove(ctx context.Context) error {
	if err := g.detach(ctx); err != nil {
		return err
	}
	_, err := g.EC2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &g.id})
	if err != nil {
		return fmt.Errorf("delete %s: %w", g.id, err)
	}
	return nil
}

var _ resource.Doubling = (*Gateway)(nil)
