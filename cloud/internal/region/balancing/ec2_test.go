package balancing

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ec2 is as much of EC2 as load balancing asks for. Its tables are in the store beside load balancing's own, so that a change
// that is refused takes back what it did here too. All its namespaces are one.
type ec2 struct {
	*room.Base
	vpcs       *store.Table[VPC]
	subnets    *store.Table[subnetRow]
	groups     *store.Table[string] // the VPC of each
	instances  *store.Table[instanceRow]
	interfaces *store.Table[interfaceRow]

	sockets *roomtest.Sockets
	ports   func() []netip.AddrPort // what is to be published

	mu        sync.Mutex
	applied   map[string][]string // the groups of each interface, as last brought up
	published []netip.AddrPort
}

type subnetRow struct {
	Subnet
	CIDR netip.Prefix
}

type instanceRow struct {
	Instance
	Interface string
}

type interfaceRow struct {
	Interface
	VPC, Subnet string
	Groups      []string
	NoInternet  bool
}

var _ Network = (*ec2)(nil)

// openEC2 brings up what the store holds.
func openEC2(t *testing.T, base *room.Base, sockets *roomtest.Sockets) *ec2 {
	t.Helper()
	e := &ec2{Base: base, sockets: sockets, applied: map[string][]string{}}
	var err error
	room.LoadTable(e.DB, "vpcs", &e.vpcs, &err)
	room.LoadTable(e.DB, "subnets", &e.subnets, &err)
	room.LoadTable(e.DB, "groups", &e.groups, &err)
	room.LoadTable(e.DB, "instances", &e.instances, &err)
	room.LoadTable(e.DB, "interfaces", &e.interfaces, &err)
	for vpc := range e.vpcs.Rows() {
		err = errors.Join(err, e.Sync(vpc))
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *ec2) VPC(tx *store.Tx, id string) (VPC, bool) { return e.vpcs.GetTx(tx, id) }

func (e *ec2) Subnet(tx *store.Tx, id string) (Subnet, bool) {
	row, ok := e.subnets.GetTx(tx, id)
	return row.Subnet, ok
}

func (e *ec2) Instance(tx *store.Tx, id string) (Instance, bool) {
	row, ok := e.instances.GetTx(tx, id)
	return row.Instance, ok
}

func (e *ec2) CheckGroups(tx *store.Tx, vpc string, groups []string) error {
	if len(groups) > 5 {
		return wire.Errorf("SecurityGroupsPerInterfaceLimitExceeded", "too many security groups")
	}
	for _, id := range groups {
		switch of, ok := e.groups.GetTx(tx, id); {
		case !ok:
			return wire.Errorf("InvalidGroup.NotFound", "no security group %s", id)
		case of != vpc:
			return wire.Errorf("InvalidParameter", "security group %s is not of %s", id, vpc)
		}
	}
	return nil
}

func (e *ec2) NewInterface(tx *store.Tx, subnet string, groups []string, reach Reach, _ string) (id string, err error) {
	in, ok := e.subnets.GetTx(tx, subnet)
	if !ok {
		return "", wire.Errorf("InvalidSubnetID.NotFound", "no subnet %s", subnet)
	}
	if err := e.CheckGroups(tx, in.VPC, groups); err != nil {
		return "", err
	}
	row := interfaceRow{VPC: in.VPC, Subnet: in.ID, Groups: slices.Clone(groups)}
	all := e.interfaces.AllTx(tx)
	if row.Address, ok = free(in.CIDR, 4, all, func(i interfaceRow) netip.Addr { return i.Address }); !ok {
		return "", wire.Errorf("InsufficientFreeAddressesInSubnet", "no free address in %s", subnet)
	}
	id = "eni-" + room.NewSerial(17)
	return id, errors.Join(e.interfaces.Put(tx, id, row), e.SetReach(tx, id, reach))
}

func (e *ec2) SetReach(tx *store.Tx, networkInterface string, reach Reach) error {
	row, _ := e.interfaces.GetTx(tx, networkInterface)
	all := e.interfaces.AllTx(tx)
	if reach.Public && !row.Public.IsValid() {
		row.Public, _ = free(netip.MustParsePrefix("198.51.100.0/24"), 1, all, func(i interfaceRow) netip.Addr { return i.Public })
	} else if !reach.Public {
		row.Public = netip.Addr{}
	}
	return errors.Join(e.interfaces.Put(tx, networkInterface, row), e.SetIPv6(tx, networkInterface, reach))
}

// SetIPv6 gives out one prefix for source NAT where none is chosen.
func (e *ec2) SetIPv6(tx *store.Tx, networkInterface string, reach Reach) error {
	row, _ := e.interfaces.GetTx(tx, networkInterface)
	switch all := e.interfaces.AllTx(tx); {
	case !reach.IPv6:
		row.IPv6 = netip.Addr{}
	case reach.Address.IsValid():
		if !netip.MustParsePrefix("2001:db8:100::/56").Contains(reach.Address) {
			return wire.Errorf("InvalidParameterValue", "Address %s does not fall within the subnet's address range", reach.Address)
		}
		row.IPv6 = reach.Address
	case !row.IPv6.IsValid():
		row.IPv6, _ = free(netip.MustParsePrefix("2001:db8:100::/64"), 4, all, func(i interfaceRow) netip.Addr { return i.IPv6 })
	}
	switch {
	case !reach.SourceNAT:
		row.SourceNAT = netip.Prefix{}
	case reach.Prefix.IsValid():
		row.SourceNAT = reach.Prefix
	case !row.SourceNAT.IsValid():
		row.SourceNAT = netip.MustParsePrefix("2001:db8:100:0:ffff::/80")
	}
	row.NoInternet = reach.NoInternet
	return e.interfaces.Put(tx, networkInterface, row)
}

func (e *ec2) NewTransparentInterface(tx *store.Tx, w TransparentInterface) (id string, err error) {
	if w.Allocation == "eipalloc-none" {
		return "", wire.Errorf("InvalidAllocationID.NotFound", "no allocation %s", w.Allocation)
	}
	if id, err = e.NewInterface(tx, w.Subnet, w.Groups, Reach{Public: w.Public}, w.Description); err != nil {
		return "", err
	}
	row, _ := e.interfaces.GetTx(tx, id)
	if w.Address.IsValid() {
		row.Address = w.Address
	}
	if w.Allocation != "" {
		row.Public = netip.MustParseAddr("198.51.100.200")
	}
	return id, e.interfaces.Put(tx, id, row)
}

func (e *ec2) ZoneAt(vpc string, a netip.Addr) string {
	for _, row := range e.subnets.Rows() {
		if row.VPC == vpc && row.CIDR.Contains(a) {
			return row.Zone
		}
	}
	return ""
}

// free returns the lowest address of a range, but for the first ones and the last, that no interface has.
func free(in netip.Prefix, first int, all []interfaceRow, of func(interfaceRow) netip.Addr) (netip.Addr, bool) {
	a := in.Addr()
	for range first {
		a = a.Next()
	}
	for ; in.Contains(a.Next()); a = a.Next() {
		if !slices.ContainsFunc(all, func(i interfaceRow) bool { return of(i) == a }) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

func (e *ec2) SetGroups(tx *store.Tx, networkInterface string, groups []string) error {
	row, ok := e.interfaces.GetTx(tx, networkInterface)
	if !ok {
		return wire.Errorf("InvalidNetworkInterfaceID.NotFound", "no interface %s", networkInterface)
	}
	row.Groups = slices.Clone(groups)
	return e.interfaces.Put(tx, networkInterface, row)
}

func (e *ec2) RemoveInterface(tx *store.Tx, id string) error { return e.interfaces.Delete(tx, id) }

func (e *ec2) Interface(id string) (Interface, bool) {
	row, ok := e.interfaces.Get(id)
	return row.Interface, ok
}

func (e *ec2) Namespace(networkInterface string) (balancer.Network, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.applied[networkInterface]; !ok {
		return nil, fmt.Errorf("interface %s: %w", networkInterface, network.ErrNotFound)
	}
	return e.sockets, nil
}

// Sync has one VPC's interfaces as they are stored.
func (e *ec2) Sync(vpc string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, row := range e.interfaces.Rows() {
		if row.VPC == vpc {
			e.applied[id] = row.Groups
		}
	}
	for id := range e.applied {
		if _, ok := e.interfaces.Get(id); !ok {
			delete(e.applied, id)
		}
	}
	return nil
}

func (e *ec2) Republish() {
	defer e.Wake("twins") // those who wait for it
	e.mu.Lock()
	defer e.mu.Unlock()
	e.published = e.ports()
}

// twins are what is published.
func (e *ec2) twins() []netip.AddrPort {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.published
}

// groupsApplied are the groups of each interface, as last brought up.
func (e *ec2) groupsApplied() map[string][]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.applied)
}

func (e *ec2) News() []store.Topic { return []store.Topic{e.instances.Any(), e.interfaces.Any()} }

// change commits a change of a test's own.
func (e *ec2) change(t *testing.T, f func(*store.Tx) error) {
	t.Helper()
	if err := e.Update(f); err != nil {
		t.Fatal(err)
	}
}

// newVPC makes a VPC with an internet gateway and its default group.
func (e *ec2) newVPC(t *testing.T, cidr string) (id string) {
	t.Helper()
	id = "vpc-" + room.NewSerial(17)
	row := VPC{CIDRs: []netip.Prefix{netip.MustParsePrefix(cidr), netip.MustParsePrefix("2001:db8:100::/56")}, HasGateway: true, DefaultGroup: e.newGroup(t, id)}
	e.change(t, func(tx *store.Tx) error { return e.vpcs.Put(tx, id, row) })
	return id
}

func (e *ec2) newGroup(t *testing.T, vpc string) (id string) {
	t.Helper()
	id = "sg-" + room.NewSerial(17)
	e.change(t, func(tx *store.Tx) error { return e.groups.Put(tx, id, vpc) })
	return id
}

func (e *ec2) newSubnet(t *testing.T, vpc, zone, cidr string) (id string) {
	t.Helper()
	id = "subnet-" + room.NewSerial(17)
	row := subnetRow{Subnet{ID: id, VPC: vpc, Zone: zone, IPv6: true}, netip.MustParsePrefix(cidr)}
	e.change(t, func(tx *store.Tx) error { return e.subnets.Put(tx, id, row) })
	return id
}

// run makes an instance that runs.
func (e *ec2) run(t *testing.T, subnet string) (id string, at netip.Addr) {
	t.Helper()
	id = "i-" + room.NewSerial(17)
	e.change(t, func(tx *store.Tx) error {
		in, _ := e.Subnet(tx, subnet)
		around, _ := e.VPC(tx, in.VPC)
		eni, err := e.NewInterface(tx, subnet, []string{around.DefaultGroup}, Reach{Public: true}, "")
		if err != nil {
			return err
		}
		row, _ := e.interfaces.GetTx(tx, eni)
		at = row.Address
		return e.instances.Put(tx, id, instanceRow{Instance{VPC: in.VPC, Zone: in.Zone, Address: at, State: ec2types.InstanceStateNameRunning}, eni})
	})
	return id, at
}

// become changes an instance's state; one that is terminated has no interface any more.
func (e *ec2) become(t *testing.T, instance string, state ec2types.InstanceStateName) {
	t.Helper()
	e.change(t, func(tx *store.Tx) error {
		row, _ := e.instances.GetTx(tx, instance)
		if row.State = state; state == ec2types.InstanceStateNameTerminated {
			if err := e.RemoveInterface(tx, row.Interface); err != nil {
				return err
			}
			row.Address, row.Interface = netip.Addr{}, ""
		}
		return e.instances.Put(tx, instance, row)
	})
}
