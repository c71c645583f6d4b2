package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// address is the Elastic IP address of a NAT gateway, by which others on the internet know what goes out there. It lies in no VPC: the
// NAT gateway that has it tells of which generation it is.
type address struct {
	resource.Scope
	resource.Doubles
	role string // also the NAT gateway's
	vpc  *vpc

	id   string // its allocation
	used string // the network interface that has it
	ip   string
	tags resource.Field
}

func (a *address) Identity() string          { return a.id }
func (a *address) Desired() []resource.Field { return []resource.Field{a.Tagged(a.role)} }
func (a *address) Actual() []resource.Field  { return []resource.Field{a.tags} }

func (a *address) Find(ctx context.Context) (bool, error) {
	nats, err := natGateways(ctx, a.Scope, a.Mark(a.role).Filters()...)
	if err != nil {
		return false, err
	}
	given := map[string]string{} // allocation -> the VPC of the NAT gateway that has it
	for _, n := range nats {
		given[allocationOf(n)] = aws.ToString(n.VpcId)
	}
	all, err := a.list(ctx, a.Mark(a.role).Filters()...)
	if err == nil && len(all) == 0 && len(given) > 0 { // or it has lost its tags
		all, err = a.list(ctx, account.Filter("allocation-id", slices.Sorted(maps.Keys(given))...))
	}
	if err != nil {
		return false, err
	}
	*a = address{Scope: a.Scope, role: a.role, vpc: a.vpc}
	var found []*address
	for _, o := range all {
		tags := account.OfEC2(o.Tags)
		if a.vpc.beyond(given[aws.ToString(o.AllocationId)]) || !account.Unclaimed(tags, a.Stack()) {
			continue
		}
		one := *a
		one.id, one.used, one.ip, one.tags = aws.ToString(o.AllocationId), aws.ToString(o.NetworkInterfaceId), aws.ToString(o.PublicIp), a.TaggedWith(a.role, tags)
		found = append(found, &one)
	}
	return resource.Choose(ctx, a, found)
}

func (a *address) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Address, error) {
	out, err := a.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe addresses: %w", err)
	}
	return out.Addresses, nil
}

func (a *address) Fits() int { return 0 }

func (a *address) Holds(context.Context) ([]string, error) {
	if a.used == "" {
		return nil, nil
	}
	return []string{a.used}, nil
}

func (a *address) Create(ctx context.Context) error {
	out, err := a.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{
		Domain: ec2types.DomainTypeVpc, TagSpecifications: a.Mark(a.role).EC2(ec2types.ResourceTypeElasticIp),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("allocate an address: %w", err)
	}
	a.id, a.tags = aws.ToString(out.AllocationId), a.Tagged(a.role)
	return nil
}

func (a *address) Change(ctx context.Context, _ []resource.Difference) error {
	return a.Retag(ctx, a.id, a.role)
}

func (a *address) Remove(ctx context.Context) error {
	if _, err := a.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &a.id}); err != nil {
		return fmt.Errorf("release %s: %w", a.id, err)
	}
	return nil
}

var _ resource.Doubling = (*address)(nil)
