package nets

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Interface is a network interface: a user's, which may be an instance's, or a service's own.
type Interface struct {
	ID, VPC, Subnet, Zone, MAC, Description string
	Address                                 netip.Addr
	Public                                  netip.Addr        // the zero value where it has none
	Secondary                               []network.Address // further private addresses, and what is public of them
	IPv6                                    []netip.Addr
	PrimaryIPv6                             bool // the first of them is the primary one
	WantsPublic                             bool // to be given a public address at each start of its instance
	Groups                                  []string
	Own                                     bool   // a user made it, or an instance left it
	NAT                                     string // the NAT gateway that manages it
	Transparent                             bool   // it is a network load balancer's
	Endpoint                                string // the VPC endpoint that does
	Instance, Attachment                    string // empty while it is attached to none
	Device                                  int32  // its index there
	KeepOnTermination                       bool
	NoSourceDestCheck                       bool
	NoInternet                              bool         // its IPv6 addresses are not reached from the internet
	SourceNAT                               netip.Prefix // of IPv6 addresses that a network load balancer speaks from; the zero value for none
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

// managed tells whether an interface is a service's own, which users can see and not change. One that is neither a user's nor
// a NAT gateway's nor an endpoint's is a load balancer's.
func (i Interface) managed() bool { return i.NAT != "" || i.Instance == "" && !i.Own }

// Addresses are all of an interface's, the primary one first.
func (i Interface) Addresses() []network.Address {
	return append([]network.Address{{Private: i.Address, Public: i.Public}}, i.Secondary...)
}

// has tells whether an interface has a private address.
func (i Interface) has(private netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses(), func(a network.Address) bool { return a.Private == private })
}

// hasPublic tells whether any of an interface's addresses has a public one.
func (i Interface) hasPublic() bool {
	return slices.ContainsFunc(i.Addresses(), func(a network.Address) bool { return a.Public.IsValid() })
}

// setPublic gives one of an interface's private addresses a public one, or none.
func (i *Interface) setPublic(private, public netip.Addr) {
	if private == i.Address {
		i.Public = public
		return
	}
	i.Secondary = slices.Clone(i.Secondary)
	for n, a := range i.Secondary {
		if a.Private == private {
			i.Secondary[n].Public = public
		}
	}
}

// natIdle is after how long without a packet a NAT gateway forgets a connection
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html).
const natIdle = 350 * time.Second

// Wanted is an interface to be made.
type Wanted struct {
	Subnet      string
	Groups      []string   // none for the VPC's default security group, but for a network load balancer's
	Public      bool       // with a public address
	Address     netip.Addr // its private one; the zero value for any
	Description string
	Secondary   []netip.Addr
	Further     int          // how many secondary ones of any
	IPv6        []netip.Addr // its IPv6 addresses
	FurtherIPv6 int          // how many more of any; where neither is given, the subnet's attribute decides for users' interfaces
	PrimaryIPv6 bool         // the first of these is the primary one
	Own         bool         // it is a user's
	Instance    string       // that it is attached to
	Device      int32        // its index there
	Keep        bool         // when the instance is terminated
	NAT         string       // the NAT gateway that it is for
	Endpoint    string       // the VPC endpoint that it is for
	NoInternet  bool         // its IPv6 addresses are not to be reached from the internet
	Transparent bool         // it is a network load balancer's
	Elastic     string       // the allocation of the Elastic IP address that it gets
}

// NewInterface puts an interface into a subnet. Its errors are EC2's.
func (r *Room) NewInterface(tx *store.Tx, w Wanted) (Interface, error) {
	subnet, ok := r.subnets.GetTx(tx, w.Subnet)
	if !ok {
		return Interface{}, MissingSubnet(w.Subnet)
	}
	if len(w.Groups) == 0 && w.NAT == "" && !w.Transparent {
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
		Address: private, WantsPublic: w.Public, NAT: w.NAT, NoSourceDestCheck: w.NAT != "", Groups: slices.Clone(w.Groups),
		Own: w.Own || w.Instance != "", Endpoint: w.Endpoint, NoInternet: w.NoInternet, Transparent: w.Transparent,
		PrimaryIPv6: w.PrimaryIPv6,
	}
	if w.Instance != "" {
		row.attach(w.Instance, w.Device, w.Keep)
	}
	if w.Public {
		if row.Public, err = r.publicAddress(tx); err != nil {
			return row, err
		}
	}
	if err := r.assign(tx, &row, w.Secondary, w.Further); err != nil {
		return row, err
	}
	if subnet.AssignIPv6 && row.Own && len(w.IPv6)+w.FurtherIPv6 == 0 {
		w.FurtherIPv6 = 1
	}
	if err := r.assignIPv6(tx, &row, w.IPv6, w.FurtherIPv6); err != nil {
		return row, err
	}
	if err := row.checkPrimary(); err != nil || w.Elastic == "" {
		return row, err
	}
	return row, r.giveFree(tx, w.Elastic, row)
}

// Interface returns a network interface.
func (r *Room) Interface(tx *store.Tx, id string) (Interface, bool) {
	return r.interfaces.GetTx(tx, id)
}

// InterfaceAt returns the interface that has a private address of a VPC.
func (r *Room) InterfaceAt(vpc string, address netip.Addr) (Interface, bool) {
	for _, i := range r.interfaces.All() {
		if i.VPC == vpc && i.has(address) {
			return i, true
		}
	}
	return Interface{}, false
}

// interfaceSpecs are the interfaces of a VPC for the fabric. One that is attached to nothing is nowhere; further ones of an
// instance are where its first one is.
func (r *Room) interfaceSpecs(vpc string, tables []routeTableRow) (specs []network.Interface) {
	all := slices.DeleteFunc(r.interfaces.All(), func(i Interface) bool { return i.VPC != vpc || i.Instance == "" && !i.managed() })
	first := map[string]string{} // by instance
	for _, i := range all {
		if i.Instance != "" && i.Device == 0 {
			first[i.Instance] = i.ID
		}
	}
	for _, i := range all {
		spec := r.interfaceSpec(i, governing(tables, i.Subnet))
		if i.Device > 0 {
			spec.Within = first[i.Instance]
		}
		specs = append(specs, spec)
	}
	return specs
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
		NetworkACL: r.aclOf(nil, subnet), Secondary: i.Secondary, IPv6: i.IPv6, SubnetIPv6: subnet.RangeIPv6(), Forwards: i.NoSourceDestCheck, Device: int(i.Device),
		NoInternet: i.NoInternet, Transparent: i.Transparent,
	}
	if i.NAT != "" {
		n, _ := r.nats.Get(i.NAT)
		spec.NAT = &network.NAT{Idle: natIdle, Sources: n.sources()}
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

// SetReach changes how a service's interface is reached besides its private IPv4 address: by a public one, and by IPv6. Its errors are EC2's.
func (r *Room) SetReach(tx *store.Tx, id string, public bool, to IPv6) (err error) {
	row, ok := r.interfaces.GetTx(tx, id)
	if !ok {
		return missingInterface(id)
	}
	if !public {
		row.Public = netip.Addr{}
	} else if !row.Public.IsValid() {
		if row.Public, err = r.publicAddress(tx); err != nil {
			return err
		}
	}
	row.WantsPublic = public
	return r.setIPv6(tx, row, to)
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

// Renew gives an interface that is to have a public address another one, as at the start of its instance. Beside another
// interface it gets none (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html).
func (r *Room) Renew(tx *store.Tx, id string) error {
	row, ok := r.interfaces.GetTx(tx, id)
	if !ok || !row.WantsPublic || len(r.InterfacesOf(tx, row.Instance)) > 1 {
		return nil
	}
	if _, elastic := r.elasticAt(tx, row, row.Address); elastic {
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
	if _, elastic := r.elasticAt(tx, row, row.Address); !ok || elastic {
		return nil
	}
	row.Public = netip.Addr{}
	return r.interfaces.Put(tx, id, row)
}

// RemoveInterface deletes an interface, whose addresses are free then; one that is not there is no error.
func (r *Room) RemoveInterface(tx *store.Tx, id string) error {
	for _, e := range r.elastics.AllTx(tx) {
		if e.Interface != id || id == "" {
			continue
		}
		if err := r.loseElastic(tx, e, false); err != nil {
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

// newMAC returns a locally administered hardware address, which AWS's also are.
func newMAC() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("0a:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4])
}
