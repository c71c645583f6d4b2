package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

// gateway joins a network to the internet.
type gateway struct {
	scope
	vpc      *vpc
	id       string
	attached string // the VPC it is attached to
}

func (g *gateway) identity() string { return g.id }
func (g *gateway) desired() []Field { return []Field{{Name: "attached to", Value: known(g.vpc.id)}} }
func (g *gateway) actual() []Field  { return []Field{{Name: "attached to", Value: g.attached}} }

func (g *gateway) find(ctx context.Context) (bool, error) {
	tags := g.mark("gateway")
	out, err := g.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: tags.Filters()})
	if err != nil {
		return false, fmt.Errorf("describe internet gateways: %w", err)
	}
	if err := single(len(out.InternetGateways), "internet gateways", tags); err != nil || len(out.InternetGateways) == 0 {
		return false, err
	}
	g.id = aws.ToString(out.InternetGateways[0].InternetGatewayId)
	g.attached = ""
	for _, a := range out.InternetGateways[0].Attachments {
		g.attached = aws.ToString(a.VpcId)
	}
	return true, nil
}

func (g *gateway) create(ctx context.Context) error {
	out, err := g.EC2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
		TagSpecifications: g.mark("gateway").EC2(ec2types.ResourceTypeInternetGateway),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("create internet gateway: %w", err)
	}
	g.id = aws.ToString(out.InternetGateway.InternetGatewayId)
	return g.change(ctx, nil)
}

func (g *gateway) change(ctx context.Context, _ []Difference) error {
	if err := g.detach(ctx); err != nil {
		return err
	}
	_, err := g.EC2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &g.id, VpcId: &g.vpc.id})
	if err != nil && !account.IsCode(err, "Resource.AlreadyAssociated") {
		return fmt.Errorf("attach %s to %s: %w", g.id, g.vpc.id, err)
	}
	return nil
}

func (g *gateway) detach(ctx context.Context) error {
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

func (g *gateway) remove(ctx context.Context) error {
	if err := g.detach(ctx); err != nil {
		return err
	}
	_, err := g.EC2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &g.id})
	if err != nil {
		return fmt.Errorf("delete %s: %w", g.id, err)
	}
	return nil
}

var _ resource = (*gateway)(nil)
