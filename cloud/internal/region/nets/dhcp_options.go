package nets

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// dhcpOptions is the region's default set, which all VPCs have here
// (https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html).
const dhcpOptions = "dopt-00000000000000001"

type dhcpRow struct{ Domain, Servers string }

// DescribeDhcpOptions lists the default set: Amazon's resolver, and the domain of private names.
func (r *Room) DescribeDhcpOptions(ctx context.Context, in *ec2.DescribeDhcpOptionsInput) (*ec2.DescribeDhcpOptionsOutput, error) {
	if err := room.Only(in, "DhcpOptionsIds", "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[dhcpRow]{
		ID: func(dhcpRow) string { return dhcpOptions },
		Missing: func(id string) error {
			return wire.Errorf("InvalidDhcpOptionsID.NotFound", "The dhcpOption ID '%s' does not exist", id)
		},
		Fields: resource.Fields[dhcpRow]{
			"dhcp-options-id": resource.One(func(dhcpRow) string { return dhcpOptions }), "owner-id": resource.One(func(dhcpRow) string { return r.Account }),
			"key":   func(dhcpRow) []string { return []string{"domain-name", "domain-name-servers"} },
			"value": func(d dhcpRow) []string { return []string{d.Domain, d.Servers} },
		},
	}
	rows, next, err := l.List(r.Registry, []dhcpRow{{r.privateDomain(), "AmazonProvidedDNS"}}, in.DhcpOptionsIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeDhcpOptionsOutput{NextToken: next}
	for _, row := range rows {
		one := func(key, value string) ec2types.DhcpConfiguration {
			return ec2types.DhcpConfiguration{Key: &key, Values: []ec2types.AttributeValue{{Value: &value}}}
		}
		out.DhcpOptions = append(out.DhcpOptions, ec2types.DhcpOptions{
			DhcpOptionsId: new(dhcpOptions), OwnerId: new(r.Account), Tags: []ec2types.Tag{},
			DhcpConfigurations: []ec2types.DhcpConfiguration{one("domain-name", row.Domain), one("domain-name-servers", row.Servers)},
		})
	}
	return out, nil
}
