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
	publics map[netip.Addr]bool
}

var (
	// gatewayNear is the router's address on the link, the internet's next hop to its public addresses.
	gatewayNear = netip.MustParseAddr("169.254.0.1")
	// gatewayNext is the router's next hop: one of the internet's own addresses, for which all its links answer.
	gatewayNext = address.HostUser
)

// gatewayName names the internet's end of a VPC's gateway; regions and VPCs share that namespace.
func gatewayName(vpcID string) string {
	sum := sha256.Sum256([]byte(vpcID))
	return "gw" + hex.EncodeToString(sum[:6])
}

// applyGateway attaches or detaches the gateway, and routes the public addresses there.
func (v *vpc) applyGateway(spec VPC) error {
	if !spec.Gateway {
		return v.dropGateway()
	}
	if v.gateway == nil {
		if err := v.attach(); err != nil {
			return fmt.Errorf("attach internet gateway: %w", err)
		}
	}
	want := map[netip.Addr]bool{}
	for _, i := range spec.Interfaces {
		for _, a := range i.addresses() {
			if a.Public.IsValid() {
				want[a.Public] = true
			}
		}
	}
	for a := range v.gateway.publics {
		if want[a] {
			continue
		}
		if err := v.unroute(a); err != nil {
			return err
		}
	}
	for a := range want {
		if v.gateway.publics[a] {
			continue
		}
		if err := v.fabric.internet.RouteReplace(v.gateway.route(a)); err != nil {
			return fmt.Errorf("route public address %s: %w", a, err)
		}
		v.gateway.publics[a] = true
	}
	return nil
}

func (g *gateway) route(public netip.Addr) *netlink.Route {
	return &netlink.Route{Dst: hostNet(public), LinkIndex: g.outside, Gw: ipOf(gatewayNear),
		Flags: int(netlink.FLAG_ONLINK), Src: ipOf(address.HostUser)}
}

func (v *vpc) unroute(public netip.Addr) error {
	err := v.fabric.internet.RouteDel(v.gateway.route(public))
	if err := ignoring(err, syscall.ESRCH); err != nil {
		return fmt.Errorf("delete route of public address %s: %w", public, err)
	}
	delete(v.gateway.publics, public)
	return nil
}

func (v *vpc) attach() error {
	g := &gateway{name: gatewayName(v.id), publics: map[netip.Addr]bool{}}
	var err error
	if g.index, g.outside, err = v.linkToInternet(g.name, gatewayLink); err != nil {
		return err
	}
	v.gateway = g
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
func (v *vpc) dropGateway() error {
	if v.gateway == nil {
		return nil
	}
	for _, a := range slices.Collect(maps.Keys(v.gateway.publics)) {
		if err := v.unroute(a); err != nil {
			return err
		}
	}
	for id, t := range v.tables {
		cut := maps.Clone(t.routes)
		for p, to := range cut {
			if to.link == v.gateway.index {
				cut[p] = hop{}
			}
		}
		if err := v.applyRoutes(t, cut); err != nil {
			return fmt.Errorf("route table %s: %w", id, err)
		}
	}
	v.deleteLater(v.fabric.internet, v.gateway.name, nil)
	v.gateway = nil
	return nil
}
