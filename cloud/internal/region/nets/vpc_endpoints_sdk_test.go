package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// Terraform asks for a VPC's endpoints when a subnet or the VPC cannot be deleted yet.
func TestVPCHasNoEndpoints(t *testing.T) {
	d := newDesk(t)
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	for _, filter := range []string{"vpc-id", "service-name", "vpc-endpoint-state", "vpc-endpoint-type", "tag:Name"} {
		out := roomtest.Must(d.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{Filters: regiontest.Where(filter, vpc)}))(t)
		if len(out.VpcEndpoints) != 0 || out.NextToken != nil {
			t.Errorf("%s: %+v", filter, out)
		}
	}
	_, err := d.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{"vpce-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidVpcEndpointId.NotFound")
	_, err = d.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{Filters: regiontest.Where("colour", "red")})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}

// No service is reached from inside the cloud, so none has endpoints.
func TestEndpointsOfNoServiceAreMade(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	services := roomtest.Must(d.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{}))(t)
	if len(services.ServiceNames)+len(services.ServiceDetails) != 0 {
		t.Errorf("%+v", services)
	}
	name := "com.amazonaws.us-east-1.s3"
	_, err := d.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{name}})
	roomtest.WantAPIError(t, err, "InvalidServiceName")
	_, err = d.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: &name})
	roomtest.WantAPIError(t, err, "InvalidServiceName")
	_, err = d.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: new("vpc-0123456789abcdef0"), ServiceName: &name})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
}
