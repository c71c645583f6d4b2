package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Subnet is a part of a VPC in one zone.
type Subnet struct {
	ID, VPC, CIDR, Zone string
	MapPublic           bool
	Default             bool   // it is its zone's default subnet
	ACL                 string // its network ACL; empty for the VPC's default one
	ACLAssociation      string
	IPv6                cidrRow // its block of IPv6 addresses and the association; the zero value where it has none
	AssignIPv6          bool    // to interfaces that are made in it
}

var subnetKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "subnet", Tagged: ec2types.ResourceTypeSubnet, Missing: MissingSubnet,
	Exists: resource.Within(func(r *Room) *store.Table[Subnet] { return r.subnets }),
	Keeps:  resource.SomeOf(func(r *Room) *store.Table[Subnet] { return r.subnets }, func(s Subnet, vpc string) bool { return s.VPC == vpc }),
})

// MissingSubnet is the error where there is no such subnet.
func MissingSubnet(id string) error {
	return resource.Missing("subnet-", id, "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist")
}

// CreateSubnet makes a subnet in a part of its VPC that no other subnet has.
func (r *Room) CreateSubnet(ctx context.Context, in *ec2.CreateSubnetInput) (*ec2.CreateSubnetOutput, error) {
	if err := room.Only(in, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "Ipv6CidrBlock", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := resource.Required("cidrBlock", in.CidrBlock); err != nil {
		return nil, err
	}
	zone, err := r.ChooseZone(room.Deref(in.AvailabilityZone), room.Deref(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	cidr, err := parseCIDR(*in.CidrBlock)
	if err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSubnet); err != nil {
		return nil, err
	}
	row := Subnet{ID: subnetKind.NewID(), VPC: *in.VpcId, CIDR: cidr.String(), Zone: zone, ACLAssociation: aclAssociationKind.NewID()}
	err = r.Update(func(tx *store.Tx) error {
		if err := r.checkSubnet(tx, row.VPC, cidr); err != nil {
			return err
		}
		if given := room.Deref(in.Ipv6CidrBlock); given != "" {
			vpc, _ := r.vpcs.GetTx(tx, row.VPC)
			if row.IPv6, err = r.blockOf(tx, vpc, given); err != nil {
				return err
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if err := r.subnets.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.TagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	if err := r.Sync(row.VPC); err != nil {
		return nil, err
	}
	subnet := r.showSubnet(row)
	return &ec2.CreateSubnetOutput{Subnet: &subnet}, nil
}

func (r *Room) checkSubnet(tx *store.Tx, vpcID string, cidr netip.Prefix) error {
	vpc, ok := r.vpcs.GetTx(tx, vpcID)
	if !ok {
		return missingVPC(vpcID)
	}
	inside := func(whole netip.Prefix) bool { return cidr.Bits() >= whole.Bits() && whole.Contains(cidr.Addr()) }
	if cidr.Bits() > 28 || !slices.ContainsFunc(vpc.Ranges(), inside) {
		return wire.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range r.subnets.AllTx(tx) {
		if other.VPC == vpcID && netip.MustParsePrefix(other.CIDR).Overlaps(cidr) {
			return wire.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	return nil
}

// reserved is how many of a subnet's addresses nobody gets: network, router, resolver, future use, last
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
const reserved = 5

func (r *Room) freeAddresses(s Subnet) int {
	free := 1<<(32-netip.MustParsePrefix(s.CIDR).Bits()) - reserved
	for _, i := range r.interfaces.All() {
		if i.Subnet == s.ID {
			free -= len(i.Addresses())
		}
	}
	return free
}

func (r *Room) showSubnet(s Subnet) ec2types.Subnet {
	ipv6 := []ec2types.SubnetIpv6CidrBlockAssociation{}
	if s.IPv6.ID != "" {
		ipv6 = append(ipv6, s.showIPv6(ec2types.SubnetCidrBlockStateCodeAssociated))
	}
	return ec2types.Subnet{
		Ipv6CidrBlockAssociationSet: ipv6, SubnetId: new(s.ID), VpcId: new(s.VPC), CidrBlock: new(s.CIDR), AvailabilityZone: new(s.Zone),
		AvailabilityZoneId: new(ZoneID(s.Zone)), State: ec2types.SubnetStateAvailable, OwnerId: new(r.Account),
		AvailableIpAddressCount: new(int32(r.freeAddresses(s))), MapPublicIpOnLaunch: new(s.MapPublic),
		DefaultForAz: new(s.Default), AssignIpv6AddressOnCreation: new(s.AssignIPv6), EnableDns64: new(false), Ipv6Native: new(false),
		MapCustomerOwnedIpOnLaunch: new(false), SubnetArn: new(r.ARN("ec2", "subnet/"+s.ID)), Tags: r.Tags(s.ID),
		PrivateDnsNameOptionsOnLaunch: &ec2types.PrivateDnsNameOptionsOnLaunch{
			HostnameType:                    ec2types.HostnameTypeIpName,
			EnableResourceNameDnsARecord:    new(false),
			EnableResourceNameDnsAAAARecord: new(false),
		},
	}
}

// subnetFilters are the filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html, with the other
// spellings that clients use, by what they look at.
var subnetFilters = map[string]string{
	"subnet-arn": "SubnetArn", "cidr": "CidrBlock", "cidr-block": "CidrBlock", "cidrBlock": "CidrBlock",
	"availability-zone": "AvailabilityZone", "availabilityZone": "AvailabilityZone",
	"availability-zone-id": "AvailabilityZoneId", "availabilityZoneId": "AvailabilityZoneId",
	"available-ip-address-count": "AvailableIpAddressCount", "default-for-az": "DefaultForAz", "defaultForAz": "DefaultForAz",
	"enable-dns64": "EnableDns64", "enable-lni-at-device-index": "EnableLniAtDeviceIndex", "ipv6-native": "Ipv6Native",
	"customer-owned-ipv4-pool": "CustomerOwnedIpv4Pool", "map-customer-owned-ip-on-launch": "MapCustomerOwnedIpOnLaunch",
	"map-public-ip-on-launch": "MapPublicIpOnLaunch", "outpost-arn": "OutpostArn", "owner-id": "OwnerId", "state": "State",
	"ipv6-cidr-block-association.association-id":  "Ipv6CidrBlockAssociationSet.AssociationId",
	"ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
	"ipv6-cidr-block-association.state":           "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",

	"private-dns-name-options-on-launch.hostname-type":                        "PrivateDnsNameOptionsOnLaunch.HostnameType",
	"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord",
	"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord",
}

func (r *Room) subnetListing() resource.Listing[Subnet] {
	return resource.Listing[Subnet]{
		ID: func(s Subnet) string { return s.ID }, Missing: MissingSubnet,
		Fields: resource.With(resource.Fields[Subnet]{
			// Of these two alone many rows are asked, and what a subnet shows counts its interfaces.
			"subnet-id": resource.One(func(s Subnet) string { return s.ID }), "vpc-id": resource.One(func(s Subnet) string { return s.VPC }),
		}, r.showSubnet, subnetFilters),
	}
}

// DescribeSubnets lists subnets.
func (r *Room) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput) (*ec2.DescribeSubnetsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "SubnetIds"); err != nil {
		return nil, err
	}
	rows, next, err := r.subnetListing().List(r.Registry, r.subnets.All(), in.SubnetIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSubnetsOutput{NextToken: next}
	for _, row := range rows {
		out.Subnets = append(out.Subnets, r.showSubnet(row))
	}
	return out, nil
}

// ModifySubnetAttribute changes whether instances launched in the subnet get a public address, or an IPv6 address.
func (r *Room) ModifySubnetAttribute(ctx context.Context, in *ec2.ModifySubnetAttributeInput) (*ec2.ModifySubnetAttributeOutput, error) {
	if err := room.Only(in, "AssignIpv6AddressOnCreation", "SubnetId", "MapPublicIpOnLaunch"); err != nil {
		return nil, err
	}
	if err := resource.Required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	if (in.MapPublicIpOnLaunch == nil) == (in.AssignIpv6AddressOnCreation == nil) {
		return nil, wire.Errorf("InvalidParameterCombination", "One attribute must be modified in a call.")
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.subnets.GetTx(tx, *in.SubnetId)
		if !ok {
			return MissingSubnet(*in.SubnetId)
		}
		if v := in.MapPublicIpOnLaunch; v != nil {
			row.MapPublic = room.Deref(v.Value)
		}
		if v := in.AssignIpv6AddressOnCreation; v != nil {
			if row.AssignIPv6 = room.Deref(v.Value); row.AssignIPv6 && row.IPv6.ID == "" {
				return wire.Errorf("InvalidParameterValue",
					"Invalid value 'true' for assignIpv6AddressOnCreation. Subnet must have an IPv6 CIDR block associated first.")
			}
		}
		return r.subnets.Put(tx, row.ID, row)
	})
	return &ec2.ModifySubnetAttributeOutput{}, err
}

// subnetInUse tells whether an interface is in a subnet, or will be.
func (r *Room) subnetInUse(tx *store.Tx, id string) bool {
	return slices.ContainsFunc(r.interfaces.AllTx(tx), func(i Interface) bool { return i.Subnet == id }) ||
		slices.ContainsFunc(r.nats.AllTx(tx), func(n natRow) bool { return n.Subnet == id && n.counts() })
}

// DeleteSubnet deletes a subnet without network interfaces, and its route table association.
func (r *Room) DeleteSubnet(ctx context.Context, in *ec2.DeleteSubnetInput) (*ec2.DeleteSubnetOutput, error) {
	if err := room.Only(in, "SubnetId"); err != nil {
		return nil, err
	}
	if err := resource.Required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.subnets.GetTx(tx, *in.SubnetId)
		if !ok {
			return MissingSubnet(*in.SubnetId)
		}
		vpc = row.VPC
		if err := room.DryRun(in); err != nil {
			return err
		}
		if r.subnetInUse(tx, row.ID) {
			return wire.Errorf("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", row.ID)
		}
		for _, t := range r.routeTables.AllTx(tx) {
			if err := r.dropAssociations(tx, t, func(a associationRow) bool { return a.Subnet == row.ID }); err != nil {
				return err
			}
		}
		return r.Remove(tx, row.ID, r.subnets.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteSubnetOutput{}, r.Sync(vpc)
}
