package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksSubnetsAndGateways(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_subnet", gone: []string{"InvalidSubnetID.NotFound"}, read: (*provider).readSubnet,
			create: func(p *provider) string { return p.subnetIn("10.20.9.0/24", "us-east-1c") },
			update: func(p *provider, id string) {
				roomtest.Must(p.ModifySubnetAttribute(p.T.Context(), &ec2.ModifySubnetAttributeInput{SubnetId: &id, MapPublicIpOnLaunch: truth(true)}))(p.T)
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DescribeNetworkInterfaces(p.T.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("subnet-id", id)}))(p.T)
				roomtest.Must(p.DeleteSubnet(p.T.Context(), &ec2.DeleteSubnetInput{SubnetId: &id}))(p.T)
			},
		},
		{
			resource: "aws_internet_gateway", gone: []string{"InvalidInternetGatewayID.NotFound"},
			create: func(p *provider) string {
				out := roomtest.Must(p.CreateInternetGateway(p.T.Context(), &ec2.CreateInternetGatewayInput{TagSpecifications: tagged("internet-gateway")}))(p.T)
				id := *out.InternetGateway.InternetGatewayId
				roomtest.Must(p.AttachInternetGateway(p.T.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &p.vpc}))(p.T)
				return id
			},
			read:   (*provider).readGateway,
			update: func(p *provider, id string) { p.setTag(id, "Name", "changed") },
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DetachInternetGateway(p.T.Context(), &ec2.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &p.vpc}))(p.T)
				_, err := p.DetachInternetGateway(p.T.Context(), &ec2.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &p.vpc})
				roomtest.WantAPIError(p.T, err, "Gateway.NotAttached") // which is forgiven
				roomtest.Must(p.DeleteInternetGateway(p.T.Context(), &ec2.DeleteInternetGatewayInput{InternetGatewayId: &id}))(p.T)
			},
		},
		{
			resource: "aws_eip", gone: []string{"InvalidAllocationID.NotFound"}, read: (*provider).readAddress,
			create: func(p *provider) string {
				out := roomtest.Must(p.AllocateAddress(p.T.Context(), &ec2.AllocateAddressInput{Domain: "vpc", TagSpecifications: tagged("elastic-ip")}))(p.T)
				return *out.AllocationId
			},
			update: func(p *provider, id string) { p.setTag(id, "Name", "changed") },
			destroy: func(p *provider, id string) {
				roomtest.Must(p.ReleaseAddress(p.T.Context(), &ec2.ReleaseAddressInput{AllocationId: &id}))(p.T)
			},
		},
	})
}

func (p *provider) subnetIn(cidr, zone string) string {
	p.T.Helper()
	out := roomtest.Must(p.CreateSubnet(p.T.Context(), &ec2.CreateSubnetInput{
		VpcId: &p.vpc, CidrBlock: &cidr, AvailabilityZone: &zone, AvailabilityZoneId: new(""), TagSpecifications: tagged("subnet"),
	}))(p.T)
	return *out.Subnet.SubnetId
}

func (p *provider) readSubnet(id string) (any, error) {
	out, err := p.DescribeSubnets(p.T.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
	if err != nil {
		return nil, err
	}
	s := there(p, "the subnet", only(p, out.Subnets))
	there(p, "EnableDns64", s.EnableDns64)
	there(p, "PrivateDnsNameOptionsOnLaunch", s.PrivateDnsNameOptionsOnLaunch)
	return s, nil
}

func (p *provider) readGateway(id string) (any, error) {
	out, err := p.DescribeInternetGateways(p.T.Context(), &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}})
	if err != nil {
		return nil, err
	}
	g := there(p, "the gateway", only(p, out.InternetGateways))
	if a := there(p, "the attachment", only(p, g.Attachments)); a.State != "available" || *a.VpcId != p.vpc {
		p.T.Errorf("the gateway's attachment is %s %s", a.State, *a.VpcId)
	}
	return g, nil
}

func (p *provider) readAddress(id string) (any, error) {
	out, err := p.DescribeAddresses(p.T.Context(), &ec2.DescribeAddressesInput{AllocationIds: []string{id}})
	if err != nil {
		return nil, err
	}
	names := roomtest.Must(p.DescribeAddressesAttribute(p.T.Context(), &ec2.DescribeAddressesAttributeInput{
		AllocationIds: []string{id}, Attribute: ec2types.AddressAttributeNameDomainName,
	}))(p.T)
	return []any{there(p, "the address", only(p, out.Addresses)), names.Addresses}, nil
}
