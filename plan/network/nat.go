package network

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// NAT is a public NAT gateway in a public subnet. Neither its subnet nor its first address can change (CreateNatGateway in the Amazon EC2
// API Reference), so that one which has others is not in use: another one is made, and it goes when no route leads to it.
type NAT struct {
	resource.Scope
	resource.Doubles
	Role    string
	VPC     *VPC
	Subnet  *Subnet
	Address *Address

	ID            string
	within, given string // its subnet, and its address
	seen          []resource.Field
}

func (n *NAT) Identity() string         { return n.ID }
func (n *NAT) Actual() []resource.Field { return n.seen }

func (n *NAT) Desired() []resource.Field {
	return []resource.Field{
		{Name: "subnet", Value: resource.Known(n.Subnet.ID)},
		{Name: "address", Value: resource.Known(n.Address.id)},
		{Name: "state", Value: string(ec2types.NatGatewayStateAvailable)},
		n.Tagged(n.Role),
	}
}

// natGateways returns those that the filters select, without those that failed or were deleted.
func natGateways(ctx context.Context, s resource.Scope, filters ...ec2types.Filter) (all []ec2types.NatGateway, err error) {
	pages := ec2.NewDescribeNatGatewaysPaginator(s.EC2, &ec2.DescribeNatGatewaysInput{
		Filter: append(slices.Clone(filters), account.Filter("state", "pending", "available")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe NAT gateways: %w", err)
		}
		all = append(all, page.NatGateways...)
	}
	return all, nil
}

// allocationOf returns the allocation of a NAT gateway's first address, or nothing.
func allocationOf(n ec2types.NatGateway) string {
	for _, a := range n.NatGatewayAddresses {
		if a.IsPrimary == nil || *a.IsPrimary {
			return aws.ToString(a.AllocationId)
		}
	}
	return ""
}

func (n *NAT) Find(ctx context.Context) (bool, error) {
	all, err := natGateways(ctx, n.Scope, n.Mark(n.Role).Filters()...)
	if err == nil && len(all) == 0 && n.Subnet.ID != "" && n.Address.id != "" { // or it has lost its tags
		all, err = natGateways(ctx, n.Scope, account.Filter("subnet-id", n.Subnet.ID))
		all = slices.DeleteFunc(all, func(o ec2types.NatGateway) bool {
			return allocationOf(o) != n.Address.id || !account.Unclaimed(account.OfEC2(o.Tags), n.Stack())
		})
	}
	if err != nil {
		return false, err
	}
	*n = NAT{Scope: n.Scope, Role: n.Role, VPC: n.VPC, Subnet: n.Subnet, Address: n.Address}
	var found []*NAT
	for _, o := range all {
		if n.VPC.Beyond(aws.ToString(o.VpcId)) {
			continue
		}
		one := *n
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, n, found)
}

func (n *NAT) remember(o ec2types.NatGateway) {
	n.ID, n.within, n.given = aws.ToString(o.NatGatewayId), aws.ToString(o.SubnetId), allocationOf(o)
	n.seen = []resource.Field{
		{Name: "subnet", Value: n.within},
		{Name: "address", Value: n.given},
		{Name: "state", Value: string(o.State)},
		n.TaggedWith(n.Role, account.OfEC2(o.Tags)),
	}
}

func (n *NAT) Fits() int {
	if n.within != n.Subnet.ID || n.given != n.Address.id {
		return -1
	}
	return 0
}

// Holds is asked of doubles, which go when the routes lead to the one in use.
func (n *NAT) Holds(context.Context) ([]string, error) { return nil, nil }

// Create returns when the NAT gateway is available. Whether it can be made turns out later ("failed" in NatGateway in the API reference).
func (n *NAT) Create(ctx context.Context) error {
	began := time.Now()
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := n.EC2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{
			SubnetId: &n.Subnet.ID, AllocationId: &n.Address.id, ClientToken: &token,
			TagSpecifications: n.Mark(n.Role).EC2(ec2types.ResourceTypeNatgateway),
		})
		if err != nil {
			return false, fmt.Errorf("create NAT gateway: %w", err)
		}
		n.ID = aws.ToString(out.NatGateway.NatGatewayId)
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) { return n.alive(ctx, began) })
	}, n.Stack(), n.Region, n.Role, n.Subnet.ID, n.Address.id)
	if err != nil {
		return err
	}
	return n.awaitAvailable(ctx)
}

// alive tells whether a NAT gateway comes or is there. One that has failed was made by this call, or long ago by another with its token.
func (n *NAT) alive(ctx context.Context, began time.Time) (bool, error) {
	o, err := n.read(ctx)
	if err != nil || o == nil {
		return false, err
	}
	const skew = time.Minute // between this clock and AWS's
	switch {
	case o.State == ec2types.NatGatewayStateFailed && aws.ToTime(o.CreateTime).After(began.Add(-skew)):
		return false, n.failure(o)
	case o.State == ec2types.NatGatewayStatePending, o.State == ec2types.NatGatewayStateAvailable:
		return true, nil
	}
	return false, resource.ErrGone
}

func (n *NAT) failure(o *ec2types.NatGateway) error {
	return fmt.Errorf("%s failed: %s (%s)", n.ID, aws.ToString(o.FailureMessage), aws.ToString(o.FailureCode))
}

// read returns the NAT gateway as it is, nil where it is not known.
func (n *NAT) read(ctx context.Context) (*ec2types.NatGateway, error) {
	out, err := n.EC2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{n.ID}})
	if account.IsNotFound(err) || err == nil && len(out.NatGateways) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", n.ID, err)
	}
	return &out.NatGateways[0], nil
}

func (n *NAT) awaitAvailable(ctx context.Context) error {
	return account.Poll(ctx, n.ID, resource.LongTime, func(ctx context.Context) (bool, error) {
		o, err := n.read(ctx)
		if err != nil || o == nil {
			return false, err
		}
		if o.State == ec2types.NatGatewayStateFailed {
			return false, n.failure(o)
		}
		return o.State == ec2types.NatGatewayStateAvailable, nil
	})
}

func (n *NAT) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := n.Retag(ctx, n.ID, n.Role); err != nil {
			return err
		}
	}
	return n.awaitAvailable(ctx)
}

// Remove returns when the NAT gateway has let its address and its subnet go.
func (n *NAT) Remove(ctx context.Context) error {
	if _, err := n.EC2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &n.ID}); err != nil {
		return fmt.Errorf("delete %s: %w", n.ID, err)
	}
	return account.Poll(ctx, "the end of "+n.ID, resource.LongTime, func(ctx context.Context) (bool, error) {
		o, err := n.read(ctx)
		return err == nil && (o == nil || o.State == ec2types.NatGatewayStateDeleted), err
	})
}

var _ resource.Doubling = (*NAT)(nil)

func (n *NAT) Monthly() float64 { return prices.HoursAMonth * prices.NATHour }
