package nets

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// endpointService is a service that VPC endpoints lead to, by the one type of them that it has here.
type endpointService struct {
	Name string // com.amazonaws.us-east-1.ec2
	Type ec2types.ServiceType
	to   *wire.Service // an interface endpoint's

	closed bool // nothing answers behind an interface endpoint
}

// closedServices are services that are not here, to which interface endpoints can be made all the same: networks without another way out
// have one for Session Manager's connections ("Improve the security of EC2 instances by using VPC endpoints for Systems Manager", AWS Systems
// Manager User Guide).
var closedServices = []string{"ssmmessages"}

// endpointServices are the services of this region: interface endpoints lead to those that are here and closed ones, and gateway endpoints to
// Amazon S3 and DynamoDB, which are not: they can be made, since most networks have them, and nothing answers behind them.
func (r *Room) endpointServices() (all []endpointService) {
	for _, s := range endpoint.Regional() {
		all = append(all, endpointService{Name: r.endpointServiceName(s.SigningName), Type: ec2types.ServiceTypeInterface, to: s})
	}
	for _, name := range closedServices {
		all = append(all, endpointService{
			Name: r.endpointServiceName(name), Type: ec2types.ServiceTypeInterface, to: &wire.Service{SigningName: name}, closed: true,
		})
	}
	for _, list := range r.awsPrefixLists() {
		all = append(all, endpointService{Name: list.Name, Type: ec2types.ServiceTypeGateway})
	}
	return all
}

func (r *Room) endpointServiceName(service string) string {
	return "com.amazonaws." + r.Region + "." + service
}

func (r *Room) endpointService(name string) (endpointService, error) {
	all := r.endpointServices()
	if at := slices.IndexFunc(all, func(s endpointService) bool { return s.Name == name }); at >= 0 {
		return all[at], nil
	}
	return endpointService{}, wire.Errorf("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}

// showEndpointService shows a service as AWS does its own, without the id that only those have that somebody has made.
func (r *Room) showEndpointService(s endpointService) ec2types.ServiceDetail {
	out := ec2types.ServiceDetail{
		ServiceName: new(s.Name), ServiceType: []ec2types.ServiceTypeDetail{{ServiceType: s.Type}}, ServiceRegion: new(r.Region),
		Owner: new("amazon"), AcceptanceRequired: new(false), ManagesVpcEndpoints: new(false), VpcEndpointPolicySupported: new(true), AvailabilityZones: r.Zones(),
		SupportedIpAddressTypes: []ec2types.ServiceConnectivityType{ec2types.ServiceConnectivityTypeIpv4},
		Tags:                    []ec2types.Tag{},
	}
	if s.to == nil {
		out.BaseEndpointDnsNames = []string{s.Name[strings.LastIndexByte(s.Name, '.')+1:] + "." + r.Region + ".amazonaws.com"}
		return out
	}
	own := endpoint.InRegion(s.to, r.Region)
	out.BaseEndpointDnsNames = []string{endpoint.Private(s.to, r.Region)}
	out.PrivateDnsName, out.PrivateDnsNames = new(own), []ec2types.PrivateDnsDetails{{PrivateDnsName: new(own)}}
	out.PrivateDnsNameVerificationState = ec2types.DnsNameStateVerified
	return out
}

// DescribeVpcEndpointServices lists the services that VPC endpoints lead to.
func (r *Room) DescribeVpcEndpointServices(
	ctx context.Context, in *ec2.DescribeVpcEndpointServicesInput,
) (*ec2.DescribeVpcEndpointServicesOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "ServiceNames"); err != nil {
		return nil, err
	}
	type service = endpointService
	l := resource.Listing[service]{
		ID:      func(s service) string { return s.Name },
		Missing: func(name string) error { _, err := r.endpointService(name); return err },
		Fields: resource.Fields[service]{
			"owner":                      resource.One(func(service) string { return "amazon" }),
			"service-name":               resource.One(func(s service) string { return s.Name }),
			"service-region":             resource.One(func(service) string { return r.Region }),
			"service-type":               resource.One(func(s service) string { return string(s.Type) }),
			"supported-ip-address-types": resource.One(func(service) string { return string(ec2types.ServiceConnectivityTypeIpv4) }),
		},
	}
	rows, next, err := l.List(r.Registry, r.endpointServices(), in.ServiceNames, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcEndpointServicesOutput{ServiceNames: []string{}, ServiceDetails: []ec2types.ServiceDetail{}, NextToken: next}
	for _, s := range rows {
		out.ServiceNames = append(out.ServiceNames, s.Name)
		out.ServiceDetails = append(out.ServiceDetails, r.showEndpointService(s))
	}
	return out, nil
}
