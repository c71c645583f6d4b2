package region

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeAvailabilityZones lists the region's three zones.
func (r *Region) DescribeAvailabilityZones(ctx context.Context, in *ec2.DescribeAvailabilityZonesInput) (*ec2.DescribeAvailabilityZonesOutput, error) {
	if err := room.Only(in, "AllAvailabilityZones", "Filters", "ZoneIds", "ZoneNames"); err != nil {
		return nil, err
	}
	var zones []ec2types.AvailabilityZone
	for _, z := range r.zones() {
		named := len(in.ZoneNames) == 0 || slices.Contains(in.ZoneNames, z)
		if named && (len(in.ZoneIds) == 0 || slices.Contains(in.ZoneIds, zoneID(z))) {
			zones = append(zones, ec2types.AvailabilityZone{
				ZoneName: new(z), ZoneId: new(zoneID(z)), RegionName: new(r.Region), State: ec2types.AvailabilityZoneStateAvailable,
				ZoneType: new("availability-zone"), GroupName: new(r.Region), NetworkBorderGroup: new(r.Region),
				OptInStatus: ec2types.AvailabilityZoneOptInStatusOptInNotRequired,
			})
		}
	}
	for _, z := range in.ZoneNames {
		if !slices.Contains(r.zones(), z) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", z)
		}
	}
	for _, id := range in.ZoneIds {
		if !slices.ContainsFunc(r.zones(), func(z string) bool { return zoneID(z) == id }) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone-id: [%s]", id)
		}
	}
	type zone = ec2types.AvailabilityZone
	zones, err := filter(r, zones, in.Filters, func(z zone) string { return *z.ZoneName }, fields[zone]{
		"zone-name":     one(func(z zone) string { return *z.ZoneName }),
		"zone-id":       one(func(z zone) string { return *z.ZoneId }),
		"region-name":   one(func(z zone) string { return *z.RegionName }),
		"state":         one(func(z zone) string { return string(z.State) }),
		"zone-type":     one(func(z zone) string { return *z.ZoneType }),
		"group-name":    one(func(z zone) string { return *z.GroupName }),
		"opt-in-status": one(func(z zone) string { return string(z.OptInStatus) }),
	})
	return &ec2.DescribeAvailabilityZonesOutput{AvailabilityZones: zones}, err
}

// DescribeRegions lists the regions of this cloud that this one knows of: itself and those asked for by name.
func (r *Region) DescribeRegions(ctx context.Context, in *ec2.DescribeRegionsInput) (*ec2.DescribeRegionsOutput, error) {
	if err := room.Only(in, "AllRegions", "Filters", "RegionNames"); err != nil {
		return nil, err
	}
	names := in.RegionNames
	if len(names) == 0 {
		names = append([]string{r.Region}, r.cfg.Peers...)
	}
	var regions []ec2types.Region
	for _, name := range names {
		if name != r.Region && !slices.Contains(r.cfg.Peers, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Region not found: %s", name)
		}
		regions = append(regions, ec2types.Region{RegionName: new(name), Endpoint: new("ec2." + name + ".amazonaws.com"), OptInStatus: new("opt-in-not-required")})
	}
	type region = ec2types.Region
	regions, err := filter(r, regions, in.Filters, func(x region) string { return *x.RegionName }, fields[region]{
		"region-name":   one(func(x region) string { return *x.RegionName }),
		"endpoint":      one(func(x region) string { return *x.Endpoint }),
		"opt-in-status": one(func(x region) string { return *x.OptInStatus }),
	})
	return &ec2.DescribeRegionsOutput{Regions: regions}, err
}

// DescribeAccountAttributes tells the account's limits; there is no default VPC.
func (r *Region) DescribeAccountAttributes(ctx context.Context, in *ec2.DescribeAccountAttributesInput) (*ec2.DescribeAccountAttributesOutput, error) {
	if err := room.Only(in, "AttributeNames"); err != nil {
		return nil, err
	}
	values := []struct{ name, value string }{
		{"supported-platforms", "VPC"}, {"default-vpc", "none"}, {"max-instances", "100"}, {"vpc-max-security-groups-per-interface", "5"},
		{"max-elastic-ips", "0"}, {"vpc-max-elastic-ips", "0"},
	}
	for _, name := range in.AttributeNames {
		if !slices.Contains(name.Values(), name) {
			return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter attributeName is invalid.", name)
		}
	}
	out := &ec2.DescribeAccountAttributesOutput{}
	for _, v := range values {
		if len(in.AttributeNames) == 0 || slices.Contains(in.AttributeNames, ec2types.AccountAttributeName(v.name)) {
			out.AccountAttributes = append(out.AccountAttributes, ec2types.AccountAttribute{
				AttributeName: new(v.name), AttributeValues: []ec2types.AccountAttributeValue{{AttributeValue: new(v.value)}},
			})
		}
	}
	return out, nil
}

// DescribeAddresses lists Elastic IP addresses, of which a region here has none to give.
func (r *Region) DescribeAddresses(ctx context.Context, in *ec2.DescribeAddressesInput) (*ec2.DescribeAddressesOutput, error) {
	if err := room.Only(in, "AllocationIds", "Filters", "PublicIps"); err != nil {
		return nil, err
	}
	for _, id := range in.AllocationIds {
		return nil, wire.Errorf("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
	}
	for _, a := range in.PublicIps {
		return nil, wire.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", a)
	}
	none := func(struct{}) []string { return nil }
	_, err := filter(r, nil, in.Filters, func(struct{}) string { return "" }, fields[struct{}]{
		"allocation-id": none, "association-id": none, "domain": none, "instance-id": none, "network-interface-id": none,
		"public-ip": none, "private-ip-address": none, "network-border-group": none, "network-interface-owner-id": none,
	})
	return &ec2.DescribeAddressesOutput{}, err
}

func missingACL(id string) error {
	return wire.Errorf("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", id)
}

// DescribeNetworkAcls lists each VPC's default network ACL, which allows everything.
func (r *Region) DescribeNetworkAcls(ctx context.Context, in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NetworkAclIds", "NextToken"); err != nil {
		return nil, err
	}
	subnets := func(v vpcRow) (ids []string) {
		for _, s := range r.subnets.All() {
			if s.VPC == v.ID {
				ids = append(ids, s.ID)
			}
		}
		return ids
	}
	l := listing[vpcRow]{
		id: func(v vpcRow) string { return v.ACL }, missing: missingACL,
		fields: fields[vpcRow]{
			"network-acl-id": one(func(v vpcRow) string { return v.ACL }), "vpc-id": one(func(v vpcRow) string { return v.ID }),
			"default": boolean(func(vpcRow) bool { return true }), "association.subnet-id": subnets,
			"owner-id": one(func(vpcRow) string { return r.Account }),
		},
	}
	rows, next, err := l.list(r, r.vpcs.All(), in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkAclsOutput{NextToken: next}
	for _, v := range rows {
		acl := ec2types.NetworkAcl{NetworkAclId: new(v.ACL), VpcId: new(v.ID), IsDefault: new(true), OwnerId: new(r.Account), Tags: room.Listed(r.tags(v.ACL))}
		acl.Associations = []ec2types.NetworkAclAssociation{}
		for _, egress := range []bool{true, false} {
			entry := ec2types.NetworkAclEntry{CidrBlock: new("0.0.0.0/0"), Egress: new(egress), Protocol: new("-1")}
			entry.RuleAction, entry.RuleNumber = ec2types.RuleActionAllow, new(int32(100))
			acl.Entries = append(acl.Entries, entry)
			entry.RuleAction, entry.RuleNumber = ec2types.RuleActionDeny, new(int32(32767))
			acl.Entries = append(acl.Entries, entry)
		}
		for _, s := range r.subnets.All() {
			if s.VPC == v.ID {
				acl.Associations = append(acl.Associations, ec2types.NetworkAclAssociation{
					NetworkAclAssociationId: new(s.ACLAssociation), NetworkAclId: new(v.ACL), SubnetId: new(s.ID),
				})
			}
		}
		out.NetworkAcls = append(out.NetworkAcls, acl)
	}
	return out, nil
}
