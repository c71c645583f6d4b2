package nets

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// EC2-Classic is no more, and no VPC has a link to it: what makes links is deprecated
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableVpcClassicLink.html). Clients still ask.

// DescribeVpcClassicLink tells of each VPC that it has no link to EC2-Classic.
func (r *Room) DescribeVpcClassicLink(ctx context.Context, in *ec2.DescribeVpcClassicLinkInput) (*ec2.DescribeVpcClassicLinkOutput, error) {
	if err := room.Only(in, "Filters", "VpcIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[VPC]{
		ID: func(v VPC) string { return v.ID }, Missing: missingVPC,
		Fields: resource.Fields[VPC]{"is-classic-link-enabled": resource.Boolean(func(VPC) bool { return false })},
	}
	rows, _, err := l.List(r.Registry, r.vpcs.All(), in.VpcIds, in.Filters, nil, nil)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcClassicLinkOutput{Vpcs: []ec2types.VpcClassicLink{}}
	for _, row := range rows {
		out.Vpcs = append(out.Vpcs, ec2types.VpcClassicLink{VpcId: new(row.ID), ClassicLinkEnabled: new(false), Tags: r.Tags(row.ID)})
	}
	return out, nil
}

// DescribeVpcClassicLinkDnsSupport tells of each VPC that its resolver answers no instance of EC2-Classic.
func (r *Room) DescribeVpcClassicLinkDnsSupport(
	ctx context.Context, in *ec2.DescribeVpcClassicLinkDnsSupportInput,
) (*ec2.DescribeVpcClassicLinkDnsSupportOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "VpcIds"); err != nil {
		return nil, err
	}
	rows, next, err := r.vpcListing().List(r.Registry, r.vpcs.All(), in.VpcIds, nil, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcClassicLinkDnsSupportOutput{NextToken: next, Vpcs: []ec2types.ClassicLinkDnsSupport{}}
	for _, row := range rows {
		out.Vpcs = append(out.Vpcs, ec2types.ClassicLinkDnsSupport{VpcId: new(row.ID), ClassicLinkDnsSupported: new(false)})
	}
	return out, nil
}
