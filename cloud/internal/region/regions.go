package region

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeRegions lists the regions of this cloud and, where AllRegions asks for those that an account has not enabled, all others
// of AWS's: a cloud has what it was asked for once. Any may be named.
func (r *Region) DescribeRegions(ctx context.Context, in *ec2.DescribeRegionsInput) (*ec2.DescribeRegionsOutput, error) {
	if err := room.Only(in, "AllRegions", "Filters", "RegionNames"); err != nil {
		return nil, err
	}
	mine, err := r.cfg.Peers(ctx)
	if err != nil {
		return nil, err
	}
	mine = append(mine, r.Region)
	names := in.RegionNames
	if len(names) == 0 {
		names = slices.Clone(mine)
		if room.Deref(in.AllRegions) {
			names = append(names, partition.Names()...)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	var regions []ec2types.Region
	for _, name := range names {
		if !partition.Has(name) && !slices.Contains(mine, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Region not found: %s", name)
		}
		regions = append(regions, ec2types.Region{
			RegionName: new(name), Endpoint: new("ec2." + name + ".amazonaws.com"), OptInStatus: new(optInStatus(name, mine)),
		})
	}
	type region = ec2types.Region
	regions, err = resource.Filter(r.resources, regions, in.Filters, func(x region) string { return *x.RegionName }, resource.Fields[region]{
		"region-name":   resource.One(func(x region) string { return *x.RegionName }),
		"endpoint":      resource.One(func(x region) string { return *x.Endpoint }),
		"opt-in-status": resource.One(func(x region) string { return *x.OptInStatus }),
	})
	return &ec2.DescribeRegionsOutput{Regions: regions}, err
}

// optInStatus is a region's as AWS has it, except that those the cloud does not have are not opted in to.
func optInStatus(name string, mine []string) string {
	switch {
	case !slices.Contains(mine, name):
		return "not-opted-in"
	case partition.Has(name) && partition.OptIn(name):
		return "opted-in"
	}
	return "opt-in-not-required"
}

// DescribeAccountAttributes tells the account's limits, and its default VPC in this region.
func (r *Region) DescribeAccountAttributes(ctx context.Context, in *ec2.DescribeAccountAttributesInput) (*ec2.DescribeAccountAttributesOutput, error) {
	if err := room.Only(in, "AttributeNames"); err != nil {
		return nil, err
	}
	fallback := "none"
	if vpc, ok := r.nets.DefaultVPC(nil); ok {
		fallback = vpc.ID
	}
	elastics := strconv.Itoa(r.nets.MostElastics())
	values := []struct{ name, value string }{
		{"supported-platforms", "VPC"}, {"default-vpc", fallback}, {"max-instances", "100"}, {"vpc-max-security-groups-per-interface", "5"},
		{"max-elastic-ips", elastics}, {"vpc-max-elastic-ips", elastics},
	}
	for _, name := range in.AttributeNames {
		if !slices.ContainsFunc(values, func(v struct{ name, value string }) bool { return v.name == string(name) }) {
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
