package network_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/patience"
)

// transparentVPC has a transparent interface beside the others, of these groups.
func transparentVPC(groups ...string) network.VPC {
	spec := exampleVPC()
	spec.Interfaces = append(spec.Interfaces, network.Interface{ID: "eni-nlb", Address: addr("10.0.0.30"), Subnet: netip.MustParsePrefix("10.0.0.0/24"),
		Public: addr("198.51.100.30"), RouteTable: "rtb-public", Groups: groups, Transparent: true})
	for n := range spec.SecurityGroups {
		spec.SecurityGroups[n].Ingress = slices.Clone(spec.SecurityGroups[n].Ingress)
	}
	return spec
}

// dialAs connects from an address that is another's, and returns what the server says it saw.
func dialAs(t *testing.T, n *network.Namespace, source, to string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), refusal)
	defer cancel()
	c, err := n.DialAs(ctx, "tcp", netip.MustParseAddrPort(source), to)
	if err != nil {
		return "nothing"
	}
	defer func() { _ = c.Close() }()
	return line(t, c)
}

func line(t *testing.T, c net.Conn) string {
	t.Helper()
	_ = c.SetDeadline(patience.Deadline())
	b := make([]byte, 64)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// A target sees the client's address, wherever the client is, and its answers come back to the transparent interface.
func TestTransparentInterfaceSpeaksForItsClients(t *testing.T) {
	f := newFabric(t, transparentVPC("sg-front"))
	app, nlb := at(t, f, "app-a"), at(t, f, "nlb")
	serve(t, app, "8080")
	for _, client := range []string{"192.0.2.1:5000", "203.0.113.9:5000", "10.0.3.10:5000", "10.0.2.99:5000"} {
		if got := dialAs(t, nlb, client, "10.0.2.10:8080"); got != netip.MustParseAddrPort(client).Addr().String()+"\n" {
			t.Errorf("as %s: %q", client, got)
		}
	}
	if got := dialAs(t, at(t, f, "lb-a"), "192.0.2.1:5001", "10.0.2.10:8080"); got != "nothing" {
		t.Errorf("another interface speaks as a client: %q", got)
	}
	expect(t, nlb, "10.0.2.10:8080", "10.0.0.30") // as itself
	u, err := app.ListenPacket("udp", "10.0.2.10:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = u.Close() }()
	go func() {
		b := make([]byte, 64)
		for {
			_, from, err := u.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = u.WriteTo([]byte(from.String()), from)
		}
	}()
	open := transparentVPC()
	clients := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	open.SecurityGroups[1].Ingress = []network.Rule{{Protocol: "udp", FromPort: 8080, ToPort: 8080, Prefixes: clients}}
	apply(t, f, open)
	c, err := nlb.DialAs(t.Context(), "udp", netip.MustParseAddrPort("192.0.2.1:5000"), "10.0.2.10:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := line(t, c); got != "192.0.2.1:5000" {
		t.Errorf("by UDP the target saw %q", got)
	}
}

// Without groups everything passes at the interface; the targets' own groups judge by the client's address.
func TestTransparentInterfaceWithoutGroups(t *testing.T) {
	spec := transparentVPC()
	spec.SecurityGroups[1].Ingress = append(spec.SecurityGroups[1].Ingress,
		network.Rule{Protocol: "tcp", FromPort: 8080, ToPort: 8080, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	f := newFabric(t, spec)
	nlb := at(t, f, "nlb")
	serve(t, at(t, f, "app-a"), "8080")
	serve(t, nlb, "9999")
	expect(t, internet(t), "198.51.100.30:9999", "192.0.2.1")
	if got := dialAs(t, nlb, "192.0.2.1:5000", "10.0.2.10:8080"); got != "192.0.2.1\n" {
		t.Errorf("as a client that the target lets in: %q", got)
	}
	if got := dialAs(t, nlb, "203.0.113.9:5000", "10.0.2.10:8080"); got != "nothing" {
		t.Errorf("as a client that the target does not let in: %q", got)
	}
	before := look(t, nlb)
	apply(t, f, spec)
	if after := look(t, nlb); after != before {
		t.Errorf("applied again:\n%s\nbefore:\n%s", after, before)
	}
}

// dualTransparentVPC is dualStack with a transparent interface, whose address ends with 1e in both families.
func dualTransparentVPC(groups ...string) network.VPC {
	spec := dualStack()
	front := spec.Interfaces[0]
	a := front.IPv6[0].As16()
	a[15] = 30
	spec.Interfaces = append(spec.Interfaces, network.Interface{ID: "eni-nlb", Address: addr("10.0.0.30"), Subnet: front.Subnet, RouteTable: front.RouteTable,
		IPv6: []netip.Addr{netip.AddrFrom16(a)}, SubnetIPv6: front.SubnetIPv6, Groups: groups, Transparent: true})
	return spec
}

// So it is by IPv6, also if that comes to an interface that has spoken IPv4 before.
func TestTransparentInterfaceSpeaksIPv6ForItsClients(t *testing.T) {
	later := dualTransparentVPC("sg-front")
	before := dualTransparentVPC("sg-front")
	before.Interfaces[len(before.Interfaces)-1].IPv6 = nil
	f := newFabric(t, before)
	app, nlb := at(t, f, "app-a"), at(t, f, "nlb")
	serve(t, app, "8080")
	const target = "[2001:db8:100:2::a]:8080"
	if got := dialAs(t, nlb, "192.0.2.1:5000", "10.0.2.10:8080"); got != "192.0.2.1\n" {
		t.Errorf("by IPv4: %q", got)
	}
	apply(t, f, later)
	for _, client := range []string{"[2001:db8::77]:5000", "[2001:db8:100:3::77]:5000", "[2001:db8:100:2::99]:5000"} {
		if got := dialAs(t, nlb, client, target); got != netip.MustParseAddrPort(client).Addr().String()+"\n" {
			t.Errorf("as %s: %q", client, got)
		}
	}
	if got := dialAs(t, at(t, f, "lb-a"), "[2001:db8::77]:5001", target); got != "nothing" {
		t.Errorf("another interface speaks as a client: %q", got)
	}
	expect(t, nlb, target, "2001:db8:100::1e") // as itself
	serve(t, nlb, "80")
	expect(t, internet(t), "[2001:db8:100::1e]:80", address.HostUserIPv6.String())
	was := look(t, nlb)
	apply(t, f, later)
	if now := look(t, nlb); now != was {
		t.Errorf("applied again:\n%s\nbefore:\n%s", now, was)
	}

	open := dualTransparentVPC() // everything passes at the interface: the target's own groups judge by the client's address
	open.SecurityGroups[1].Ingress = append(slices.Clone(open.SecurityGroups[1].Ingress),
		network.Rule{Protocol: "tcp", FromPort: 8080, ToPort: 8080, Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8::77/128")}})
	apply(t, f, open)
	if got := dialAs(t, nlb, "[2001:db8::77]:5002", target); got != "2001:db8::77\n" {
		t.Errorf("as a client that the target lets in: %q", got)
	}
	if got := dialAs(t, nlb, "[2001:db8::78]:5002", target); got != "nothing" {
		t.Errorf("as a client that the target does not let in: %q", got)
	}
	gone := dualStack() // with its link, what led replies to it
	apply(t, f, gone)
	apply(t, f, later)
	if got := dialAs(t, at(t, f, "nlb"), "[2001:db8::77]:5003", target); got != "2001:db8::77\n" {
		t.Errorf("made anew: %q", got)
	}
}
