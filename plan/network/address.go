package network

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Address is the Elastic IP address of a NAT gateway, by which others on the internet know what goes out there. It lies in no VPC: the
// NAT gateway that has it tells of which generation it is.
type Address struct {
	resource.Scope
	resource.Doubles
	Role string // also the NAT gateway's
	VPC  *VPC

	id   string // its allocation
	used string // the network interface that has it
	IP   string
	tags resource.Field
}

func (a *Address) Identity() string          { return a.id }
func (a *Address) Desired() []resource.Field { return []resource.Field{a.Tagged(a.Role)} }
func (a *Address) Actual() []resource.Field  { return []resource.Field{a.tags} }

func (a *Address) Find(ctx context.Context) (bool, error) {
	nats, err := natGateways(ctx, a.Scope, a.Mark(a.Role).Filters()...)
	if err != nil {
		return false, err
	}
	given := map[string]string{} // allocation -> the VPC of the NAT gateway that has it
	for _, n := range nats {
		given[allocationOf(n)] = aws.ToString(n.VpcId)
	}
	all, err := a.list(ctx, a.Mark(a.Role).Filters()...)
	if err == nil && len(all) == 0 && len(given) > 0 { // or it has lost its tags
		all, err = a.list(ctx, account.Filter("allocation-id", slices.Sorted(maps.Keys(given))...))
	}
	if err != nil {
		return false, err
	}
	*a = Address{Scope: a.Scope, Role: a.Role, VPC: a.VPC}
	var found []*Address
	for _, o := range all {
		tags := account.OfEC2(o.Tags)
		if a.VPC.Beyond(given[aws.ToString(o.AllocationId)]) || !account.Unclaimed(tags, a.Stack()) {
			continue
		}
		one := *a
		one.id, one.used, one.IP, one.tags = aws.ToString(o.AllocationId), aws.ToString(o.NetworkInterfaceId), aws.ToString(o.PublicIp), a.TaggedWith(a.Role, tags)
		found = append(found, &one)
	}
	return resource.Choose(ctx, a, found)
}

func (a *Address) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Address, error) {
	out, err := a.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe addresses: %w", err)
	}
	return out.Addresses, nil
}

func (a *Address) Fits() int { return 0 }

func (a *Address) Holds(context.Context) ([]string, error) {
	if a.used == "" {
		return nil, nil
	}
	return []string{a.used}, nil
}

func (a *Address) Create(ctx context.Context) error {
	out, err := a.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{
		Domain: ec2types.DomainTypeVpc, TagSpecifications: a.Mark(a.Role).EC2(ec2types.ResourceTypeElasticIp),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("allocate an address: %w", err)
	}
	a.id, a.tags = aws.ToString(out.AllocationId), a.Tagged(a.Role)
	return nil
}

func (a *Address) Change(ctx context.Context, _ []resource.Difference) error {
	return a.Retag(ctx, a.id, a.Role)
}

func (a *Address) Remove(ctx context.Context) error {
	if _, err := a.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &a.id}); err != nil {
		return fmt.Errorf("release %s: %w", a.id, err)
	}
	return nil
}

var _ resource.Doubling = (*Address)(nil)

func (a *Address) Monthly() float64 { return prices.HoursAMonth * prices.AddressHour }
