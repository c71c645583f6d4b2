package network

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Addresses at which every VPC's router answers
// (https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html).
var (
	resolverAddress = netip.MustParseAddr("169.254.169.253")
	metadataAddress = netip.MustParseAddr("169.254.169.254")
)

// Resolver returns the address of a VPC's own resolver: the base of its CIDR plus two.
func Resolver(cidr netip.Prefix) netip.Addr { return cidr.Masked().Addr().Next().Next() }

// Gateway returns the address of the router in a subnet: its base plus one.
func Gateway(subnet netip.Prefix) netip.Addr { return subnet.Masked().Addr().Next() }

// ErrNotFound is returned for a VPC or an interface that has not been applied.
var ErrNotFound = errors.New("not found")

// Fabric is a region's network. Each VPC is a router in its own namespace, each network interface a
// veth from there into another namespace, and the internet gateway a veth from the router to the internet. All of
// it ends with the process, since only the process's files keep the namespaces alive.
type Fabric struct {
	log      *slog.Logger
	internet *netlink.Handle

	removals sync.WaitGroup // of VPCs whose links are being deleted

	mu         sync.Mutex
	vpcs       map[string]*vpc
	leaving    map[string]chan struct{} // closed when a removed VPC\'s links are gone
	interfaces map[string]*Namespace    // by eni-...
}

// New makes an empty fabric whose internet is the calling process's network namespace. A nil log
// discards.
func New(log *slog.Logger) (*Fabric, error) {
	if log == nil {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink to the internet: %w", err)
	}
	return &Fabric{log: log, internet: h, vpcs: map[string]*vpc{}, leaving: map[string]chan struct{}{}, interfaces: map[string]*Namespace{}}, nil
}

// Apply makes one VPC's namespaces, routes and packet filters match the specification. Applying
// the same again changes nothing; after an error, applying again continues where it stopped.
func (f *Fabric) Apply(spec VPC) error {
	v, err := f.vpc(spec)
	if err != nil {
		return fmt.Errorf("apply %s: %w", spec.ID, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.removed {
		return fmt.Errorf("apply %s: it is being removed", spec.ID)
	}
	if err := v.apply(spec); err != nil {
		return fmt.Errorf("apply %s: %w", spec.ID, err)
	}
	return nil
}

// vpc finds a VPC or makes its router.
func (f *Fabric) vpc(spec VPC) (*vpc, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.leaving[spec.ID] != nil { // a VPC's links have their names from its id
		gone := f.leaving[spec.ID]
		f.mu.Unlock()
		<-gone
		f.mu.Lock()
		if f.leaving[spec.ID] == gone {
			delete(f.leaving, spec.ID)
		}
	}
	if v := f.vpcs[spec.ID]; v != nil {
		return v, nil
	}
	v, err := newVPC(f, spec)
	if err != nil {
		return nil, err
	}
	f.vpcs[spec.ID] = v
	return v, nil
}

// Remove removes a VPC's namespaces. A VPC that does not exist is no error.
func (f *Fabric) Remove(vpcID string) error {
	f.mu.Lock()
	v := f.vpcs[vpcID]
	if v == nil {
		f.mu.Unlock()
		return nil
	}
	delete(f.vpcs, vpcID)
	f.leaving[vpcID] = v.gone
	f.mu.Unlock()
	if err := v.remove(); err != nil {
		return fmt.Errorf("remove %s: %w", vpcID, err)
	}
	return nil
}

// Interface returns the namespace of a network interface that Apply has made, or ErrNotFound. The
// fabric closes it when the interface is removed.
func (f *Fabric) Interface(eniID string) (*Namespace, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.interfaces[eniID]; n != nil {
		return n, nil
	}
	return nil, fmt.Errorf("network interface %s: %w", eniID, ErrNotFound)
}

// Router returns the namespace of a VPC's router, resolver and metadata service, or
// ErrNotFound.
func (f *Fabric) Router(vpcID string) (*Namespace, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.vpcs[vpcID]; v != nil {
		return v.router, nil
	}
	return nil, fmt.Errorf("vpc %s: %w", vpcID, ErrNotFound)
}

// Close removes every VPC, and returns when their links are deleted.
func (f *Fabric) Close() error {
	f.mu.Lock()
	var ids []string
	for id := range f.vpcs {
		ids = append(ids, id)
	}
	f.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, f.Remove(id))
	}
	f.removals.Wait()
	f.internet.Close()
	return errors.Join(errs...)
}

func (f *Fabric) setInterface(eniID string, n *Namespace) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n == nil {
		delete(f.interfaces, eniID)
		return
	}
	f.interfaces[eniID] = n
}

// vpc is the actual state of one VPC.
type vpc struct {
	fabric *Fabric
	id     string
	router *Namespace
	rtnl   *netlink.Handle // to the router
	gone   chan struct{}   // closed when it is removed and its links are gone

	mu       sync.Mutex
	removed  bool
	ipv6     bool                   // its namespaces have IPv6; once on it stays on
	filtered *VPC                   // what the packet filter was last written for
	filter   int                    // which of filterTables has it
	ranges   map[netip.Prefix]bool  // whose addresses nobody has are dropped
	subnets  map[netip.Prefix]bool  // whose router address is there
	links    map[string]*link       // by eni-...
	tables   map[string]*routeTable // by rtb-...
	gateway  *gateway               // nil where none is attached
	egress   *gateway               // the egress-only one, nil where there is none
	peerings map[string]*peering    // by pcx-...
	dying    map[string]chan struct{}
}

func newVPC(f *Fabric, spec VPC) (*vpc, error) {
	n, err := NewNamespace()
	if err != nil {
		return nil, err
	}
	h, err := n.netlink()
	if err != nil {
		n.Close()
		return nil, err
	}
	v := &vpc{fabric: f, id: spec.ID, router: n, rtnl: h, gone: make(chan struct{}), ranges: map[netip.Prefix]bool{}, subnets: map[netip.Prefix]bool{},
		links: map[string]*link{}, tables: map[string]*routeTable{}, peerings: map[string]*peering{}, dying: map[string]chan struct{}{}}
	if err := v.prepareRouter(spec.CIDR); err != nil {
		h.Close()
		n.Close()
		return nil, fmt.Errorf("prepare router: %w", err)
	}
	return v, nil
}

// apply works in an order in which nothing is ever open that both the old and the new specification forbid:
// first the packet filter, then what is removed, then what is added.
func (v *vpc) apply(spec VPC) error {
	if err := validate(spec); err != nil {
		return err
	}
	if err := v.applyFamilies(spec); err != nil {
		return err
	}
	if err := v.applyRanges(spec.allRanges()); err != nil {
		return err
	}
	if err := v.applyFilter(spec); err != nil {
		return fmt.Errorf("write packet filter: %w", err)
	}
	if err := v.dropLinks(spec.Interfaces); err != nil {
		return err
	}
	if err := v.applyGateways(spec); err != nil {
		return err
	}
	if err := v.applyPeerings(spec); err != nil {
		return err
	}
	if err := v.applyLinks(spec); err != nil { // before the routes, which may lead to them
		return err
	}
	if err := v.applyTables(spec); err != nil {
		return err
	}
	if err := v.dropPeerings(spec.Peerings); err != nil {
		return err
	}
	for _, i := range spec.Interfaces {
		if err := v.governLink(i); err != nil {
			return fmt.Errorf("network interface %s: %w", i.ID, err)
		}
	}
	return v.dropTables(spec)
}

// validate refuses specifications that the kernel would refuse after a part was applied, or would wrongly accept.
func validate(spec VPC) error {
	if !spec.CIDR.IsValid() || !spec.CIDR.Addr().Is4() {
		return fmt.Errorf("CIDR %s is not IPv4", spec.CIDR)
	}
	for _, p := range spec.IPv6 {
		if !p.Addr().Is6() {
			return fmt.Errorf("range %s is not IPv6", p)
		}
	}
	tables, groups, acls := map[string]bool{}, map[string]bool{}, map[string]bool{"": true}
	for _, t := range spec.RouteTables {
		tables[t.ID] = true
	}
	for _, g := range spec.SecurityGroups {
		groups[g.ID] = true
	}
	for _, a := range spec.NetworkACLs {
		acls[a.ID] = true
	}
	addresses, names := map[netip.Addr]string{}, map[string]string{}
	for _, i := range spec.Interfaces {
		if !tables[i.RouteTable] {
			return fmt.Errorf("network interface %s: route table %q is not in the specification", i.ID, i.RouteTable)
		}
		if !acls[i.NetworkACL] {
			return fmt.Errorf("network interface %s: network ACL %q is not in the specification", i.ID, i.NetworkACL)
		}
		for _, g := range i.Groups {
			if !groups[g] {
				return fmt.Errorf("network interface %s: security group %q is not in the specification", i.ID, g)
			}
		}
		if err := validateAddresses(spec, i, addresses); err != nil {
			return err
		}
		name := linkName(i.ID)
		if names[name] != "" {
			return fmt.Errorf("network interfaces %s and %s have the same link name %s", names[name], i.ID, name)
		}
		names[name] = i.ID
	}
	if err := validatePlaces(spec); err != nil {
		return err
	}
	return validateRoutes(spec)
}

// validateAddresses enters an interface's addresses among those that are taken.
func validateAddresses(spec VPC, i Interface, taken map[netip.Addr]string) error {
	for _, pair := range i.addresses() {
		subnet := i.subnet(pair.Private.BitLen())
		if !subnet.Contains(pair.Private) || !spec.contains(pair.Private) {
			return fmt.Errorf("network interface %s: address %s is outside its subnet %s", i.ID, pair.Private, subnet)
		}
		for _, a := range []netip.Addr{pair.Private, pair.Public} {
			if a.IsValid() && taken[a] != "" {
				return fmt.Errorf("address %s is both %s's and %s's", a, taken[a], i.ID)
			}
			taken[a] = i.ID
		}
	}
	return nil
}

// validatePlaces checks that each namespace has one eth0, and no other device twice.
func validatePlaces(spec VPC) error {
	type place struct {
		within string
		device int
	}
	places := map[place]bool{}
	for _, i := range spec.Interfaces {
		if i.Within == "" {
			places[place{i.ID, 0}] = i.Device == 0
		}
	}
	for _, i := range spec.Interfaces {
		at := place{cmp.Or(i.Within, i.ID), i.Device}
		switch {
		case i.Within == "" && i.Device == 0:
			continue
		case !places[place{i.Within, 0}]:
			return fmt.Errorf("network interface %s: there is no interface %q to be beside", i.ID, i.Within)
		case places[at] || i.NAT != nil:
			return fmt.Errorf("network interface %s: it cannot be eth%d beside %s", i.ID, i.Device, i.Within)
		}
		places[at] = true
	}
	return nil
}

func validateRoutes(spec VPC) error {
	for _, t := range spec.RouteTables {
		for _, r := range t.Routes {
			known := func(i Interface) bool { return i.ID == r.Interface }
			if r.Interface != "" && !r.Blackhole && !slices.ContainsFunc(spec.Interfaces, known) {
				return fmt.Errorf("route table %s: network interface %q is not in the specification", t.ID, r.Interface)
			}
		}
	}
	return nil
}

// remove disconnects the VPC and deletes its links; its namespaces end when their last file is closed.
func (v *vpc) remove() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.removed = true
	err := errors.Join(v.dropLinks(nil), v.dropGateway(&v.gateway), v.dropGateway(&v.egress), v.dropPeerings(nil))
	v.fabric.removals.Go(func() {
		defer close(v.gone)
		for _, gone := range v.dying {
			<-gone
		}
		v.rtnl.Close()
		v.router.Close()
	})
	return err
}

// deleteLater deletes a link in the background, since the kernel waits for all readers, which takes 32 ms. await waits
// until the name can be used again.
func (v *vpc) deleteLater(h *netlink.Handle, name string, after func()) {
	gone := make(chan struct{})
	v.dying[name] = gone
	go func() {
		defer close(gone)
		if after != nil {
			defer after()
		}
		if err := deleteLink(h, name); err != nil {
			v.fabric.log.Error("delete link", "vpc", v.id, "link", name, "error", err)
		}
	}()
}

// await returns when no deletion of the link is running.
func (v *vpc) await(name string) {
	if gone := v.dying[name]; gone != nil {
		<-gone
		delete(v.dying, name)
	}
}

// deleteLink deletes a link, if it exists.
func deleteLink(h *netlink.Handle, name string) error {
	l, err := h.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.LinkDel(l); err != nil && !errors.Is(err, syscall.ENODEV) {
		return fmt.Errorf("delete link %s: %w", name, err)
	}
	return nil
}

// linkName names a network interface's link at the router: at most 15 bytes (IFNAMSIZ in netdevice(7)),
// from the most significant digits of its id.
func linkName(eniID string) string {
	digits := strings.TrimPrefix(eniID, "eni-")
	return "e" + digits[:min(len(digits), 14)]
}

// clone copies all of the specification that sameFilter compares, which its owner may change in place.
func (s VPC) clone() VPC {
	s.More, s.IPv6, s.Interfaces = slices.Clone(s.More), slices.Clone(s.IPv6), slices.Clone(s.Interfaces)
	for n, i := range s.Interfaces {
		s.Interfaces[n].Groups, s.Interfaces[n].Secondary = slices.Clone(i.Groups), slices.Clone(i.Secondary)
		s.Interfaces[n].IPv6 = slices.Clone(i.IPv6)
	}
	s.SecurityGroups = slices.Clone(s.SecurityGroups)
	for n, g := range s.SecurityGroups {
		s.SecurityGroups[n].Ingress = cloneRules(g.Ingress)
		s.SecurityGroups[n].Egress = cloneRules(g.Egress)
	}
	s.NetworkACLs = slices.Clone(s.NetworkACLs)
	for n, a := range s.NetworkACLs {
		s.NetworkACLs[n].Ingress, s.NetworkACLs[n].Egress = slices.Clone(a.Ingress), slices.Clone(a.Egress)
	}
	s.Peerings = slices.Clone(s.Peerings)
	for n, p := range s.Peerings {
		s.Peerings[n] = p.clone()
	}
	return s
}

func cloneRules(rules []Rule) []Rule {
	rules = slices.Clone(rules)
	for n, r := range rules {
		rules[n].Prefixes, rules[n].Groups = slices.Clone(r.Prefixes), slices.Clone(r.Groups)
	}
	return rules
}

func (r Rule) equal(s Rule) bool {
	return cmp.Or(cmp.Compare(r.Protocol, s.Protocol), cmp.Compare(r.FromPort, s.FromPort), cmp.Compare(r.ToPort, s.ToPort)) == 0 &&
		slices.Equal(r.Prefixes, s.Prefixes) && slices.Equal(r.Groups, s.Groups)
}

func ipOf(a netip.Addr) net.IP { return a.AsSlice() }

func ignoring(err error, ignored ...error) error {
	for _, i := range ignored {
		if errors.Is(err, i) {
			return nil
		}
	}
	return err
}
