package region_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksVPCEndpoints(t *testing.T) {
	gone := []string{"InvalidVpcEndpointId.NotFound"}
	runWalks(t, []walk{
		{
			resource: "aws_vpc_endpoint", gone: gone, read: (*provider).readEndpoint, destroy: (*provider).destroyEndpoint,
			create: func(p *provider) string {
				return p.createEndpoint(&ec2.CreateVpcEndpointInput{ServiceName: new("com.amazonaws.us-east-1.s3"), VpcEndpointType: "Gateway"})
			},
			update: func(p *provider, id string) {
				main := roomtest.Must(p.DescribeRouteTables(p.T.Context(), &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("vpc-id", p.vpc)}))(p.T).RouteTables[0]
				p.modifyEndpoint(id, &ec2.ModifyVpcEndpointInput{AddRouteTableIds: []string{*main.RouteTableId}})
			},
		},
		{
			resource: "interface", gone: gone, read: (*provider).readEndpoint, destroy: (*provider).destroyEndpoint,
			create: func(p *provider) string {
				return p.createEndpoint(&ec2.CreateVpcEndpointInput{
					ServiceName: new("com.amazonaws.us-east-1.ssm"), VpcEndpointType: "Interface", SubnetIds: []string{p.subnet},
					SecurityGroupIds: []string{p.SecurityGroup(p.vpc, "endpoint")},
				})
			},
			update: func(p *provider, id string) {
				p.modifyEndpoint(id, &ec2.ModifyVpcEndpointInput{AddSubnetIds: []string{p.other}, PolicyDocument: new(
					`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["ssm:GetParameter"],"Resource":"*"}]}`)})
			},
		},
	})
}

func (p *provider) createEndpoint(in *ec2.CreateVpcEndpointInput) string {
	in.VpcId, in.ClientToken, in.TagSpecifications, in.PrivateDnsEnabled = &p.vpc, new("terraform-9"), tagged("vpc-endpoint"), new(false)
	id := *roomtest.Must(p.CreateVpcEndpoint(p.T.Context(), in))(p.T).VpcEndpoint.VpcEndpointId
	p.awaitEndpoint(id)
	return id
}

func (p *provider) awaitEndpoint(id string) {
	p.T.Helper()
	p.Await("VPC endpoint "+id, func() bool {
		out := roomtest.Must(p.DescribeVpcEndpoints(p.T.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}}))(p.T)
		return only(p, out.VpcEndpoints).State == "available"
	})
}

func (p *provider) modifyEndpoint(id string, in *ec2.ModifyVpcEndpointInput) {
	in.VpcEndpointId = &id
	roomtest.Must(p.ModifyVpcEndpoint(p.T.Context(), in))(p.T)
	p.awaitEndpoint(id)
}

func (p *provider) destroyEndpoint(id string) {
	out := roomtest.Must(p.DeleteVpcEndpoints(p.T.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))(p.T)
	if len(out.Unsuccessful) > 0 {
		p.T.Errorf("%+v", out.Unsuccessful)
	}
	p.Await("VPC endpoint "+id+" to be gone", func() bool {
		_, err := p.DescribeVpcEndpoints(p.T.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
		return err != nil
	})
}

// readEndpoint reads an endpoint, its service's prefix list, and its interfaces.
func (p *provider) readEndpoint(id string) (any, error) {
	ctx := p.T.Context()
	out, err := p.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
	if err != nil {
		return nil, err
	}
	e := there(p, "the endpoint", only(p, out.VpcEndpoints))
	there(p, "PrivateDnsEnabled", e.PrivateDnsEnabled)
	there(p, "PolicyDocument", e.PolicyDocument)
	name := there(p, "ServiceName", e.ServiceName)
	lists := roomtest.Must(p.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: regiontest.Where("prefix-list-name", name)}))(p.T).PrefixLists
	var interfaces []ec2types.NetworkInterface
	if len(e.NetworkInterfaceIds) > 0 {
		in := &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: e.NetworkInterfaceIds}
		interfaces = roomtest.Must(p.DescribeNetworkInterfaces(ctx, in))(p.T).NetworkInterfaces
		for _, i := range interfaces {
			if !slices.Contains(e.SubnetIds, *i.SubnetId) {
				p.T.Errorf("an interface is in %s, the endpoint in %v", *i.SubnetId, e.SubnetIds)
			}
		}
	}
	return []any{e, lists, interfaces}, nil
}
