package network_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// natVPC is the example with a NAT gateway in the first public subnet, which the private subnets' default route leads to.
func natVPC() network.VPC {
	spec := exampleVPC()
	spec.Interfaces = append(spec.Interfaces, network.Interface{
		ID: "eni-nat", Address: netip.MustParseAddr("10.0.0.30"), Subnet: netip.MustParsePrefix("10.0.0.0/24"),
		Public: netip.MustParseAddr("198.51.100.30"), RouteTable: "rtb-public",
		NAT: &network.NAT{Idle: time.Hour, Sources: []netip.Addr{netip.MustParseAddr("10.0.0.30")}},
	})
	spec.RouteTables[1].Routes = []network.Route{{Destination: anywhere, Interface: "eni-nat"}}
	return spec
}

// asks sends a datagram from a namespace and returns the source address that the answer tells.
func asks(t *testing.T, from *network.Namespace, to string) string {
	t.Helper()
	c, err := from.DialContext(t.Context(), "udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(patience.Deadline())
	answer := make([]byte, 64)
	if _, err := c.Write([]byte("who?")); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}

// answers tells each datagram the address that it came from.
func answers(t *testing.T, n *network.Namespace, at string) {
	t.Helper()
	c, err := n.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 64)
		for {
			_, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo([]byte(from.(*net.UDPAddr).IP.String()), from)
		}
	}()
}

func TestNATGatewayLetsOutAndNothingIn(t *testing.T) {
	spec := natVPC()
	f := newFabric(t, spec)
	out := internet(t)
	serve(t, out, "8888")
	answers(t, out, "192.0.2.1:53")
	serve(t, at(t, f, "lb-a"), "80")
	for _, who := range []string{"app-a", "nat"} {
		serve(t, at(t, f, who), "80")
		serve(t, at(t, f, who), "8080")
	}
	app := at(t, f, "app-a")
	expect(t, app, "192.0.2.1:8888", "198.51.100.30")
	expect(t, at(t, f, "app-b"), "192.0.2.1:8888", "198.51.100.30") // of another subnet
	expect(t, app, "198.51.100.10:80", "198.51.100.30")             // out and in again
	if got := asks(t, app, "192.0.2.1:53"); got != "198.51.100.30" {
		t.Errorf("a datagram comes from %s", got)
	}
	expect(t, at(t, f, "host-a"), "192.0.2.1:8888", "198.51.100.20") // the internet gateway's route is as before
	expect(t, at(t, f, "lb-a"), "10.0.2.10:8080", "10.0.0.10")       // the local one too

	for _, to := range []string{"198.51.100.30:80", "198.51.100.30:8080", "10.0.2.10:8080"} {
		expect(t, out, to, "timeout")
	}
	expect(t, app, "10.0.0.30:8080", "timeout") // it serves nobody

	spec.RouteTables[1].Routes[0].Blackhole = true
	apply(t, f, spec)
	expect(t, app, "192.0.2.1:8888", "timeout")
	spec.RouteTables[1].Routes[0].Blackhole = false
	apply(t, f, spec)
	expect(t, app, "192.0.2.1:8888", "198.51.100.30")
}

// What a NAT gateway sends is routed and judged as its own: by the table and the ACL of its subnet, and by its public address.
func TestNATGatewayIsUnderItsSubnet(t *testing.T) {
	own := netip.MustParsePrefix("10.0.0.0/24")
	all := []network.ACLRule{allowAll}
	for name, c := range map[string]struct {
		change func(*network.VPC)
		want   string
	}{
		"no route to the gateway": {func(s *network.VPC) { s.RouteTables[0].Routes = nil }, "timeout"},
		"no internet gateway":     {func(s *network.VPC) { s.Gateway = false }, "timeout"},
		"no public address":       {func(s *network.VPC) { s.Interfaces[len(s.Interfaces)-1].Public = netip.Addr{} }, "timeout"},
		"no group lets out":       {func(s *network.VPC) { s.SecurityGroups[1].Egress = nil }, "timeout"},
		"its ACL lets replies in": {func(s *network.VPC) {
			guard(s, own, network.NetworkACL{Ingress: []network.ACLRule{tcp(true, 8888, 8888, "10.0.2.0/24"), tcp(true, 1024, 65535, "192.0.2.0/24")}, Egress: all})
		}, "198.51.100.30"},
		"its ACL lets no replies in": {func(s *network.VPC) {
			guard(s, own, network.NetworkACL{Ingress: []network.ACLRule{tcp(true, 8888, 8888, "10.0.2.0/24")}, Egress: all})
		}, "timeout"},
		"its ACL does not let it be reached": {func(s *network.VPC) {
			guard(s, own, network.NetworkACL{Ingress: []network.ACLRule{tcp(true, 1024, 65535, "192.0.2.0/24")}, Egress: all})
		}, "timeout"},
		"the other subnet's ACL lets nothing out": {func(s *network.VPC) {
			guard(s, netip.MustParsePrefix("10.0.2.0/24"), network.NetworkACL{Ingress: all})
		}, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := natVPC()
			c.change(&spec)
			f := newFabric(t, spec)
			serve(t, internet(t), "8888")
			expect(t, at(t, f, "app-a"), "192.0.2.1:8888", c.want)
		})
	}
}

// guard puts a subnet under an ACL.
func guard(spec *network.VPC, subnet netip.Prefix, acl network.NetworkACL) {
	acl.ID = "acl-own"
	spec.NetworkACLs = []network.NetworkACL{acl}
	for n, i := range spec.Interfaces {
		if i.Subnet == subnet {
			spec.Interfaces[n].NetworkACL = acl.ID
		}
	}
}

// Connections are spread over the gateway's addresses; from one that drains none begins, and those that it has go on.
func TestNATGatewaySpreadsConnections(t *testing.T) {
	spec := natVPC()
	nat := &spec.Interfaces[len(spec.Interfaces)-1]
	second := network.Address{Private: netip.MustParseAddr("10.0.0.31"), Public: netip.MustParseAddr("198.51.100.31")}
	nat.Secondary = []network.Address{second}
	first := nat.NAT.Sources
	nat.NAT = &network.NAT{Idle: time.Hour, Sources: append(first, second.Private)}
	f := newFabric(t, spec)
	out, app := internet(t), at(t, f, "app-a")
	serve(t, out, "8888")
	held := map[string]net.Conn{} // by the address that it goes on from
	for n := 0; len(held) < 2; n++ {
		if n == 200 { // by chance once in 2^199 runs
			t.Fatalf("all of %d connections go on from the same address: %v", n, held)
		}
		c, err := app.DialContext(t.Context(), "tcp", "192.0.2.1:8888")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(patience.Deadline())
		b := make([]byte, len("198.51.100.30\n"))
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatal(err)
		}
		held[strings.TrimSpace(string(b))] = c
	}
	goesOn := func() {
		t.Helper()
		for from, c := range held {
			b := []byte("x")
			if _, err := c.Write(b); err != nil {
				t.Fatalf("from %s: %v", from, err)
			}
			if _, err := io.ReadFull(c, b); err != nil {
				t.Fatalf("from %s: %v", from, err)
			}
		}
	}
	goesOn()
	nat.NAT = &network.NAT{Idle: time.Hour, Sources: first}
	apply(t, f, spec)
	goesOn()
	for range 20 {
		expect(t, app, "192.0.2.1:8888", "198.51.100.30")
	}
	nat.Secondary = nil
	apply(t, f, spec)
	expect(t, app, "192.0.2.1:8888", "198.51.100.30")
	delete(held, second.Public.String())
	goesOn()
}

func TestNATGatewayTranslatesPing(t *testing.T) {
	python := judge.Need(t, "/usr/bin/python3")
	f := newFabric(t, natVPC())
	cmd := exec.Command(python, "-c", ping, "192.0.2.1")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := at(t, f, "app-a").Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || strings.TrimSpace(said.String()) != "answered" {
		t.Errorf("ping says %q, %v", said.String(), err)
	}
	cmd = exec.Command(python, "-c", ping, "198.51.100.30", "150")
	if answer, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(answer)) != "silent" {
		t.Errorf("a ping of the gateway itself says %q, %v", answer, err)
	}
}

// A connection that was silent for too long is reset when the inside uses it again, while another goes on.
func TestNATGatewayResetsIdleConnections(t *testing.T) {
	spec := natVPC()
	spec.Interfaces[len(spec.Interfaces)-1].NAT.Idle = time.Second
	f := newFabric(t, spec)
	serve(t, internet(t), "8888")
	c, err := at(t, f, "app-a").DialContext(t.Context(), "tcp", "192.0.2.1:8888")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := make([]byte, len("198.51.100.30\n"))
	c.SetDeadline(patience.Deadline())
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	for err == nil { // the kernel's clock decides when a second has passed
		time.Sleep(1500 * time.Millisecond)
		if _, err = c.Write([]byte("x")); err == nil {
			_, err = io.ReadFull(c, b[:1])
		}
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v, want a reset", err)
	}
	expect(t, at(t, f, "app-a"), "192.0.2.1:8888", "198.51.100.30")
}

// A private NAT gateway leads where its subnet's table leads, here to an instance that routes.
func TestPrivateNATGatewayLeadsToARouter(t *testing.T) {
	spec := natVPC()
	elsewhere := netip.MustParsePrefix("172.20.0.0/16")
	spec.Interfaces[len(spec.Interfaces)-1].Public = netip.Addr{}
	spec.RouteTables[0].Routes = append(spec.RouteTables[0].Routes, network.Route{Destination: elsewhere, Interface: "eni-host-a"})
	spec.SecurityGroups[1].Ingress = []network.Rule{{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.30/32")}}}
	router := &spec.Interfaces[2]
	router.Forwards = true
	f := newFabric(t, spec)
	run(t, at(t, f, "host-a"), "ip addr add 172.20.0.5/32 dev lo")
	serve(t, at(t, f, "host-a"), "80")
	expect(t, at(t, f, "app-a"), "172.20.0.5:80", "10.0.0.30")
	router.Forwards = false
	apply(t, f, spec)
	expect(t, at(t, f, "app-a"), "172.20.0.5:80", "timeout")
}

// An instance whose check of source and destination is off routes, under its own groups.
func TestInstanceForwards(t *testing.T) {
	spec := exampleVPC()
	elsewhere := netip.MustParsePrefix("172.20.0.0/16")
	spec.RouteTables[1].Routes = []network.Route{{Destination: anywhere, Interface: "eni-host-a"}}
	spec.RouteTables[0].Routes = append(spec.RouteTables[0].Routes, network.Route{Destination: elsewhere, Interface: "eni-lb-b"})
	from := []netip.Prefix{netip.MustParsePrefix("10.0.2.0/24")}
	spec.SecurityGroups[1].Ingress = append(spec.SecurityGroups[1].Ingress, network.Rule{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: from})
	router, end := &spec.Interfaces[2], &spec.Interfaces[1]
	router.Forwards, end.Forwards = true, true
	f := newFabric(t, spec)
	run(t, at(t, f, "lb-b"), "ip addr add 172.20.0.5/32 dev lo")
	for _, port := range []string{"80", "81", "8080"} {
		serve(t, at(t, f, "lb-b"), port)
	}
	serve(t, internet(t), "80")
	app := at(t, f, "app-a")
	expect(t, app, "172.20.0.5:80", "10.0.2.10")
	expect(t, app, "172.20.0.5:81", "timeout")               // the router's group
	expect(t, app, "172.20.0.5:8080", "timeout")             // the other's
	expect(t, at(t, f, "app-b"), "172.20.0.5:80", "timeout") // the router's group again
	expect(t, app, "192.0.2.1:80", "timeout")                // forwarded to the internet gateway, where it is nobody's
	router.Forwards = false
	apply(t, f, spec)
	expect(t, app, "172.20.0.5:80", "timeout")
	router.Forwards = true
	apply(t, f, spec)
	expect(t, app, "172.20.0.5:80", "10.0.2.10")
}

// A route of a subnet's range, or of the whole VPC's, goes before the local route for what leaves a subnet, and for nothing else.
func TestRoutesBeforeTheLocalOne(t *testing.T) {
	spec := exampleVPC()
	over := func(ranges ...string) (routes []network.Route) {
		for _, r := range ranges {
			routes = append(routes, network.Route{Destination: netip.MustParsePrefix(r), Interface: "eni-host-a", Within: true})
		}
		return routes
	}
	from := []netip.Prefix{netip.MustParsePrefix("10.0.2.0/24")}
	spec.SecurityGroups[1].Ingress = append(spec.SecurityGroups[1].Ingress, network.Rule{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: from})
	middlebox := &spec.Interfaces[2]
	f := newFabric(t, spec)
	app, neighbour := at(t, f, "app-a"), at(t, f, "host-b") // under the private table
	serve(t, at(t, f, "app-b"), "80")
	serve(t, at(t, f, "lb-b"), "80")
	expect(t, app, "10.0.3.10:80", "10.0.2.10")
	for _, c := range []struct {
		routes   []network.Route
		forwards bool
		want     string
	}{
		{over("10.0.2.0/24", "10.0.3.0/24", "10.0.1.0/24"), true, "10.0.2.10"},
		{over("10.0.2.0/24", "10.0.3.0/24", "10.0.1.0/24"), false, "timeout"},
		{over("10.0.0.0/16"), false, "timeout"},
		{over("10.0.0.0/16"), true, "10.0.2.10"},
		{over("10.0.9.0/24"), false, "10.0.2.10"},
		{nil, false, "10.0.2.10"},
	} {
		spec.RouteTables[1].Routes, middlebox.Forwards = c.routes, c.forwards
		apply(t, f, spec)
		expect(t, app, "10.0.3.10:80", c.want)
		expect(t, neighbour, "10.0.1.10:80", "10.0.1.20") // within its subnet
	}
	spec.RouteTables[1].Routes = over("10.0.3.0/24")
	apply(t, f, spec)
	spec.Interfaces = append(spec.Interfaces[:4:4], spec.Interfaces[5]) // without app-a, whose rules go with it
	apply(t, f, spec)
}

// run runs a command of the host inside a namespace.
func run(t *testing.T, n *network.Namespace, line string) {
	t.Helper()
	args := strings.Fields(line)
	cmd := exec.Command(judge.Need(t, args[0]), args[1:]...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := n.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, said.String())
	}
}

func TestNATGatewaysOfTwoVPCsDoNotMeet(t *testing.T) {
	a, b := natVPC(), exampleVPC()
	b.ID, b.CIDR = "vpc-b", netip.MustParsePrefix("10.1.0.0/16")
	b.Interfaces = []network.Interface{{ID: "eni-other", Address: netip.MustParseAddr("10.1.0.10"),
		Subnet: netip.MustParsePrefix("10.1.0.0/24"), Public: netip.MustParseAddr("198.51.100.50"), RouteTable: "rtb-public", Groups: []string{"sg-front"}}}
	f := newFabric(t, a, b)
	serve(t, at(t, f, "other"), "80")
	expect(t, at(t, f, "app-a"), "10.1.0.10:80", "timeout")
	expect(t, at(t, f, "app-a"), "198.51.100.50:80", "198.51.100.30")
	a.Interfaces = a.Interfaces[:len(a.Interfaces)-1] // the gateway is deleted, and its route a black hole
	a.RouteTables[1].Routes = []network.Route{{Destination: anywhere, Blackhole: true}}
	apply(t, f, a)
	expect(t, at(t, f, "app-a"), "198.51.100.50:80", "timeout")
	apply(t, f, natVPC())
	expect(t, at(t, f, "app-a"), "198.51.100.50:80", "198.51.100.30")
}
