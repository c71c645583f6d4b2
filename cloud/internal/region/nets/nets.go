// Package nets is the networks of a region: VPCs, subnets, gateways, route tables, security groups, network
// interfaces and their addresses. Handlers write what shall be; Sync brings a VPC's network to it, and Open brings
// up all that is stored.
package nets

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Config is what the networks are told of the rest of their region.
type Config struct {
	Index  int // of the region: which public range is its own, see package address
	Fabric Fabric
	// DefaultVPC has a default VPC made at the region's first start.
	DefaultVPC bool
	// Resolve asks Route 53 on behalf of a VPC, named as in package resolver.
	Resolve func(vpc string, q *dns.Msg) (*dns.Msg, error)
	// Metadata returns the metadata service that a VPC's instances reach.
	Metadata func(vpc string) http.Handler
	// Lend has the front door answer at a listener, for an interface endpoint; nil where there is none.
	Lend func(net.Listener, lend.Terms) (Loan, error)
	// Peer finds another region of this cloud, which serves ServePeers.
	Peer resource.Peer
	// Instance tells what the networks have to know of an instance; nil where there are none.
	Instance func(tx *store.Tx, id string) Instance
	// Synced is called after each Sync, since the public ports may be others now.
	Synced func()
}

// Instance is what the networks know of one.
type Instance struct {
	Creating  bool // it has not yet run
	Addresses int  // the most private addresses of an interface; 0 where its type is not known
}

// Namespace is where sockets are opened and processes run; *network.Namespace is one.
type Namespace interface {
	Do(func() error) error
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(network, address string) (net.Listener, error)
	ListenPacket(network, address string) (net.PacketConn, error)
}

var _ Namespace = (*network.Namespace)(nil)

// Fabric is what makes networks; KernelFabric makes one of package network's.
type Fabric interface {
	// Apply brings one VPC's namespaces, routes and packet filters to what the specification says.
	Apply(network.VPC) error
	// Remove takes a VPC's namespaces away.
	Remove(vpcID string) error
	// Interface returns the namespace behind a network interface that Apply has made.
	Interface(eniID string) (Namespace, error)
	// Router returns the namespace in which a VPC's router, resolver and metadata service live.
	Router(vpcID string) (Namespace, error)
	// IPv6 tells why the machine cannot carry IPv6; nil where it can.
	IPv6() error
}

// Room is the networks of one region.
type Room struct {
	*resource.Registry
	cfg Config

	vpcs        *store.Table[VPC]
	subnets     *store.Table[Subnet]
	gateways    *store.Table[gatewayRow]
	egressOnlys *store.Table[egressOnlyRow]
	routeTables *store.Table[routeTableRow]
	groups      *store.Table[groupRow]
	acls        *store.Table[aclRow]
	interfaces  *store.Table[Interface]
	elastics    *store.Table[elasticRow]
	nats        *store.Table[natRow]
	endpoints   *store.Table[endpointRow]
	peerings    *store.Table[peeringRow]
	prefixLists *store.Table[prefixListRow]
	dhcpSets    *store.Table[dhcpRow]
	counters    *store.Table[int]

	interfacesOf *store.Index[Interface] // by instance

	sync    sync.Mutex                              // one bringing-up of a network at a time
	serving map[string][]interface{ Close() error } // by VPC: its metadata service and its resolver
	loans   map[string]lent                         // by interface of an endpoint
	made    map[string]bool                         // by VPC: whether it has a network
}

// kinds are filled by the files of the kinds.
var kinds resource.Kinds[*Room]

// Load reads the tables.
func Load(registry *resource.Registry, cfg Config) (*Room, error) {
	r := &Room{Registry: registry, cfg: cfg, serving: map[string][]interface{ Close() error }{}, loans: map[string]lent{}, made: map[string]bool{}}
	var err error
	room.LoadTable(r.DB, "vpcs", &r.vpcs, &err)
	room.LoadTable(r.DB, "subnets", &r.subnets, &err)
	room.LoadTable(r.DB, "internet-gateways", &r.gateways, &err)
	room.LoadTable(r.DB, "egress-only-internet-gateways", &r.egressOnlys, &err)
	room.LoadTable(r.DB, "route-tables", &r.routeTables, &err)
	room.LoadTable(r.DB, "security-groups", &r.groups, &err)
	room.LoadTable(r.DB, "network-acls", &r.acls, &err)
	room.LoadTable(r.DB, "network-interfaces", &r.interfaces, &err)
	room.LoadTable(r.DB, "elastic-addresses", &r.elastics, &err)
	room.LoadTable(r.DB, "nat-gateways", &r.nats, &err)
	room.LoadTable(r.DB, "vpc-endpoints", &r.endpoints, &err)
	room.LoadTable(r.DB, "peering-connections", &r.peerings, &err)
	room.LoadTable(r.DB, "prefix-lists", &r.prefixLists, &err)
	room.LoadTable(r.DB, "dhcp-options", &r.dhcpSets, &err)
	room.LoadTable(r.DB, "counters", &r.counters, &err)
	if err != nil {
		return nil, err
	}
	r.interfacesOf = r.interfaces.Index(func(i Interface) string { return i.Instance })
	resource.Enter(registry, r, kinds)
	return r, nil
}

// Open brings up every VPC that is stored.
func (r *Room) Open() error {
	if err := errors.Join(r.completeACLs(), r.firstDefault()); err != nil {
		return err
	}
	for _, v := range r.vpcs.All() {
		if err := r.Sync(v.ID); err != nil {
			return err
		}
	}
	for _, n := range r.nats.All() {
		r.Spawn(func() { r.tendNAT(n.ID) })
	}
	for _, e := range r.endpoints.All() {
		if !e.gateway() {
			r.Spawn(func() { r.tendEndpoint(e.ID) })
		}
	}
	r.Spawn(r.tellPeers)
	return nil
}

// Close ends what serves inside the VPCs. After Stop, Sync opens no more.
func (r *Room) Close() {
	r.sync.Lock()
	defer r.sync.Unlock()
	for id := range r.serving {
		r.closeServers(id)
	}
	for id, l := range r.loans {
		_ = l.Close()
		delete(r.loans, id)
	}
}

// VPC returns a VPC. A nil tx reads what is committed, here and in the other methods that take one.
func (r *Room) VPC(tx *store.Tx, id string) (VPC, bool) { return r.vpcs.GetTx(tx, id) }

func (r *Room) instance(tx *store.Tx, id string) Instance {
	if r.cfg.Instance == nil || id == "" {
		return Instance{}
	}
	return r.cfg.Instance(tx, id)
}

// Subnet returns a subnet.
func (r *Room) Subnet(tx *store.Tx, id string) (Subnet, bool) { return r.subnets.GetTx(tx, id) }

// ZoneAt returns the zone of the subnet of a VPC that has an address, "" where none has it.
func (r *Room) ZoneAt(vpc string, a netip.Addr) string {
	for _, s := range r.subnets.All() {
		if s.VPC == vpc && (netip.MustParsePrefix(s.CIDR).Contains(a) || s.RangeIPv6().Contains(a)) {
			return s.Zone
		}
	}
	return ""
}

// Namespace returns where a network interface listens and dials: network.ErrNotFound before Sync has made it.
func (r *Room) Namespace(networkInterface string) (Namespace, error) {
	return r.cfg.Fabric.Interface(networkInterface)
}

// News is what to watch for a change of an interface.
func (r *Room) News() []store.Topic { return []store.Topic{r.interfaces.Any()} }
