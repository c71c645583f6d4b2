// Package network has what a stack's network is made of, in the VPC that is its own or in one that is given: subnets, gateways, routes,
// endpoints and security groups. Which of two networks is in use, and what lies in the other, is told by the VPC.
package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// VPC is the network of one region. DNS support and DNS host names are on: instances can resolve names, and have
// names.
type VPC struct {
	resource.Scope
	resource.Doubles
	ID      string
	rank    int
	Seen    []resource.Field
	Earlier []*VPC // the stack's with another network than the declared one
	Leaving bool   // it is one of these, looked at by itself
}

func (v *VPC) Identity() string         { return v.ID }
func (v *VPC) Actual() []resource.Field { return v.Seen }

func (v *VPC) Desired() []resource.Field {
	return []resource.Field{
		{Name: "cidr", Value: v.Place().CIDR.String(), Fixed: true},
		{Name: "dns support", Value: resource.Yes(true)},
		{Name: "dns host names", Value: resource.Yes(true)},
		v.Tagged("vpc"),
	}
}

func (v *VPC) Find(ctx context.Context) (bool, error) {
	if v.Leaving {
		return true, nil
	}
	all, err := v.VPCs(ctx, v.Stack())
	if err != nil {
		return false, err
	}
	*v = VPC{Scope: v.Scope}
	var found, earlier []*VPC
	for n, one := range all {
		f := &VPC{Scope: v.Scope, ID: aws.ToString(one.VpcId), rank: len(all) - n,
			Seen: []resource.Field{{Name: "cidr", Value: aws.ToString(one.CidrBlock)}, v.TaggedWith("vpc", account.OfEC2(one.Tags))}}
		if resource.Differs(resource.Compare(v.Desired(), f.Seen), "cidr") {
			earlier = append(earlier, f)
			continue
		}
		found = append(found, f)
	}
	there, err := resource.Choose(ctx, v, found)
	v.Earlier = earlier
	if err != nil || !there {
		return false, err
	}
	return true, v.readAttributes(ctx)
}

// Fits follows the order in which the account has the VPCs, the one in use first.
func (v *VPC) Fits() int { return v.rank }

func (v *VPC) Holds(ctx context.Context) ([]string, error) {
	one := account.VPC{Vpc: ec2types.Vpc{VpcId: &v.ID}}
	err := v.LookInto(ctx, &one, v.Stack())
	return one.Holds, err
}

// idle tells whether the id is that of a double of this VPC that can be removed with the stack's resources in it.
func (v *VPC) idle(id string) bool {
	return slices.ContainsFunc(v.Spare, func(d resource.Double) bool { return d.Identity() == id && len(d.Held) == 0 })
}

// has returns how well a resource in the VPC with this id fits: only one in the VPC in use can be used.
func (v *VPC) has(id string) int {
	if id == v.ID {
		return 0
	}
	return -1
}

func (v *VPC) readAttributes(ctx context.Context) error {
	var support, names *ec2.DescribeVpcAttributeOutput
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		support, err = v.attribute(ctx, ec2types.VpcAttributeNameEnableDnsSupport)
		return err
	})
	both.Go(func() (err error) {
		names, err = v.attribute(ctx, ec2types.VpcAttributeNameEnableDnsHostnames)
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	v.Seen = append(v.Seen,
		resource.Field{Name: "dns support", Value: resource.Yes(On(support.EnableDnsSupport))},
		resource.Field{Name: "dns host names", Value: resource.Yes(On(names.EnableDnsHostnames))})
	return nil
}

func (v *VPC) attribute(ctx context.Context, name ec2types.VpcAttributeName) (*ec2.DescribeVpcAttributeOutput, error) {
	out, err := v.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &v.ID, Attribute: name})
	if err != nil {
		return nil, fmt.Errorf("describe %s of %s: %w", name, v.ID, err)
	}
	return out, nil
}

// On tells whether an attribute is there and on.
func On(v *ec2types.AttributeBooleanValue) bool { return v != nil && aws.ToBool(v.Value) }

func (v *VPC) Create(ctx context.Context) error {
	if err := v.claimEarlier(ctx); err != nil {
		return err
	}
	out, err := v.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{
		CidrBlock:         aws.String(v.Place().CIDR.String()),
		TagSpecifications: v.Mark("vpc").EC2(ec2types.ResourceTypeVpc),
	}, account.Once)
	if err != nil {
		return fmt.Errorf("create VPC: %w", err)
	}
	v.ID = aws.ToString(out.Vpc.VpcId)
	err = account.Poll(ctx, v.ID, resource.ShortTime, func(ctx context.Context) (bool, error) {
		out, err := v.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{v.ID}})
		if account.IsNotFound(err) {
			return false, nil // made, but not yet known everywhere
		}
		return err == nil && len(out.Vpcs) == 1 && out.Vpcs[0].State == ec2types.VpcStateAvailable, err
	})
	if err != nil {
		return err
	}
	// A new VPC has DNS support ("DNS attributes for your VPC" in the Amazon VPC User Guide).
	return v.Change(ctx, resource.Compare(v.Desired(), []resource.Field{v.Tagged("vpc"), {Name: "dns support", Value: resource.Yes(true)}}))
}

// Change sets the attributes, one in each call (ModifyVpcAttribute), DNS support before the host names that need it.
func (v *VPC) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := v.Retag(ctx, v.ID, "vpc"); err != nil {
			return err
		}
	}
	value := &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}
	for _, in := range []struct {
		name string
		*ec2.ModifyVpcAttributeInput
	}{
		{"dns support", &ec2.ModifyVpcAttributeInput{VpcId: &v.ID, EnableDnsSupport: value}},
		{"dns host names", &ec2.ModifyVpcAttributeInput{VpcId: &v.ID, EnableDnsHostnames: value}},
	} {
		if !resource.Differs(differences, in.name) {
			continue
		}
		if _, err := v.EC2.ModifyVpcAttribute(ctx, in.ModifyVpcAttributeInput); err != nil {
			return fmt.Errorf("turn on %s of %s: %w", in.name, v.ID, err)
		}
	}
	return nil
}

// Remove deletes the VPC, and with it its default group, main route table and network ACL.
func (v *VPC) Remove(ctx context.Context) error {
	if _, err := v.EC2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v.ID}); err != nil {
		return fmt.Errorf("delete %s: %w", v.ID, err)
	}
	return nil
}

var _ resource.Doubling = (*VPC)(nil)
