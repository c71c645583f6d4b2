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
)

// address is the Elastic IP address of a NAT gateway, by which others on the internet know what goes out there. It lies in no VPC: the
// NAT gateway that has it tells of which generation it is.
type address struct {
	scope
	doubles
	role string // also the NAT gateway's
	vpc  *vpc

	id   string // its allocation
	used string // the network interface that has it
	ip   string
	tags Field
}

func (a *address) identity() string { return a.id }
func (a *address) desired() []Field { return []Field{a.tagged(a.role)} }
func (a *address) actual() []Field  { return []Field{a.tags} }

func (a *address) find(ctx context.Context) (bool, error) {
	nats, err := natGateways(ctx, a.scope, a.mark(a.role).Filters()...)
	if err != nil {
		return false, err
	}
	given := map[string]string{} // allocation -> the VPC of the NAT gateway that has it
	for _, n := range nats {
		given[allocationOf(n)] = aws.ToString(n.VpcId)
	}
	all, err := a.list(ctx, a.mark(a.role).Filters()...)
	if err == nil && len(all) == 0 && len(given) > 0 { // or it has lost its tags
		all, err = a.list(ctx, account.Filter("allocation-id", slices.Sorted(maps.Keys(given))...))
	}
	if err != nil {
		return false, err
	}
	*a = address{scope: a.scope, role: a.role, vpc: a.vpc}
	var found []*address
	for _, o := range all {
		tags := account.OfEC2(o.Tags)
		if a.vpc.beyond(given[aws.ToString(o.AllocationId)]) || !account.Unclaimed(tags, a.stack()) {
			continue
		}
		one := *a
		one.id, one.used, one.ip, one.tags = aws.ToString(o.AllocationId), aws.ToString(o.NetworkInterfaceId), aws.ToString(o.PublicIp), a.taggedWith(a.role, tags)
		found = append(found, &one)
	}
	return choose(ctx, a, found)
}

func (a *address) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Address, error) {
	out, err := a.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe addresses: %w", err)
	}
	return out.Addresses, nil
}

func (a *address) fits() int { return 0 }

func (a *address) holds(context.Context) ([]string, error) {
	if a.used == "" {
		return nil, nil
	}
	return []string{a.used}, nil
}

func (a *address) create(ctx context.Context) error {
	out, err := a.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{
		Domain: ec2types.DomainTypeVpc, TagSpecifications: a.mark(a.role).EC2(ec2types.ResourceTypeElasticIp),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("allocate an address: %w", err)
	}
	a.id, a.tags = aws.ToString(out.AllocationId), a.tagged(a.role)
	return nil
}

func (a *address) change(ctx context.Context, _ []Difference) error {
	return a.retag(ctx, a.id, a.role)
}

func (a *address) remove(ctx context.Context) error {
	if _, err := a.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &a.id}); err != nil {
		return fmt.Errorf("release %s: %w", a.id, err)
	}
	return nil
}

var _ doubling = (*address)(nil)
