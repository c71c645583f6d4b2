package nets

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Interface is a network interface. It belongs to an instance, to a NAT gateway, or to a load balancer where both are empty.
type Interface struct {
	ID, VPC, Subnet, Zone, MAC, Description string
	Address                                 netip.Addr
	Public                                  netip.Addr // the zero value where it has none
	WantsPublic                             bool       // to be given a public address at each start of its instance
	Groups                                  []string
	Instance, Attachment                    string // empty for one that is managed
	NAT                                     string // the NAT gateway that manages it
	KeepOnTermination                       bool
	NoSourceDestCheck                       bool // kept: instances cannot forward packets
	Attached                                time.Time
}

var (
	interfaceKind = kinds.Add(resource.Kind[*Room]{
		Prefix: "eni", Tagged: ec2types.ResourceTypeNetworkInterface, Missing: missingInterface,
		Exists: resource.Within(func(r *Room) *store.Table[Interface] { return r.interfaces }),
	})
	attachmentKind = kinds.Add(resource.Kind[*Room]{Prefix: "eni-attach"})
)

func missingInterface(id string) error {
	return resource.Missing("eni-", id, "InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist")
}

// managed tells whether an interface is a service's own, which users can see and not change.
func (i Interface) managed() bool { return i.Instance == "" }

// natIdle is after how long without a packet a NAT gateway forgets a connection
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html).
const natIdle = 350 * time.Second

// Wanted is an interface to be made.
type Wanted struct {
	Subnet      string
	Groups      []string   // none for the VPC's default security group
	Public      bool       // with a public address
	Address     netip.Addr // its private one; the zero value for any
	Description string
	Instance    string // that it is attached to
	NAT         string // the NAT gateway that it is for; of neither, it is a load balancer's
}

// NewInterface puts an interface into a subnet. Its errors are EC2's.
func (r *Room) NewInterface(tx *store.Tx, w Wanted) (Interface, error) {
	subnet, ok := r.subnets.GetTx(tx, w.Subnet)
	if !ok {
		return Interface{}, MissingSubnet(w.Subnet)
	}
	if len(w.Groups) == 0 && w.NAT == "" {
		w.Groups = []string{r.DefaultGroup(tx, subnet.VPC)}
	}
	if err := r.CheckGroups(tx, subnet.VPC, w.Groups); err != nil {
		return Interface{}, err
	}
	private, err := r.privateAddress(tx, subnet, w.Address)
	if err != nil {
		return Interface{}, err
	}
	row := Interface{
		ID: interfaceKind.NewID(), VPC: subnet.VPC, Subnet: subnet.ID, Zone: subnet.Zone, MAC: newMAC(), Description: w.Description,
		Address: private, WantsPublic: w.Public, NAT: w.NAT, NoSourceDestCheck: w.NAT != "", Groups: slices.Clone(w.Groups), Attached: time.Now().UTC(),
	}
	if w.Instance != "" {
		row.Instance, row.Attachment = w.Instance, attachmentKind.NewID()
	}
	if w.Public {
		if row.Public, err = r.publicAddress(tx); err != nil {
			return row, err
		}
	}
	return row, r.interfaces.Put(tx, row.ID, row)
}

// Interface returns a network interface.
func (r *Room) Interface(tx *store.Tx, id string) (Interface, bool) {
	return r.interfaces.GetTx(tx, id)
}

// InterfaceAt returns the interface that has a private address of a VPC.
func (r *Room) InterfaceAt(vpc string, address netip.Addr) (Interface, bool) {
	for _, i := range r.interfaces.All() {
		if i.VPC == vpc && i.Address == address {
			return i, true
		}
	}
	return Interface{}, false
}

// interfaceSpec is an interface for the fabric, with the route table that its subnet is under.
func (r *Room) interfaceSpec(i Interface, table string) network.Interface {
	subnet, _ := r.subnets.Get(i.Subnet)
	mac, err := net.ParseMAC(i.MAC)
	if err != nil {
		mac = nil // the kernel chooses one
	}
	spec := network.Interface{
		ID: i.ID, Address: i.Address, MAC: mac, Subnet: netip.MustParsePrefix(subnet.CIDR), Public: i.Public, RouteTable: table, Groups: i.Groups,
		NetworkACL: r.aclOf(nil, subnet),
	}
	if i.NAT != "" {
		spec.NAT = &network.NAT{Idle: natIdle}
	}
	return spec
}

// SetGroups changes the security groups of an interface. Its errors are EC2's.
func (r *Room) SetGroups(tx *store.Tx, id string, groups []string) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if !ok {
		return missingInterface(id)
	}
	if err := r.CheckGroups(tx, row.VPC, groups); err != nil {
		return err
	}
	row.Groups = slices.Clone(groups)
	return r.interfaces.Put(tx, id, row)
}

// SetSourceDestCheck says whether packets from and to others' addresses are to be dropped at an interface.
func (r *Room) SetSourceDestCheck(tx *store.Tx, id string, on bool) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if !ok {
		return missingInterface(id)
	}
	row.NoSourceDestCheck = !on
	return r.interfaces.Put(tx, id, row)
}

// Renew gives an interface that is to have a public address another one, as at the start of its instance.
func (r *Room) Renew(tx *store.Tx, id string) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if _, elastic := r.elasticOf(tx, id); !ok || !row.WantsPublic || elastic {
		return nil
	}
	var err error
	if row.Public, err = r.publicAddress(tx); err != nil {
		return err
	}
	return r.interfaces.Put(tx, id, row)
}

// Release gives an interface's public address back, as at the stop of its instance. An Elastic IP address stays.
func (r *Room) Release(tx *store.Tx, id string) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if _, elastic := r.elasticOf(tx, id); !ok || elastic {
		return nil
	}
	row.Public = netip.Addr{}
	return r.interfaces.Put(tx, id, row)
}

// RemoveInterface deletes an interface, whose addresses are free then; one that is not there is no error.
func (r *Room) RemoveInterface(tx *store.Tx, id string) error {
	if row, ok := r.elasticOf(tx, id); ok {
		if err := r.loseElastic(tx, row, false); err != nil {
			return err
		}
	}
	return r.Remove(tx, id, r.interfaces.Delete)
}

// Identifiers names security groups as answers do.
func (r *Room) Identifiers(groups []string) []ec2types.GroupIdentifier {
	var out []ec2types.GroupIdentifier
	for _, id := range groups {
		g, _ := r.groups.Get(id)
		out = append(out, ec2types.GroupIdentifier{GroupId: new(id), GroupName: new(g.Name)})
	}
	return out
}

func (r *Room) showInterface(i Interface) ec2types.NetworkInterface {
	out := ec2types.NetworkInterface{
		NetworkInterfaceId: new(i.ID), VpcId: new(i.VPC), SubnetId: new(i.Subnet), AvailabilityZone: new(i.Zone),
		AvailabilityZoneId: new(ZoneID(i.Zone)), MacAddress: new(i.MAC), Description: new(i.Description), OwnerId: new(r.Account),
		PrivateIpAddress: new(i.Address.String()), PrivateDnsName: new(r.PrivateName(i.Address)), SourceDestCheck: new(!i.NoSourceDestCheck),
		Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: ec2types.NetworkInterfaceTypeInterface,
		RequesterManaged: new(i.managed()), Groups: room.Listed(r.Identifiers(i.Groups)), TagSet: room.Listed(r.Tags(i.ID)),
		Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{},
	}
	switch {
	case i.NAT != "":
		// So AWS calls it in answers and filters, other than the model's enumeration (EC2 API reference, DescribeNetworkInterfaces).
		out.InterfaceType, out.RequesterId = "nat_gateway", new("amazon-nat-gateway")
	case i.managed():
		out.RequesterId = new("amazon-elb")
	default:
		out.Attachment = &ec2types.NetworkInterfaceAttachment{
			AttachmentId: new(i.Attachment), AttachTime: new(i.Attached), DeleteOnTermination: new(true), DeviceIndex: new(int32(0)),
			InstanceId: new(i.Instance), InstanceOwnerId: new(r.Account), Status: ec2types.AttachmentStatusAttached, NetworkCardIndex: new(int32(0)),
		}
	}
	private := ec2types.NetworkInterfacePrivateIpAddress{Primary: new(true), PrivateIpAddress: out.PrivateIpAddress, PrivateDnsName: out.PrivateDnsName}
	if i.Public.IsValid() {
		out.Association = &ec2types.NetworkInterfaceAssociation{
			PublicIp: new(i.Public.String()), PublicDnsName: new(r.PublicName(i.VPC, i.Public)), IpOwnerId: new("amazon"),
		}
		if e, ok := r.elasticOf(nil, i.ID); ok {
			out.Association.AllocationId, out.Association.AssociationId, out.Association.IpOwnerId = new(e.ID), new(e.Association), new(r.Account)
		}
		private.Association = out.Association
	}
	out.PrivateIpAddresses = []ec2types.NetworkInterfacePrivateIpAddress{private}
	return out
}

// DescribeNetworkInterfaces lists the interfaces of instances and load balancers.
func (r *Room) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput) (*ec2.DescribeNetworkInterfacesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NetworkInterfaceIds", "NextToken"); err != nil {
		return nil, err
	}
	private := resource.One(func(i Interface) string { return i.Address.String() })
	public := func(i Interface) []string {
		if !i.Public.IsValid() {
			return nil
		}
		return []string{i.Public.String()}
	}
	l := resource.Listing[Interface]{
		ID: func(i Interface) string { return i.ID }, Missing: missingInterface,
		Fields: resource.Fields[Interface]{
			"network-interface-id": resource.One(func(i Interface) string { return i.ID }), "vpc-id": resource.One(func(i Interface) string { return i.VPC }),
			"subnet-id": resource.One(func(i Interface) string { return i.Subnet }), "availability-zone": resource.One(func(i Interface) string { return i.Zone }),
			"group-id": func(i Interface) []string { return i.Groups }, "description": resource.One(func(i Interface) string { return i.Description }),
			"attachment.instance-id": resource.One(func(i Interface) string { return i.Instance }), "mac-address": resource.One(func(i Interface) string { return i.MAC }),
			"private-ip-address": private, "addresses.private-ip-address": private, "association.public-ip": public,
			"addresses.association.public-ip": public,
			"requester-managed":               resource.Boolean(Interface.managed),
			"status": resource.One(
				func(Interface) string { return "in-use" },
			), "interface-type": resource.One(func(i Interface) string { return string(r.showInterface(i).InterfaceType) }),
			"owner-id": resource.One(func(Interface) string { return r.Account }),
		},
	}
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

// newMAC returns a locally administered hardware address, which AWS's also are.
func newMAC() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("0a:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4])
}
