package region

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func missingInterface(id string) error {
	return wire.Errorf("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
}

// newInterface puts an interface with an address of its own into a subnet, within a change. Where
// wanted is valid, that private address is taken.
func (r *Region) newInterface(tx *store.Tx, subnetID string, groups []string, public bool, description string, wanted netip.Addr) (interfaceRow, error) {
	subnet, ok := r.subnets.GetTx(tx, subnetID)
	if !ok {
		return interfaceRow{}, missingSubnet(subnetID)
	}
	if len(groups) == 0 {
		groups = []string{r.defaultGroup(tx, subnet.VPC)}
	}
	if err := r.checkGroups(tx, subnet.VPC, groups); err != nil {
		return interfaceRow{}, err
	}
	private, err := r.privateAddress(tx, subnet, wanted)
	if err != nil {
		return interfaceRow{}, err
	}
	row := interfaceRow{
		ID: newID(interfaceKind), VPC: subnet.VPC, Subnet: subnet.ID, Zone: subnet.Zone, MAC: newMAC(), Description: description,
		Address: private, WantsPublic: public, Groups: slices.Clone(groups), Attached: time.Now().UTC(),
	}
	if public {
		if row.Public, err = r.publicAddress(tx); err != nil {
			return row, err
		}
	}
	return row, r.interfaces.Put(tx, row.ID, row)
}

// privateAddress returns the lowest free address of a subnet: the first four and the last are reserved.
func (r *Region) privateAddress(tx *store.Tx, s subnetRow, wanted netip.Addr) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, i := range r.interfaces.AllTx(tx) {
		if i.Subnet == s.ID {
			taken[i.Address] = true
		}
	}
	cidr := netip.MustParsePrefix(s.CIDR)
	first := cidr.Addr()
	for range reserved - 1 {
		first = first.Next()
	}
	for a := first; cidr.Contains(a.Next()); a = a.Next() {
		if wanted.IsValid() && a != wanted {
			continue
		}
		if !taken[a] {
			return a, nil
		}
		if wanted.IsValid() {
			return a, wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", wanted)
		}
	}
	if wanted.IsValid() {
		return wanted, wire.Errorf("InvalidParameterValue", "Address %s does not fall within the subnet's address range", wanted)
	}
	return netip.Addr{}, wire.Errorf("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
}

// publicAddress returns a free public address, going round the range so that one just given back is not
// given out again at once.
func (r *Region) publicAddress(tx *store.Tx) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, i := range r.interfaces.AllTx(tx) {
		taken[i.Public] = true
	}
	base := address.Range(r.cfg.Index).Addr().As4()
	last, _ := r.counters.GetTx(tx, "public-address")
	for i := range 254 {
		host := (last+i)%254 + 1
		base[3] = byte(host)
		if a := netip.AddrFrom4(base); !taken[a] {
			return a, r.counters.Put(tx, "public-address", host)
		}
	}
	return netip.Addr{}, wire.Errorf("InsufficientAddressCapacity", "There are not enough free public addresses in region %s.", r.Region)
}

// setGroups changes the security groups of an interface.
func (r *Region) setGroups(id string, groups []string) error {
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.interfaces.GetTx(tx, id)
		if !ok {
			return missingInterface(id)
		}
		if err := r.checkGroups(tx, row.VPC, groups); err != nil {
			return err
		}
		vpc, row.Groups = row.VPC, slices.Clone(groups)
		return r.interfaces.Put(tx, id, row)
	})
	if err != nil {
		return err
	}
	return r.syncVPC(vpc)
}

// privateName is the DNS name of a private address: ip-10-0-1-23.ec2.internal in us-east-1,
// ip-10-0-1-23.us-west-2.compute.internal elsewhere.
func (r *Region) privateName(a netip.Addr) string {
	if r.Region == "us-east-1" {
		return hostname(a) + ".ec2.internal"
	}
	return hostname(a) + "." + r.Region + ".compute.internal"
}

func hostname(a netip.Addr) string { return "ip-" + strings.ReplaceAll(a.String(), ".", "-") }

// publicName is the DNS name of a public address, which a VPC with DNS host names shows.
func (r *Region) publicName(vpc string, a netip.Addr) string {
	if v, _ := r.vpcs.Get(vpc); !v.DNSHostnames || !a.IsValid() {
		return ""
	}
	dashed := "ec2-" + strings.ReplaceAll(a.String(), ".", "-")
	if r.Region == "us-east-1" {
		return dashed + ".compute-1.amazonaws.com"
	}
	return dashed + "." + r.Region + ".compute.amazonaws.com"
}

func (r *Region) identifiers(groups []string) []ec2types.GroupIdentifier {
	var out []ec2types.GroupIdentifier
	for _, id := range groups {
		g, _ := r.groups.Get(id)
		out = append(out, ec2types.GroupIdentifier{GroupId: new(id), GroupName: new(g.Name)})
	}
	return out
}

func (r *Region) showInterface(i interfaceRow) ec2types.NetworkInterface {
	out := ec2types.NetworkInterface{
		NetworkInterfaceId: new(i.ID), VpcId: new(i.VPC), SubnetId: new(i.Subnet), AvailabilityZone: new(i.Zone),
		AvailabilityZoneId: new(zoneID(i.Zone)), MacAddress: new(i.MAC), Description: new(i.Description), OwnerId: new(r.Account),
		PrivateIpAddress: new(i.Address.String()), PrivateDnsName: new(r.privateName(i.Address)), SourceDestCheck: new(true),
		Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: ec2types.NetworkInterfaceTypeInterface,
		RequesterManaged: new(i.Instance == ""), Groups: room.Listed(r.identifiers(i.Groups)), TagSet: room.Listed(r.tags(i.ID)),
		Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{},
	}
	if i.Instance == "" {
		out.RequesterId = new("amazon-elb")
	} else {
		out.Attachment = &ec2types.NetworkInterfaceAttachment{
			AttachmentId: new(i.Attachment), AttachTime: new(i.Attached), DeleteOnTermination: new(true), DeviceIndex: new(int32(0)),
			InstanceId: new(i.Instance), InstanceOwnerId: new(r.Account), Status: ec2types.AttachmentStatusAttached, NetworkCardIndex: new(int32(0)),
		}
	}
	private := ec2types.NetworkInterfacePrivateIpAddress{Primary: new(true), PrivateIpAddress: out.PrivateIpAddress, PrivateDnsName: out.PrivateDnsName}
	if i.Public.IsValid() {
		out.Association = &ec2types.NetworkInterfaceAssociation{
			PublicIp: new(i.Public.String()), PublicDnsName: new(r.publicName(i.VPC, i.Public)), IpOwnerId: new("amazon"),
		}
		private.Association = out.Association
	}
	out.PrivateIpAddresses = []ec2types.NetworkInterfacePrivateIpAddress{private}
	return out
}

// DescribeNetworkInterfaces lists the interfaces of instances and load balancers.
func (r *Region) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput) (*ec2.DescribeNetworkInterfacesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NetworkInterfaceIds", "NextToken"); err != nil {
		return nil, err
	}
	private := one(func(i interfaceRow) string { return i.Address.String() })
	public := func(i interfaceRow) []string {
		if !i.Public.IsValid() {
			return nil
		}
		return []string{i.Public.String()}
	}
	l := listing[interfaceRow]{
		id: func(i interfaceRow) string { return i.ID }, missing: missingInterface,
		fields: fields[interfaceRow]{
			"network-interface-id": one(func(i interfaceRow) string { return i.ID }), "vpc-id": one(func(i interfaceRow) string { return i.VPC }),
			"subnet-id": one(func(i interfaceRow) string { return i.Subnet }), "availability-zone": one(func(i interfaceRow) string { return i.Zone }),
			"group-id": func(i interfaceRow) []string { return i.Groups }, "description": one(func(i interfaceRow) string { return i.Description }),
			"attachment.instance-id": one(func(i interfaceRow) string { return i.Instance }), "mac-address": one(func(i interfaceRow) string { return i.MAC }),
			"private-ip-address": private, "addresses.private-ip-address": private, "association.public-ip": public,
			"addresses.association.public-ip": public,
			"requester-managed":               boolean(func(i interfaceRow) bool { return i.Instance == "" }),
			"status": one(
				func(interfaceRow) string { return "in-use" },
			), "interface-type": one(func(interfaceRow) string { return "interface" }),
			"owner-id": one(func(interfaceRow) string { return r.Account }),
		},
	}
	rows, next, err := l.list(r, r.interfaces.All(), in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkInterfacesOutput{NextToken: next}
	for _, row := range rows {
		out.NetworkInterfaces = append(out.NetworkInterfaces, r.showInterface(row))
	}
	return out, nil
}
