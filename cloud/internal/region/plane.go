package region

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
)

// maxPublishedPorts is the widest range of a rule whose ports get loopback twins: a rule that opens
// everything would ask for 65,536 listeners.
const maxPublishedPorts = 16

// plane is what serves inside each VPC: the metadata service and the resolver.
type plane struct {
	vpcs map[string][]interface{ Close() error }
}

func (p *plane) close() {
	for id := range p.vpcs {
		p.closeVPC(id)
	}
}

func (p *plane) closeVPC(id string) {
	for _, c := range p.vpcs[id] {
		_ = c.Close() // listeners of a network that goes away
	}
	delete(p.vpcs, id)
}

// syncVPC brings a VPC's network to what the store says, or away where the store has none.
func (r *Region) syncVPC(id string) error {
	r.sync.Lock()
	defer r.sync.Unlock()
	if _, ok := r.vpcs.Get(id); !ok {
		r.plane.closeVPC(id)
		if err := r.fabric.Remove(id); err != nil {
			return fmt.Errorf("remove network of %s: %w", id, err)
		}
		r.republish()
		return nil
	}
	spec := r.vpcSpec(id)
	if err := r.fabric.Apply(spec); err != nil {
		return fmt.Errorf("apply network of %s: %w", id, err)
	}
	if err := r.serveVPC(id, netip.MustParsePrefix(r.vpcCIDR(id))); err != nil {
		return fmt.Errorf("serve in %s: %w", id, err)
	}
	r.republish()
	return nil
}

func (r *Region) vpcCIDR(id string) string {
	row, _ := r.vpcs.Get(id)
	return row.CIDR
}

// vpcSpec says what a VPC shall be, all of it from the store.
func (r *Region) vpcSpec(id string) network.VPC {
	row, _ := r.vpcs.Get(id)
	spec := network.VPC{ID: id, CIDR: netip.MustParsePrefix(row.CIDR)}
	for _, g := range r.gateways.All() {
		spec.Gateway = spec.Gateway || g.VPC == id
	}
	governs, fallback := map[string]string{}, ""
	for _, t := range r.routeTables.All() {
		if t.VPC != id {
			continue
		}
		table := network.RouteTable{ID: t.ID}
		for _, route := range t.Routes {
			g, ok := r.gateways.Get(route.Gateway)
			table.Routes = append(table.Routes, network.Route{Destination: netip.MustParsePrefix(route.Destination), Blackhole: !ok || g.VPC != id})
		}
		spec.RouteTables = append(spec.RouteTables, table)
		for _, a := range t.Associations {
			if governs[a.Subnet] = t.ID; a.Main {
				fallback = t.ID
			}
		}
	}
	for _, i := range r.interfaces.All() {
		if i.VPC != id {
			continue
		}
		subnet, _ := r.subnets.Get(i.Subnet)
		table, ok := governs[i.Subnet]
		if !ok {
			table = fallback
		}
		mac, err := net.ParseMAC(i.MAC)
		if err != nil {
			mac = nil // the kernel chooses one
		}
		spec.Interfaces = append(spec.Interfaces, network.Interface{
			ID: i.ID, Address: i.Address, MAC: mac, Subnet: netip.MustParsePrefix(subnet.CIDR), Public: i.Public, RouteTable: table, Groups: i.Groups,
		})
	}
	for _, g := range r.groups.All() {
		if g.VPC == id {
			spec.SecurityGroups = append(spec.SecurityGroups, groupSpec(g))
		}
	}
	return spec
}

// groupSpec leaves IPv6 rules out: nothing in a VPC without IPv6 addresses can match them.
func groupSpec(g groupRow) network.SecurityGroup {
	spec := network.SecurityGroup{ID: g.ID}
	for _, x := range g.Rules {
		if x.CIDR6 != "" || x.Protocol == "icmpv6" {
			continue
		}
		rule := network.Rule{Protocol: x.Protocol, FromPort: int(x.From), ToPort: int(x.To)}
		if x.CIDR != "" {
			rule.Prefixes = []netip.Prefix{netip.MustParsePrefix(x.CIDR)}
		} else {
			rule.Groups = []string{x.Group}
		}
		if x.Egress {
			spec.Egress = append(spec.Egress, rule)
		} else {
			spec.Ingress = append(spec.Ingress, rule)
		}
	}
	return spec
}

// serveVPC opens the metadata service and the resolver of a VPC once its router is there.
func (r *Region) serveVPC(id string, cidr netip.Prefix) error {
	if _, ok := r.plane.vpcs[id]; ok || r.Context().Err() != nil {
		return nil
	}
	router, err := r.fabric.Router(id)
	if err != nil {
		return err
	}
	resolver := netip.AddrPortFrom(cidr.Addr().Next().Next(), 53).String()
	web, err := router.Listen("tcp", "169.254.169.254:80")
	if err != nil {
		return err
	}
	tcp, err := router.Listen("tcp", resolver)
	if err != nil {
		return errors.Join(err, web.Close())
	}
	udp, err := router.ListenPacket("udp", resolver)
	if err != nil {
		return errors.Join(err, web.Close(), tcp.Close())
	}
	if r.plane.vpcs == nil {
		r.plane.vpcs = map[string][]interface{ Close() error }{}
	}
	lookup := func(a netip.Addr) (machine.Document, bool) { return r.document(id, a) }
	// Instances that hold connections open use up neither the region's descriptors nor, for long, others' places.
	web, tcp = descriptors.Listener(web, descriptors.Process().Inside), descriptors.Listener(tcp, descriptors.Process().Inside)
	server := &http.Server{
		Handler: machine.NewMetadata(lookup), ReadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(r.Log.Handler(), slog.LevelDebug),
	}
	r.plane.vpcs[id] = []interface{ Close() error }{web, tcp, udp, server}
	r.Spawn(func() { _ = server.Serve(web) }) // ends with the listener
	r.resolve(id, tcp, udp)
	return nil
}

// republish makes the loopback twins of instances' and load balancers' public TCP ports what the store
// says they are.
func (r *Region) republish() {
	if r.publisher == nil {
		return
	}
	want := r.publicPorts()
	r.public.Lock()
	defer r.public.Unlock()
	for at, c := range r.twins {
		if !slices.Contains(want, at) {
			_ = c.Close() // a listener that nobody wants
			delete(r.twins, at)
		}
	}
	for _, at := range want {
		if _, ok := r.twins[at]; ok {
			continue
		}
		c, err := r.publisher.Publish(at)
		if err != nil {
			r.Log.Warn("publish public address", "address", at, "err", err)
			continue
		}
		r.twins[at] = c
	}
}

func (r *Region) publicPorts() []netip.AddrPort {
	ports := r.balancing.Ports()
	for _, i := range r.interfaces.All() {
		if i.Instance == "" || !i.Public.IsValid() {
			continue
		}
		for _, id := range i.Groups {
			g, _ := r.groups.Get(id)
			for _, x := range g.Rules {
				if x.Egress || x.Protocol != "tcp" || x.To-x.From >= maxPublishedPorts {
					continue
				}
				for port := max(x.From, 1); port <= x.To; port++ {
					ports = append(ports, netip.AddrPortFrom(i.Public, uint16(port)))
				}
			}
		}
	}
	slices.SortFunc(ports, netip.AddrPort.Compare)
	return slices.Compact(ports)
}

func (r *Region) unpublishAll() {
	r.public.Lock()
	defer r.public.Unlock()
	for at, c := range r.twins {
		_ = c.Close()
		delete(r.twins, at)
	}
}
