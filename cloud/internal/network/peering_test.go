package network_test

import (
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// peerVPC is a VPC 10.N.0.0/16 with one interface, N, of a group sg-N that lets all in at port 80 and members of sg-friends at 81.
func peerVPC(n string) network.VPC {
	cidr, subnet := netip.MustParsePrefix("10."+n+".0.0/16"), netip.MustParsePrefix("10."+n+".0.0/24")
	return network.VPC{
		ID: "vpc-" + n, CIDR: cidr,
		Interfaces: []network.Interface{{ID: "eni-" + n, Address: netip.MustParseAddr("10." + n + ".0.10"), Subnet: subnet,
			RouteTable: "rtb-" + n, Groups: []string{"sg-" + n}}},
		RouteTables: []network.RouteTable{{ID: "rtb-" + n}},
		SecurityGroups: []network.SecurityGroup{{ID: "sg-" + n,
			Egress: []network.Rule{{Protocol: "-1", Prefixes: []netip.Prefix{anywhere}}},
			Ingress: []network.Rule{
				{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: []netip.Prefix{anywhere}},
				{Protocol: "tcp", FromPort: 81, ToPort: 81, Groups: []string{"sg-friends"}},
			}}},
	}
}

// peered connects two VPCs and routes each one's whole range to the other.
func peered(id string, a, b *network.VPC) {
	for _, v := range [][2]*network.VPC{{a, b}, {b, a}} {
		own, peer := v[0], v[1]
		own.Peerings = append(own.Peerings, network.Peering{ID: id, Peer: peer.ID, CIDRs: []netip.Prefix{peer.CIDR}})
		own.RouteTables[0].Routes = append(own.RouteTables[0].Routes, network.Route{Destination: peer.CIDR, Peering: id})
	}
}

func TestPeersMeet(t *testing.T) {
	a, b, c := peerVPC("1"), peerVPC("2"), peerVPC("3")
	peered("pcx-12", &a, &b)
	peered("pcx-23", &b, &c)
	f := newFabric(t, a, b, c)
	for _, who := range []string{"1", "2", "3"} {
		serve(t, at(t, f, who), "80")
		serve(t, at(t, f, who), "82")
	}
	expect(t, at(t, f, "1"), "10.2.0.10:80", "10.1.0.10") // the private address stays
	expect(t, at(t, f, "2"), "10.1.0.10:80", "10.2.0.10")
	expect(t, at(t, f, "2"), "10.3.0.10:80", "10.2.0.10")
	expect(t, at(t, f, "1"), "10.2.0.10:82", "timeout") // the group's rules hold
	expect(t, internet(t), "10.2.0.10:80", "timeout")

	// What a peer is connected to is not reached through it, even with routes on both sides.
	a.RouteTables[0].Routes = append(a.RouteTables[0].Routes, network.Route{Destination: c.CIDR, Peering: "pcx-12"})
	c.RouteTables[0].Routes = append(c.RouteTables[0].Routes, network.Route{Destination: a.CIDR, Peering: "pcx-23"})
	apply(t, f, a, c)
	expect(t, at(t, f, "1"), "10.3.0.10:80", "timeout")
	expect(t, at(t, f, "1"), "10.2.0.10:80", "10.1.0.10")
}

func TestPeersRouterDoesNotAnswer(t *testing.T) {
	a, b := peerVPC("1"), peerVPC("2")
	peered("pcx-12", &a, &b)
	f := newFabric(t, a, b)
	r, err := f.Router(b.ID)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, r, "53")
	expect(t, at(t, f, "2"), "10.2.0.2:53", "10.2.0.10")
	expect(t, at(t, f, "1"), "10.2.0.2:53", "timeout")
}

func TestPeersGatewayIsNoWayOut(t *testing.T) {
	a, b := peerVPC("1"), peerVPC("2")
	b.Gateway, b.Interfaces[0].Public = true, netip.MustParseAddr("198.51.100.2")
	b.RouteTables[0].Routes = []network.Route{{Destination: anywhere}}
	peered("pcx-12", &a, &b)
	a.RouteTables[0].Routes = []network.Route{{Destination: anywhere, Peering: "pcx-12"}}
	f := newFabric(t, a, b)
	serve(t, internet(t), "8888")
	serve(t, at(t, f, "2"), "80")
	expect(t, at(t, f, "1"), "10.2.0.10:80", "10.1.0.10")
	expect(t, at(t, f, "2"), "192.0.2.1:8888", "198.51.100.2")
	expect(t, at(t, f, "1"), "198.51.100.2:80", "timeout")
}

// Of two peers with the same addresses, the members of the group that a rule names are those of its own.
func TestPeersGroupIsNamed(t *testing.T) {
	a, b, c := peerVPC("1"), peerVPC("2"), peerVPC("1")
	c.ID, c.Interfaces[0].ID = "vpc-other", "eni-other"
	peered("pcx-12", &a, &b)
	peered("pcx-c2", &c, &b)
	b.Peerings[0].Groups = []network.PeerGroup{{ID: "sg-friends", Members: []netip.Addr{a.Interfaces[0].Address}}}
	b.RouteTables[0].Routes = b.RouteTables[0].Routes[:1]
	f := newFabric(t, a, b, c)
	serve(t, at(t, f, "2"), "81")
	expect(t, at(t, f, "1"), "10.2.0.10:81", "10.1.0.10")

	b.RouteTables[0].Routes = []network.Route{{Destination: c.CIDR, Peering: "pcx-c2"}}
	apply(t, f, b)
	expect(t, at(t, f, "other"), "10.2.0.10:81", "timeout") // by its address it would be a friend
	b.Peerings = slices.Clone(b.Peerings)
	b.Peerings[1].Groups, b.Peerings[0].Groups = b.Peerings[0].Groups, nil
	apply(t, f, b)
	expect(t, at(t, f, "other"), "10.2.0.10:81", "10.1.0.10")
}

func TestSpoofedPeerIsDropped(t *testing.T) {
	ip := judge.Need(t, "ip")
	a, b := peerVPC("1"), peerVPC("2")
	a.Interfaces[0].Forwards = true // so that its own router lets any source pass
	b.SecurityGroups[0].Ingress = []network.Rule{{Protocol: "udp", FromPort: 80, ToPort: 80, Prefixes: []netip.Prefix{anywhere}}}
	peered("pcx-12", &a, &b)
	f := newFabric(t, a, b)
	to, err := at(t, f, "2").ListenPacket("udp", "10.2.0.10:80")
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	from := at(t, f, "1")
	if err := from.Do(func() error { return exec.Command(ip, "addr", "add", "10.9.0.10/32", "dev", "lo").Run() }); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"10.9.0.10", "10.1.0.10"} { // packets of one path arrive in their order
		c, err := from.DialFrom(t.Context(), "udp", netip.MustParseAddr(source), "10.2.0.10:80")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(source)); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	to.SetDeadline(patience.Deadline())
	got := make([]byte, 32)
	n, _, err := to.ReadFrom(got)
	if err != nil || string(got[:n]) != "10.1.0.10" {
		t.Errorf("first came %q, %v", got[:n], err)
	}
}

// Each region has a process of its own, and so a fabric.
func TestPeersOfTwoRegions(t *testing.T) {
	a, b := peerVPC("1"), peerVPC("2")
	peered("pcx-12", &a, &b)
	east := newFabric(t, a)
	serve(t, at(t, east, "1"), "80")
	expect(t, at(t, east, "1"), "10.2.0.10:80", "timeout") // the other region is not there yet
	for range 2 {
		west, err := network.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, west, b)
		serve(t, at(t, west, "2"), "80")
		expect(t, at(t, east, "1"), "10.2.0.10:80", "10.1.0.10")
		expect(t, at(t, west, "2"), "10.1.0.10:80", "10.2.0.10")
		if err := west.Close(); err != nil { // it is lost, and returns
			t.Fatal(err)
		}
		expect(t, at(t, east, "1"), "10.2.0.10:80", "timeout")
	}
}

func TestPeeringDeleted(t *testing.T) {
	a, b := peerVPC("1"), peerVPC("2")
	peered("pcx-12", &a, &b)
	f := newFabric(t, a, b)
	serve(t, at(t, f, "2"), "80")
	for range 2 {
		expect(t, at(t, f, "1"), "10.2.0.10:80", "10.1.0.10")
		gone := a
		gone.Peerings = nil
		apply(t, f, gone)
		expect(t, at(t, f, "1"), "10.2.0.10:80", "timeout")
		apply(t, f, a)
	}
	if err := f.Remove(a.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(b.ID); err != nil {
		t.Fatal(err)
	}
	rules, err := exec.Command(judge.Need(t, "ip"), "rule").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(rules), "px") {
		t.Errorf("the internet keeps rules of peering connections:\n%s", rules)
	}
}
