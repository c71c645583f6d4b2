package nets

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

func missingEndpoint(id string) error {
	return resource.Missing("vpce-", id, "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist")
}

// endpointListing has the filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html.
func endpointListing() resource.Listing[ec2types.VpcEndpoint] {
	type endpoint = ec2types.VpcEndpoint
	return resource.Listing[endpoint]{
		ID: func(e endpoint) string { return *e.VpcEndpointId }, Missing: missingEndpoint,
		Fields: resource.Fields[endpoint]{
			"ip-address-type":    resource.One(func(e endpoint) string { return string(e.IpAddressType) }),
			"service-name":       resource.One(func(e endpoint) string { return *e.ServiceName }),
			"service-region":     resource.One(func(e endpoint) string { return room.Deref(e.ServiceRegion) }),
			"vpc-id":             resource.One(func(e endpoint) string { return *e.VpcId }),
			"vpc-endpoint-id":    resource.One(func(e endpoint) string { return *e.VpcEndpointId }),
			"vpc-endpoint-state": resource.One(func(e endpoint) string { return string(e.State) }),
			"vpc-endpoint-type":  resource.One(func(e endpoint) string { return string(e.VpcEndpointType) }),
		},
	}
}

// DescribeVpcEndpoints lists VPC endpoints, of which nothing here makes any.
func (r *Room) DescribeVpcEndpoints(ctx context.Context, in *ec2.DescribeVpcEndpointsInput) (*ec2.DescribeVpcEndpointsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VpcEndpointIds"); err != nil {
		return nil, err
	}
	rows, next, err := endpointListing().List(r.Registry, []ec2types.VpcEndpoint{}, in.VpcEndpointIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: rows, NextToken: next}, nil
}
