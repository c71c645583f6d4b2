package nets

import (
	"context"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// VPC is a virtual private cloud.
type VPC struct {
	ID, CIDR                 string
	Tenancy                  ec2types.Tenancy
	DNSSupport, DNSHostnames bool
	UsageMetrics             bool   // of network addresses: kept, and no metrics are made
	ACL                      string // the default network ACL
	Default                  bool   // it is the region's default VPC
	More                     []cidrRow
	IPv6                     []cidrRow // its blocks of IPv6 addresses, which Amazon chose
	DHCP                     string    // its set of DHCP options; empty for the default set
}

// Range returns the VPC's addresses.
func (v VPC) Range() netip.Prefix { return netip.MustParsePrefix(v.CIDR) }

// Resolver returns where a VPC's resolver answers: the second address after the first.
func (v VPC) Resolver() netip.Addr { return v.Range().Addr().Next().Next() }

var vpcKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "vpc", Tagged: ec2types.ResourceTypeVpc, Missing: missingVPC,
	Exists: resource.Within(func(r *Room) *store.Table[VPC] { return r.vpcs }),
})

func missingVPC(id string) error {
	return resource.Missing("vpc-", id, "InvalidVpcID.Malformed", "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist")
}

// parseCIDR reads an IPv4 block and sets its host bits to zero, as AWS does.
func parseCIDR(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil || !p.Addr().Is4() {
		return p, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", s)
	}
	return p.Masked(), nil
}

// CreateVpc makes a VPC with its default security group, main route table and default network ACL.
func (r *Room) CreateVpc(ctx context.Context, in *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) {
	if err := room.Only(in, "AmazonProvidedIpv6CidrBlock", "CidrBlock", "InstanceTenancy", "Ipv6CidrBlockNetworkBorderGroup", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("cidrBlock", in.CidrBlock); err != nil {
		return nil, err
	}
	cidr, err := parseCIDR(*in.CidrBlock)
	if err != nil {
		return nil, err
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 {
		return nil, wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", *in.CidrBlock)
	}
	if in.InstanceTenancy != "" && in.InstanceTenancy != ec2types.TenancyDefault {
		return nil, wire.Errorf("UnsupportedOperation", "The instance tenancy '%s' is not supported.", in.InstanceTenancy)
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeVpc); err != nil {
		return nil, err
	}
	withIPv6 := room.Deref(in.AmazonProvidedIpv6CidrBlock)
	switch {
	case withIPv6:
		if err := r.mayIPv6(in.Ipv6CidrBlockNetworkBorderGroup); err != nil {
			return nil, err
		}
	case in.Ipv6CidrBlockNetworkBorderGroup != nil:
		return nil, wire.Errorf("InvalidParameterCombination", "ipv6CidrBlockNetworkBorderGroup needs amazonProvidedIpv6CidrBlock to be true.")
	}
	if err := room.DryRun(in); err != nil {
		return nil, err
	}
	row := VPC{
		ID: vpcKind.NewID(), CIDR: cidr.String(), Tenancy: ec2types.TenancyDefault,
		DNSSupport: true, ACL: aclKind.NewID(),
	}
	err = r.Update(func(tx *store.Tx) error {
		if err := r.putNewVPC(tx, row, in.TagSpecifications); err != nil || !withIPv6 {
			return err
		}
		if err := r.addIPv6(tx, &row); err != nil {
			return err
		}
		return r.vpcs.Put(tx, row.ID, row)
	})
	if err != nil {
		return nil, err
	}
	if err := r.Sync(row.ID); err != nil {
		return nil, err
	}
	vpc := r.showVPC(row)
	for n, c := range row.IPv6 {
		vpc.Ipv6CidrBlockAssociationSet[n] = r.showIPv6(c, ec2types.VpcCidrBlockStateCodeAssociating)
	}
	return &ec2.CreateVpcOutput{Vpc: &vpc}, nil
}

func (r *Room) putNewVPC(tx *store.Tx, row VPC, tags []ec2types.TagSpecification) error {
	if len(r.vpcs.AllTx(tx)) >= r.Quota(vpcsPerRegion) {
		return wire.Errorf("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	if err := r.vpcs.Put(tx, row.ID, row); err != nil {
		return err
	}
	table := routeTableRow{ID: routeTableKind.NewID(), VPC: row.ID, Associations: []associationRow{{ID: tableAssociationKind.NewID(), Main: true}}}
	if err := r.routeTables.Put(tx, table.ID, table); err != nil {
		return err
	}
	group := groupRow{ID: groupKind.NewID(), VPC: row.ID, Name: "default", Description: "default VPC security group"}
	group.Rules = []ruleRow{
		{ID: ruleKind.NewID(), Protocol: "-1", From: -1, To: -1, Group: group.ID},
		allOut(false),
	}
	if err := r.groups.Put(tx, group.ID, group); err != nil {
		return err
	}
	if err := r.acls.Put(tx, row.ACL, defaultACL(row)); err != nil {
		return err
	}
	return r.TagNew(tx, tags, row.ID)
}

func (r *Room) showVPC(row VPC) ec2types.Vpc {
	var associations []ec2types.VpcCidrBlockAssociation
	for _, c := range row.cidrs() {
		associations = append(associations, c.show(ec2types.VpcCidrBlockStateCodeAssociated))
	}
	ipv6 := []ec2types.VpcIpv6CidrBlockAssociation{}
	for _, c := range row.IPv6 {
		ipv6 = append(ipv6, r.showIPv6(c, ec2types.VpcCidrBlockStateCodeAssociated))
	}
	return ec2types.Vpc{
		VpcId: new(row.ID), CidrBlock: new(row.CIDR), DhcpOptionsId: new(row.dhcpOf()), InstanceTenancy: row.Tenancy,
		IsDefault: new(row.Default), OwnerId: new(r.Account), State: ec2types.VpcStateAvailable, Tags: r.Tags(row.ID),
		CidrBlockAssociationSet: associations, Ipv6CidrBlockAssociationSet: ipv6,
	}
}

// vpcFilters are the filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html, with the other
// spellings that clients use, by what they look at.
var vpcFilters = map[string]string{
	"vpc-id": "VpcId", "cidr": "CidrBlock", "cidr-block": "CidrBlock", "cidrBlock": "CidrBlock",
	"cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
	"cidr-block-association.cidr-block":     "CidrBlockAssociationSet.CidrBlock",
	"cidr-block-association.state":          "CidrBlockAssociationSet.CidrBlockState.State",

	"ipv6-cidr-block-association.association-id":  "Ipv6CidrBlockAssociationSet.AssociationId",
	"ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
	"ipv6-cidr-block-association.ipv6-pool":       "Ipv6CidrBlockAssociationSet.Ipv6Pool",
	"ipv6-cidr-block-association.state":           "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",

	"dhcp-options-id": "DhcpOptionsId", "is-default": "IsDefault", "isDefault": "IsDefault",
	"owner-id": "OwnerId", "state": "State",
}

func (r *Room) vpcListing() resource.Listing[VPC] {
	return resource.Listing[VPC]{
		ID: func(v VPC) string { return v.ID }, Missing: missingVPC,
		Fields: resource.With(resource.Fields[VPC]{}, r.showVPC, vpcFilters),
	}
}

// DescribeVpcs lists VPCs.
func (r *Room) DescribeVpcs(ctx context.Context, in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VpcIds"); err != nil {
		return nil, err
	}
	rows, next, err := r.vpcListing().List(r.Registry, r.vpcs.All(), in.VpcIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcsOutput{NextToken: next}
	for _, row := range rows {
		out.Vpcs = append(out.Vpcs, r.showVPC(row))
	}
	return out, nil
}

// ModifyVpcAttribute changes one of a VPC's attributes.
func (r *Room) ModifyVpcAttribute(ctx context.Context, in *ec2.ModifyVpcAttributeInput) (*ec2.ModifyVpcAttributeOutput, error) {
	if err := room.Only(in, "VpcId", "EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	given := 0
	for _, v := range []*ec2types.AttributeBooleanValue{in.EnableDnsHostnames, in.EnableDnsSupport, in.EnableNetworkAddressUsageMetrics} {
		if v != nil {
			given++
		}
	}
	if given != 1 {
		return nil, wire.Errorf("InvalidParameterCombination", "Exactly one attribute may be modified in a call.")
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.vpcs.GetTx(tx, *in.VpcId)
		if !ok {
			return missingVPC(*in.VpcId)
		}
		if v := in.EnableDnsSupport; v != nil {
			row.DNSSupport = room.Deref(v.Value)
		}
		if v := in.EnableDnsHostnames; v != nil {
			row.DNSHostnames = room.Deref(v.Value)
		}
		if v := in.EnableNetworkAddressUsageMetrics; v != nil {
			row.UsageMetrics = room.Deref(v.Value)
		}
		return r.vpcs.Put(tx, row.ID, row)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyVpcAttributeOutput{}, r.Sync(*in.VpcId)
}

// DescribeVpcAttribute tells one of a VPC's attributes.
func (r *Room) DescribeVpcAttribute(ctx context.Context, in *ec2.DescribeVpcAttributeInput) (*ec2.DescribeVpcAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	row, ok := r.vpcs.Get(*in.VpcId)
	if !ok {
		return nil, missingVPC(*in.VpcId)
	}
	out := &ec2.DescribeVpcAttributeOutput{VpcId: in.VpcId}
	switch in.Attribute {
	case ec2types.VpcAttributeNameEnableDnsSupport:
		out.EnableDnsSupport = &ec2types.AttributeBooleanValue{Value: new(row.DNSSupport)}
	case ec2types.VpcAttributeNameEnableDnsHostnames:
		out.EnableDnsHostnames = &ec2types.AttributeBooleanValue{Value: new(row.DNSHostnames)}
	case ec2types.VpcAttributeNameEnableNetworkAddressUsageMetrics:
		out.EnableNetworkAddressUsageMetrics = &ec2types.AttributeBooleanValue{Value: new(row.UsageMetrics)}
	default:
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter attribute is invalid.", in.Attribute)
	}
	return out, nil
}

// DeleteVpc deletes a VPC that nothing is in but what came with it.
func (r *Room) DeleteVpc(ctx context.Context, in *ec2.DeleteVpcInput) (*ec2.DeleteVpcOutput, error) {
	if err := room.Only(in, "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	id := *in.VpcId
	err := r.Update(func(tx *store.Tx) error {
		if _, ok := r.vpcs.GetTx(tx, id); !ok {
			return missingVPC(id)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if r.InUse(tx, id) {
			return wire.Errorf("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
		}
		return r.removeVPC(tx, id)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteVpcOutput{}, r.Sync(id)
}

func (r *Room) removeVPC(tx *store.Tx, id string) error {
	if err := r.endPeerings(tx, id); err != nil {
		return err
	}
	for _, t := range r.routeTables.AllTx(tx) {
		if t.VPC == id {
			if err := r.Remove(tx, t.ID, r.routeTables.Delete); err != nil {
				return err
			}
		}
	}
	for _, g := range r.groups.AllTx(tx) {
		if g.VPC == id {
			if err := r.removeGroup(tx, g); err != nil {
				return err
			}
		}
	}
	for _, a := range r.acls.AllTx(tx) {
		if a.VPC == id {
			if err := r.Remove(tx, a.ID, r.acls.Delete); err != nil {
				return err
			}
		}
	}
	return r.Remove(tx, id, r.vpcs.Delete)
}
