package region

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func missingSubnet(id string) error {
	return wire.Errorf("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
}

// CreateSubnet makes a subnet in a part of its VPC that no other subnet has.
func (r *Region) CreateSubnet(ctx context.Context, in *ec2.CreateSubnetInput) (*ec2.CreateSubnetOutput, error) {
	if err := room.Only(in, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := required("cidrBlock", in.CidrBlock); err != nil {
		return nil, err
	}
	zone, err := r.chooseZone(room.Deref(in.AvailabilityZone), room.Deref(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	cidr, err := parseCIDR(*in.CidrBlock)
	if err != nil {
		return nil, err
	}
	if err := checkTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSubnet); err != nil {
		return nil, err
	}
	row := subnetRow{ID: newID(subnetKind), VPC: *in.VpcId, CIDR: cidr.String(), Zone: zone, ACLAssociation: newID(aclAssociationKind)}
	err = r.Update(func(tx *store.Tx) error {
		if err := r.checkSubnet(tx, row.VPC, cidr); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if err := r.subnets.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.tagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	if err := r.syncVPC(row.VPC); err != nil {
		return nil, err
	}
	subnet := r.showSubnet(row)
	return &ec2.CreateSubnetOutput{Subnet: &subnet}, nil
}

func (r *Region) checkSubnet(tx *store.Tx, vpcID string, cidr netip.Prefix) error {
	vpc, ok := r.vpcs.GetTx(tx, vpcID)
	if !ok {
		return missingVPC(vpcID)
	}
	whole := netip.MustParsePrefix(vpc.CIDR)
	if cidr.Bits() > 28 || cidr.Bits() < whole.Bits() || !whole.Contains(cidr.Addr()) {
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

func (r *Region) freeAddresses(s subnetRow) int {
	free := 1<<(32-netip.MustParsePrefix(s.CIDR).Bits()) - reserved
	for _, i := range r.interfaces.All() {
		if i.Subnet == s.ID {
			free--
		}
	}
	return free
}

func (r *Region) showSubnet(s subnetRow) ec2types.Subnet {
	return ec2types.Subnet{
		SubnetId: new(s.ID), VpcId: new(s.VPC), CidrBlock: new(s.CIDR), AvailabilityZone: new(s.Zone),
		AvailabilityZoneId: new(zoneID(s.Zone)), State: ec2types.SubnetStateAvailable, OwnerId: new(r.Account),
		AvailableIpAddressCount: new(int32(r.freeAddresses(s))), MapPublicIpOnLaunch: new(s.MapPublic),
		DefaultForAz: new(false), AssignIpv6AddressOnCreation: new(false), EnableDns64: new(false), Ipv6Native: new(false),
		MapCustomerOwnedIpOnLaunch: new(false), SubnetArn: new(r.ARN("ec2", "subnet/"+s.ID)), Tags: r.tags(s.ID),
		PrivateDnsNameOptionsOnLaunch: &ec2types.PrivateDnsNameOptionsOnLaunch{
			HostnameType:                    ec2types.HostnameTypeIpName,
			EnableResourceNameDnsARecord:    new(false),
			EnableResourceNameDnsAAAARecord: new(false),
		},
	}
}

func (r *Region) subnetListing() listing[subnetRow] {
	cidr := one(func(s subnetRow) string { return s.CIDR })
	zone := one(func(s subnetRow) string { return s.Zone })
	return listing[subnetRow]{
		id: func(s subnetRow) string { return s.ID }, missing: missingSubnet,
		fields: fields[subnetRow]{
			"subnet-id": one(func(s subnetRow) string { return s.ID }), "vpc-id": one(func(s subnetRow) string { return s.VPC }),
			"cidr": cidr, "cidr-block": cidr, "cidrBlock": cidr,
			"availability-zone": zone, "availabilityZone": zone,
			"availability-zone-id":       one(func(s subnetRow) string { return zoneID(s.Zone) }),
			"available-ip-address-count": one(func(s subnetRow) string { return strconv.Itoa(r.freeAddresses(s)) }),
			"default-for-az":             boolean(func(subnetRow) bool { return false }),
			"map-public-ip-on-launch":    boolean(func(s subnetRow) bool { return s.MapPublic }),
			"owner-id":                   one(func(subnetRow) string { return r.Account }),
			"state":                      one(func(subnetRow) string { return "available" }),
			"subnet-arn":                 one(func(s subnetRow) string { return r.ARN("ec2", "subnet/"+s.ID) }),
		},
	}
}

// DescribeSubnets lists subnets.
func (r *Region) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput) (*ec2.DescribeSubnetsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "SubnetIds"); err != nil {
		return nil, err
	}
	rows, next, err := r.subnetListing().list(r, r.subnets.All(), in.SubnetIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSubnetsOutput{NextToken: next}
	for _, row := range rows {
		out.Subnets = append(out.Subnets, r.showSubnet(row))
	}
	return out, nil
}

// ModifySubnetAttribute changes whether instances launched in the subnet get a public address.
func (r *Region) ModifySubnetAttribute(ctx context.Context, in *ec2.ModifySubnetAttributeInput) (*ec2.ModifySubnetAttributeOutput, error) {
	if err := room.Only(in, "SubnetId", "MapPublicIpOnLaunch"); err != nil {
		return nil, err
	}
	if err := required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	if in.MapPublicIpOnLaunch == nil {
		return nil, wire.Errorf("InvalidParameterCombination", "One attribute must be modified in a call.")
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.subnets.GetTx(tx, *in.SubnetId)
		if !ok {
			return missingSubnet(*in.SubnetId)
		}
		row.MapPublic = room.Deref(in.MapPublicIpOnLaunch.Value)
		return r.subnets.Put(tx, row.ID, row)
	})
	return &ec2.ModifySubnetAttributeOutput{}, err
}

// DeleteSubnet deletes a subnet without network interfaces, and its route table association.
func (r *Region) DeleteSubnet(ctx context.Context, in *ec2.DeleteSubnetInput) (*ec2.DeleteSubnetOutput, error) {
	if err := room.Only(in, "SubnetId"); err != nil {
		return nil, err
	}
	if err := required("subnetId", in.SubnetId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.subnets.GetTx(tx, *in.SubnetId)
		if !ok {
			return missingSubnet(*in.SubnetId)
		}
		vpc = row.VPC
		for _, i := range r.interfaces.AllTx(tx) {
			if i.Subnet == row.ID {
				return wire.Errorf("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", row.ID)
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		for _, t := range r.routeTables.AllTx(tx) {
			if err := r.dropAssociations(tx, t, func(a associationRow) bool { return a.Subnet == row.ID }); err != nil {
				return err
			}
		}
		return r.remove(tx, row.ID, r.subnets.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteSubnetOutput{}, r.syncVPC(vpc)
}

// zones are the region's availability zones: us-east-1a and so on.
func (r *Region) zones() []string {
	return []string{r.Region + "a", r.Region + "b", r.Region + "c"}
}

// zoneID returns a zone's id, use1-az1 for us-east-1a. On AWS the pairing differs between accounts.
func zoneID(zone string) string {
	name, letter := zone[:len(zone)-1], zone[len(zone)-1]
	parts := strings.Split(name, "-")
	if len(parts) != 3 {
		return name + "-az" + strconv.Itoa(int(letter-'a')+1)
	}
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c")
	return parts[0] + short.Replace(parts[1]) + parts[2] + "-az" + strconv.Itoa(int(letter-'a')+1)
}

func (r *Region) chooseZone(zone, id string) (string, error) {
	for _, z := range r.zones() {
		if id != "" && zoneID(z) == id && (zone == "" || zone == z) {
			return z, nil
		}
	}
	switch {
	case id != "":
		return "", wire.Errorf("InvalidParameterValue", "Value (%s) for parameter availabilityZoneId is invalid.", id)
	case zone == "":
		return r.zones()[0], nil
	case !slices.Contains(r.zones(), zone):
		return "", wire.Errorf(
			"InvalidParameterValue",
			"Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
			zone,
			strings.Join(r.zones(), ", "),
		)
	}
	return zone, nil
}
