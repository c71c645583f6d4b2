package nets

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
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

// Instances have no way to the front door, which is outside of the cloud's networks, nor are there the services of gateway
// endpoints. So no service can be reached by an endpoint, and the two calls below say so as AWS does of services that it has not.

func noEndpointService(name string) error {
	return wire.Errorf("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}

// CreateVpcEndpoint refuses every service, whatever else is asked for with it.
func (r *Room) CreateVpcEndpoint(ctx context.Context, in *ec2.CreateVpcEndpointInput) (*ec2.CreateVpcEndpointOutput, error) {
	if err := room.Only(in, "ClientToken", "PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SecurityGroupIds", "ServiceName", "SubnetIds",
		"TagSpecifications", "VpcEndpointType", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if _, ok := r.vpcs.Get(*in.VpcId); !ok {
		return nil, missingVPC(*in.VpcId)
	}
	if err := resource.Required("serviceName", in.ServiceName); err != nil {
		return nil, err
	}
	return nil, cmp.Or(noEndpointService(*in.ServiceName), room.DryRun(in))
}

// DescribeVpcEndpointServices lists the services that endpoints reach: none.
func (r *Room) DescribeVpcEndpointServices(
	ctx context.Context, in *ec2.DescribeVpcEndpointServicesInput,
) (*ec2.DescribeVpcEndpointServicesOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "ServiceNames"); err != nil {
		return nil, err
	}
	if len(in.ServiceNames) > 0 {
		return nil, noEndpointService(in.ServiceNames[0])
	}
	return &ec2.DescribeVpcEndpointServicesOutput{ServiceNames: []string{}, ServiceDetails: []ec2types.ServiceDetail{}}, nil
}
