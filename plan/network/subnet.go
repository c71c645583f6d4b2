package network

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

// Subnet is a part of a network, in one zone. Instances in a public one get a public address.
type Subnet struct {
	resource.Scope
	resource.Doubles
	VPC   *VPC
	Zones *Zones
	understudy.Subnet
	Other  bool // of a zone that is not declared: without the stack's tags, it is somebody else's
	ID     string
	within string // the VPC that it is in
	Lies   string // the zone that it is in
	seen   []resource.Field
}

func (s *Subnet) Identity() string         { return s.ID }
func (s *Subnet) Actual() []resource.Field { return s.seen }

func (s *Subnet) Desired() []resource.Field {
	return []resource.Field{
		{Name: "cidr", Value: s.CIDR.String(), Fixed: true},
		{Name: "public addresses", Value: resource.Yes(s.Public)},
		s.Tagged(s.Name),
	}
}

func (s *Subnet) Find(ctx context.Context) (bool, error) {
	all, err := s.list(ctx, s.Mark(s.Name).Filters()...)
	if err == nil && len(all) == 0 && s.VPC.ID != "" && !s.Other { // or it has lost its tags
		all, err = s.list(ctx, account.Filter("vpc-id", s.VPC.ID), account.Filter("cidr-block", s.CIDR.String()))
	}
	if err != nil {
		return false, err
	}
	*s = Subnet{Scope: s.Scope, VPC: s.VPC, Zones: s.Zones, Subnet: s.Subnet, Other: s.Other}
	var found []*Subnet
	for _, o := range all {
		one := *s
		one.ID, one.within, one.Lies = aws.ToString(o.SubnetId), aws.ToString(o.VpcId), aws.ToString(o.AvailabilityZone)
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
func (s *Subnet) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Subnet, error) {
	out, err := s.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe subnets: %w", err)
	}
	return slices.DeleteFunc(out.Subnets, func(o ec2types.Subnet) bool { return s.VPC.Beyond(aws.ToString(o.VpcId)) }), nil
}

func (s *Subnet) Fits() int { return s.VPC.has(s.within) }

func (s *Subnet) Holds(ctx context.Context) ([]string, error) {
	return s.Interfaces(ctx, "subnet-id", s.ID)
}

func (s *Subnet) Create(ctx context.Context) error {
	zone, err := s.Zones.name(ctx, s.Zone)
	if err != nil {
		return err
	}
	out, err := s.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId:             &s.VPC.ID,
		CidrBlock:         aws.String(s.CIDR.String()),
		AvailabilityZone:  &zone,
		TagSpecifications: s.Mark(s.Name).EC2(ec2types.ResourceTypeSubnet),
	})
	if err != nil {
		return fmt.Errorf("create subnet %s: %w", s.Name, err)
	}
	s.ID = aws.ToString(out.Subnet.SubnetId)
	err = account.Poll(ctx, s.ID, resource.ShortTime, func(ctx context.Context) (bool, error) {
		out, err := s.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{s.ID}})
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

func (s *Subnet) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := s.Retag(ctx, s.ID, s.Name); err != nil {
			return err
		}
	}
	_, err := s.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId:            &s.ID,
		MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: &s.Public},
	})
	if err != nil {
		return fmt.Errorf("set public addresses of %s: %w", s.ID, err)
	}
	return nil
}

func (s *Subnet) Remove(ctx context.Context) error {
	if _, err := s.EC2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s.ID}); err != nil {
		return fmt.Errorf("delete %s: %w", s.ID, err)
	}
	return nil
}

var _ resource.Doubling = (*Subnet)(nil)

// IDsOfSubnets returns their ids, in their order.
func IDsOfSubnets(subnets []*Subnet) (ids []string) {
	for _, s := range subnets {
		ids = append(ids, resource.Known(s.ID))
	}
	return ids
}
