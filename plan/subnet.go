package plan

import (
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

// subnet is a part of a network, in one zone. Instances in a public one get a public address.
type subnet struct {
	resource.Scope
	resource.Doubles
	vpc   *vpc
	zones *zones
	understudy.Subnet
	other  bool // of a zone that is not declared: without the stack's tags, it is somebody else's
	id     string
	within string // the VPC that it is in
	lies   string // the zone that it is in
	seen   []resource.Field
}

func (s *subnet) Identity() string         { return s.id }
func (s *subnet) Actual() []resource.Field { return s.seen }

func (s *subnet) Desired() []resource.Field {
	return []resource.Field{
		{Name: "cidr", Value: s.CIDR.String(), Fixed: true},
		{Name: "public addresses", Value: resource.Yes(s.Public)},
		s.Tagged(s.Name),
	}
}

func (s *subnet) Find(ctx context.Context) (bool, error) {
	all, err := s.list(ctx, s.Mark(s.Name).Filters()...)
	if err == nil && len(all) == 0 && s.vpc.id != "" && !s.other { // or it has lost its tags
		all, err = s.list(ctx, account.Filter("vpc-id", s.vpc.id), account.Filter("cidr-block", s.CIDR.String()))
	}
	if err != nil {
		return false, err
	}
	*s = subnet{Scope: s.Scope, vpc: s.vpc, zones: s.zones, Subnet: s.Subnet, other: s.other}
	var found []*subnet
	for _, o := range all {
		one := *s
		one.id, one.within, one.lies = aws.ToString(o.SubnetId), aws.ToString(o.VpcId), aws.ToString(o.AvailabilityZone)
		one.seen = []resource.Field{
			{Name: "cidr", Value: aws.ToString(o.CidrBlock)},
			{Name: "public addresses", Value: resource.Yes(aws.ToBool(o.MapPublicIpOnLaunch))},
			s.TaggedWith(s.Name, account.OfEC2(o.Tags)),
		}
		found = append(found, &one)
	}
	return resource.Choose(ctx, s, found)
}

// list returns the subnets of this generation that the filters select.
func (s *subnet) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Subnet, error) {
	out, err := s.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe subnets: %w", err)
	}
	return slices.DeleteFunc(out.Subnets, func(o ec2types.Subnet) bool { return s.vpc.beyond(aws.ToString(o.VpcId)) }), nil
}

func (s *subnet) Fits() int { return s.vpc.has(s.within) }

func (s *subnet) Holds(ctx context.Context) ([]string, error) {
	return s.Interfaces(ctx, "subnet-id", s.id)
}

func (s *subnet) Create(ctx context.Context) error {
	zone, err := s.zones.name(ctx, s.Zone)
	if err != nil {
		return err
	}
	out, err := s.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId:             &s.vpc.id,
		CidrBlock:         aws.String(s.CIDR.String()),
		AvailabilityZone:  &zone,
		TagSpecifications: s.Mark(s.Name).EC2(ec2types.ResourceTypeSubnet),
	})
	if err != nil {
		return fmt.Errorf("create subnet %s: %w", s.Name, err)
	}
	s.id = aws.ToString(out.Subnet.SubnetId)
	err = account.Poll(ctx, s.id, resource.ShortTime, func(ctx context.Context) (bool, error) {
		out, err := s.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{s.id}})
		if account.IsNotFound(err) {
			return false, nil
		}
		return err == nil && len(out.Subnets) == 1 && out.Subnets[0].State == ec2types.SubnetStateAvailable, err
	})
	if err != nil || !s.Public {
		return err // a new subnet gives no public addresses
	}
	return s.Change(ctx, resource.Compare(s.Desired(), []resource.Field{s.Tagged(s.Name)}))
}

func (s *subnet) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := s.Retag(ctx, s.id, s.Name); err != nil {
			return err
		}
	}
	_, err := s.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId:            &s.id,
		MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: &s.Public},
	})
	if err != nil {
		return fmt.Errorf("set public addresses of %s: %w", s.id, err)
	}
	return nil
}

func (s *subnet) Remove(ctx context.Context) error {
	if _, err := s.EC2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s.id}); err != nil {
		return fmt.Errorf("delete %s: %w", s.id, err)
	}
	return nil
}

var _ resource.Doubling = (*subnet)(nil)
