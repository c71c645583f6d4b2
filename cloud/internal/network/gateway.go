package network

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/vishvananda/netlink"
)

// gateway is an attached internet gateway: a veth from the router to the internet, where each public
// address has a route to it.
type gateway struct {
	name    string // of the internet's end
	index   int    // of the router's end
	outside int    // of the internet's end
	ipv6    bool   // it carries IPv6 too
	publics map[netip.Addr]bool
}

var (
	// gatewayNear is the router's address on the link, the internet's next hop to its public addresses.
	gatewayNear = netip.MustParseAddr("169.254.0.1")
	// gatewayNext is the router's next hop: one of the internet's own addresses, for which all its links answer.
	gatewayNext = address.HostUser
)

// gatewayName names the internet's end of a VPC's gateway; regions and VPCs share that namespace.
func gatewayName(vpcID, inner string) string {
	sum := sha256.Sum256([]byte(vpcID + inner))
	return "gw" + hex.EncodeToString(sum[:6])
}

// applyGateways attaches or detaches the internet gateway and the egress-only one, and routes the public addresses there. The
// internet sends what is for an IPv6 address to the internet gateway where there is one: the router itself tells replies from
// what is new, by whichever of its links they come.
func (v *vpc) applyGateways(spec VPC) error {
	var public, global []netip.Addr
	for _, i := range spec.Interfaces {
		for _, a := range i.addresses() {
			if a.Public.IsValid() {
				public = append(public, a.Public)
			}
		}
		if !i.NoInternet {
			global = append(global, i.IPv6...)
		}
	}
	var through, egress []netip.Addr
	if through = public; spec.Gateway {
		through = append(through, global...)
	} else {
		egress = global
	}
	if err := v.applyGateway(&v.gateway, gatewayLink, spec.Gateway, through); err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	if err := v.applyGateway(&v.egress, egressOnlyLink, spec.EgressOnly && v.ipv6, egress); err != nil {
		return fmt.Errorf("egress-only internet gateway: %w", err)
	}
	return nil
}

// applyGateway attaches or detaches one gateway, and routes addresses there.
func (v *vpc) applyGateway(at **gateway, inner string, attached bool, want []netip.Addr) error {
	if !attached {
		return v.dropGateway(at)
	}
	if *at == nil {
		if err := v.attach(at, inner); err != nil {
			return fmt.Errorf("attach: %w", err)
		}
	}
	g := *at
	if v.ipv6 && !g.ipv6 {
		if _, _, err := v.meet(g.name, inner); err != nil {
			return err
		}
		g.ipv6 = true
	}
	for a := range g.publics {
		if slices.Contains(want, a) {
			continue
		}
		if err := v.unroute(g, a); err != nil {
			return err
		}
	}
	for _, a := range want {
		if g.publics[a] {
			continue
		}
		if err := v.fabric.internet.RouteReplace(g.route(a)); err != nil {
			return fmt.Errorf("route public address %s: %w", a, err)
		}
		g.publics[a] = true
	}
	return nil
}

func (g *gateway) route(public netip.Addr) *netlink.Route {
	f := familyOf(public)
	return &netlink.Route{Dst: hostNet(public), LinkIndex: g.outside, Gw: ipOf(f.near),
		Flags: int(netlink.FLAG_ONLINK), Src: ipOf(f.user)}
}

func (v *vpc) unroute(g *gateway, public netip.Addr) error {
	err := v.fabric.internet.RouteDel(g.route(public))
	if err := ignoring(err, syscall.ESRCH); err != nil {
		return fmt.Errorf("delete route of public address %s: %w", public, err)
	}
	delete(g.publics, public)
	return nil
}

func (v *vpc) attach(at **gateway, inner string) error {
	g := &gateway{name: gatewayName(v.id, inner), publics: map[netip.Addr]bool{}}
	var err error
	if g.index, g.outside, err = v.linkToInternet(g.name, inner); err != nil {
		return err
	}
	*at = g
	return nil
}

// linkToInternet makes a veth from the router to the internet, and returns the indices of its ends.
func (v *vpc) linkToInternet(outer, inner string) (inside, outside int, err error) {
	v.await(outer)
	if err := v.addOuterLink(outer, inner); err != nil {
		return 0, 0, err
	}
	out, err := v.fabric.internet.LinkByName(outer)
	if err != nil {
		return 0, 0, fmt.Errorf("find link %s: %w", outer, err)
	}
	in, err := v.rtnl.LinkByName(inner)
	if err != nil {
		return 0, 0, fmt.Errorf("find link %s: %w", inner, err)
	}
	if err := v.rtnl.AddrReplace(in, &netlink.Addr{IPNet: hostNet(gatewayNear)}); err != nil {
		return 0, 0, fmt.Errorf("add address %s: %w", gatewayNear, err)
	}
	if err := errors.Join(v.rtnl.LinkSetUp(in), v.fabric.internet.LinkSetUp(out)); err != nil {
		return 0, 0, fmt.Errorf("set link %s up: %w", outer, err)
	}
	return in.Attrs().Index, out.Attrs().Index, awaitCarrier(v.rtnl, inner)
}

// addOuterLink makes the veth. If a link of that name exists, it belongs to a dead process, whose namespaces the kernel
// has not removed yet.
func (v *vpc) addOuterLink(outer, inner string) error {
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: outer}, PeerName: inner, PeerNamespace: netlink.NsFd(v.router.file.Fd())}
	err := v.fabric.internet.LinkAdd(veth)
	if errors.Is(err, syscall.EEXIST) {
		if err := deleteLink(v.fabric.internet, outer); err != nil {
			return err
		}
		err = v.fabric.internet.LinkAdd(veth)
	}
	if err != nil {
		return fmt.Errorf("add link %s: %w", outer, err)
	}
	return nil
}

// dropGateway detaches the gateway. Established connections through it are cut, since its routes are removed.
func (v *vpc) dropGateway(at **gateway) error {
	g := *at
	if g == nil {
		return nil
	}
	for _, a := range slices.Collect(maps.Keys(g.publics)) {
		if err := v.unroute(g, a); err != nil {
			return err
		}
	}
	for id, t := range v.tables {
		cut := maps.Clone(t.routes)
		for p, to := range cut {
			if to.link == g.index {
				cut[p] = hop{}
			}
		}
		if err := v.applyRoutes(t, cut); err != nil {
			return fmt.Errorf("route table %s: %w", id, err)
		}
	}
	v.deleteLater(v.fabric.internet, g.name, nil)
	*at = nil
	return nil
}
