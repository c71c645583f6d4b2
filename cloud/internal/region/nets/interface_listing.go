package nets

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

func (r *Room) showInterface(i Interface) ec2types.NetworkInterface {
	out := ec2types.NetworkInterface{
		NetworkInterfaceId: new(i.ID), VpcId: new(i.VPC), SubnetId: new(i.Subnet), AvailabilityZone: new(i.Zone),
		AvailabilityZoneId: new(ZoneID(i.Zone)), MacAddress: new(i.MAC), Description: new(i.Description), OwnerId: new(r.Account),
		PrivateIpAddress: new(i.Address.String()), PrivateDnsName: new(r.PrivateName(i.Address)), SourceDestCheck: new(!i.NoSourceDestCheck),
		Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: ec2types.NetworkInterfaceTypeInterface,
		RequesterManaged: new(i.managed()), Groups: room.Listed(r.Identifiers(i.Groups)), TagSet: room.Listed(r.Tags(i.ID)),
		Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{}, Attachment: r.showAttachment(i),
	}
	switch {
	case i.NAT != "":
		// So AWS calls it in answers and filters, other than the model's enumeration (EC2 API reference, DescribeNetworkInterfaces).
		out.InterfaceType, out.RequesterId = "nat_gateway", new("amazon-nat-gateway")
	case i.Endpoint != "":
		// Likewise; the requester is AWS's own account, which is another one in each region.
		out.InterfaceType, out.RequesterId = "vpc_endpoint", new("amazon-vpc-endpoint")
	case i.Transparent:
		out.InterfaceType, out.RequesterId = ec2types.NetworkInterfaceTypeNetworkLoadBalancer, new("amazon-elb")
	case i.managed():
		out.RequesterId = new("amazon-elb")
	case i.Instance == "":
		out.Status = ec2types.NetworkInterfaceStatusAvailable
	}
	for n, a := range i.Addresses() {
		out.PrivateIpAddresses = append(out.PrivateIpAddresses, ec2types.NetworkInterfacePrivateIpAddress{
			Primary: new(n == 0), PrivateIpAddress: new(a.Private.String()), PrivateDnsName: new(r.PrivateName(a.Private)), Association: r.showAssociation(i, a),
		})
	}
	out.Association = out.PrivateIpAddresses[0].Association
	for n, a := range i.IPv6 {
		out.Ipv6Addresses = append(out.Ipv6Addresses, ec2types.NetworkInterfaceIpv6Address{Ipv6Address: new(a.String()), IsPrimaryIpv6: new(a == i.Primary())})
		if n == 0 {
			out.Ipv6Address = new(a.String())
		}
	}
	if i.SourceNAT.IsValid() {
		out.Ipv6Prefixes = []ec2types.Ipv6PrefixSpecification{{Ipv6Prefix: new(i.SourceNAT.String())}}
	}
	return out
}

// showAttachment is nil for an interface that is no instance's.
func (r *Room) showAttachment(i Interface) *ec2types.NetworkInterfaceAttachment {
	if i.Instance == "" {
		return nil
	}
	return &ec2types.NetworkInterfaceAttachment{
		AttachmentId: new(i.Attachment), AttachTime: new(i.Attached), DeleteOnTermination: new(!i.KeepOnTermination), DeviceIndex: new(i.Device),
		InstanceId: new(i.Instance), InstanceOwnerId: new(r.Account), Status: ec2types.AttachmentStatusAttached, NetworkCardIndex: new(int32(0)),
	}
}

// showAssociation is nil for an address that nothing public means.
func (r *Room) showAssociation(i Interface, a network.Address) *ec2types.NetworkInterfaceAssociation {
	if !a.Public.IsValid() {
		return nil
	}
	out := &ec2types.NetworkInterfaceAssociation{
		PublicIp: new(a.Public.String()), PublicDnsName: new(r.PublicName(i.VPC, a.Public)), IpOwnerId: new(r.PublicOwner(i, a)),
	}
	if e, ok := r.elasticAt(nil, i, a.Private); ok {
		out.AllocationId, out.AssociationId = new(e.ID), new(e.Association)
	}
	return out
}

// PublicOwner tells whose a public address is: the account's if it is an Elastic IP address, or Amazon's.
func (r *Room) PublicOwner(i Interface, a network.Address) string {
	if _, ok := r.elasticAt(nil, i, a.Private); ok {
		return r.Account
	}
	return "amazon"
}

// DescribeNetworkInterfaces lists network interfaces, those of load balancers and NAT gateways too.
func (r *Room) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput) (*ec2.DescribeNetworkInterfacesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NetworkInterfaceIds", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[Interface]{ID: func(i Interface) string { return i.ID }, Missing: missingInterface, Fields: r.interfaceFields()}
	rows, next, err := l.List(r.Registry, r.interfaces.All(), in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkInterfacesOutput{NextToken: next}
	for _, row := range rows {
		out.NetworkInterfaces = append(out.NetworkInterfaces, r.showInterface(row))
	}
	return out, nil
}

// interfaceFields are the filters of DescribeNetworkInterfaces, of what the answer shows.
func (r *Room) interfaceFields() resource.Fields[Interface] {
	type shown = ec2types.NetworkInterface
	all := func(f func(shown) []*string) func(Interface) []string {
		return func(i Interface) (values []string) {
			for _, v := range f(r.showInterface(i)) {
				if v != nil {
					values = append(values, *v)
				}
			}
			return values
		}
	}
	one := func(f func(shown) *string) func(Interface) []string {
		return all(func(n shown) []*string { return []*string{f(n)} })
	}
	attachment := func(f func(ec2types.NetworkInterfaceAttachment) *string) func(Interface) []string {
		return one(func(n shown) *string {
			if n.Attachment == nil {
				return nil
			}
			return f(*n.Attachment)
		})
	}
	association := func(f func(ec2types.NetworkInterfaceAssociation) *string) func(Interface) []string {
		return one(func(n shown) *string {
			if n.Association == nil {
				return nil
			}
			return f(*n.Association)
		})
	}
	addresses := func(f func(ec2types.NetworkInterfacePrivateIpAddress) *string) func(Interface) []string {
		return all(func(n shown) (values []*string) {
			for _, a := range n.PrivateIpAddresses {
				values = append(values, f(a))
			}
			return values
		})
	}
	publicOf := func(f func(ec2types.NetworkInterfaceAssociation) *string) func(Interface) []string {
		return addresses(func(a ec2types.NetworkInterfacePrivateIpAddress) *string {
			if a.Association == nil {
				return nil
			}
			return f(*a.Association)
		})
	}
	type attached = ec2types.NetworkInterfaceAttachment
	type public = ec2types.NetworkInterfaceAssociation
	private := addresses(func(a ec2types.NetworkInterfacePrivateIpAddress) *string { return a.PrivateIpAddress })
	return resource.Fields[Interface]{
		"addresses.association.owner-id":   publicOf(func(a public) *string { return a.IpOwnerId }),
		"addresses.association.public-ip":  publicOf(func(a public) *string { return a.PublicIp }),
		"addresses.primary":                addresses(func(a ec2types.NetworkInterfacePrivateIpAddress) *string { return new(strconv.FormatBool(*a.Primary)) }),
		"addresses.private-ip-address":     private,
		"private-ip-address":               private,
		"association.allocation-id":        association(func(a public) *string { return a.AllocationId }),
		"association.association-id":       association(func(a public) *string { return a.AssociationId }),
		"association.ip-owner-id":          association(func(a public) *string { return a.IpOwnerId }),
		"association.public-ip":            association(func(a public) *string { return a.PublicIp }),
		"association.public-dns-name":      association(func(a public) *string { return a.PublicDnsName }),
		"attachment.attach-time":           attachment(func(a attached) *string { return new(a.AttachTime.Format("2006-01-02T15:04:05.000Z")) }),
		"attachment.attachment-id":         attachment(func(a attached) *string { return a.AttachmentId }),
		"attachment.delete-on-termination": attachment(func(a attached) *string { return new(strconv.FormatBool(*a.DeleteOnTermination)) }),
		"attachment.device-index":          attachment(func(a attached) *string { return new(strconv.Itoa(int(*a.DeviceIndex))) }),
		"attachment.instance-id":           attachment(func(a attached) *string { return a.InstanceId }),
		"attachment.instance-owner-id":     attachment(func(a attached) *string { return a.InstanceOwnerId }),
		"attachment.status":                attachment(func(a attached) *string { return new(string(a.Status)) }),
		"availability-zone":                one(func(n shown) *string { return n.AvailabilityZone }),
		"availability-zone-id":             one(func(n shown) *string { return n.AvailabilityZoneId }),
		"description":                      one(func(n shown) *string { return n.Description }),
		"group-id":                         func(i Interface) []string { return i.Groups },
		"interface-type":                   one(func(n shown) *string { return new(string(n.InterfaceType)) }),
		"ipv6-addresses.ipv6-address":      func(i Interface) []string { return texts(i.IPv6) },
		"mac-address":                      one(func(n shown) *string { return n.MacAddress }),
		"network-interface-id":             one(func(n shown) *string { return n.NetworkInterfaceId }),
		"operator.managed":                 resource.Boolean(func(Interface) bool { return false }),
		"operator.principal":               func(Interface) []string { return nil },
		"owner-id":                         one(func(n shown) *string { return n.OwnerId }),
		"private-dns-name":                 one(func(n shown) *string { return n.PrivateDnsName }),
		"requester-id":                     one(func(n shown) *string { return n.RequesterId }),
		"requester-managed":                resource.Boolean(Interface.managed),
		"source-dest-check":                resource.Boolean(func(i Interface) bool { return !i.NoSourceDestCheck }),
		"status":                           one(func(n shown) *string { return new(string(n.Status)) }),
		"subnet-id":                        one(func(n shown) *string { return n.SubnetId }),
		"vpc-id":                           one(func(n shown) *string { return n.VpcId }),
	}
}
