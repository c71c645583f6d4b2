package network_test

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/judge"
)

// dualStack is the example with IPv6: its public subnets lead to the internet gateway, its private ones to an egress-only one. The
// first host of each subnet has the address ::a of the subnet's range, the second ::14.
func dualStack() network.VPC {
	spec := twoDevices()
	block := address.BlockIPv6(1, 0)
	spec.IPv6, spec.EgressOnly = []netip.Prefix{block}, true
	for n, i := range spec.Interfaces {
		a := block.Addr().As16()
		a[7] = i.Subnet.Addr().As4()[2]
		spec.Interfaces[n].SubnetIPv6 = netip.PrefixFrom(netip.AddrFrom16(a), 64)
		a[15] = i.Address.As4()[3]
		spec.Interfaces[n].IPv6 = []netip.Addr{netip.AddrFrom16(a)}
	}
	spec.RouteTables[0].Routes = append(spec.RouteTables[0].Routes, network.Route{Destination: anywhereIPv6})
	spec.RouteTables[1].Routes = []network.Route{{Destination: anywhereIPv6, EgressOnly: true}}
	all := network.Rule{Protocol: "-1", Prefixes: []netip.Prefix{anywhereIPv6}}
	echo := network.Rule{Protocol: "icmpv6", FromPort: 128, ToPort: -1, Prefixes: all.Prefixes}
	for n := range spec.SecurityGroups {
		spec.SecurityGroups[n].Egress = append(spec.SecurityGroups[n].Egress, all)
	}
	front := &spec.SecurityGroups[0]
	front.Ingress = append(front.Ingress, echo, network.Rule{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: all.Prefixes})
	return spec
}

// The VPC is there before its IPv6, which comes to namespaces that are in use, and goes again.
func TestPathsOfIPv6(t *testing.T) {
	f := newFabric(t, twoDevices())
	places := map[string]*network.Namespace{}
	for _, who := range []string{"lb-a", "host-a", "host-b", "app-a", "app-b"} {
		places[who] = at(t, f, who)
		serve(t, places[who], "80")
		serve(t, places[who], "8080")
	}
	out := internet(t)
	serve(t, out, "8888")
	apply(t, f, dualStack())
	user := address.HostUserIPv6.String()
	const host = "[2001:db8::1]:8888"

	expect(t, out, "[2001:db8:100::a]:80", user)
	checker := address.CheckerIPv6(63).String()
	if got := from(t, out, checker, "[2001:db8:100::a]:80"); got != checker {
		t.Errorf("from a health checker's address: the server saw %s", got)
	}
	expect(t, out, "[2001:db8:100::a]:8080", "timeout")           // no rule
	expect(t, out, "[2001:db8:100::14]:8080", "timeout")          // allowed to a group only
	expect(t, out, "[2001:db8:100:1::14]:80", "timeout")          // the group allows it, and the reply leads to the egress-only gateway
	expect(t, out, "[2001:db8:100::99]:80", "timeout")            // nobody's
	expect(t, out, "198.51.100.10:80", address.HostUser.String()) // as before
	expect(t, places["lb-a"], "[2001:db8:100:2::a]:8080", "2001:db8:100::a")
	expect(t, places["lb-a"], "[2001:db8:100:2::a]:80", "timeout")
	expect(t, places["app-b"], "[2001:db8:100:2::a]:8080", "timeout") // not a member of the group
	expect(t, places["lb-a"], "[2001:db8:100:9::9]:80", "timeout")    // nobody's
	expect(t, places["host-a"], host, "2001:db8:100::14")             // not translated
	expect(t, places["app-a"], host, "2001:db8:100:2::a")             // by the egress-only gateway
	expect(t, out, "[2001:db8:100:3::14]:80", user)                   // of a second interface, which answers by it
	if got := from(t, places["host-a"], "2001:db8:100:3::14", host); got != "2001:db8:100:3::14" {
		t.Errorf("from the second interface: the server saw %s", got)
	}
	if said := pinged(t, out, "2001:db8:100::a"); said != "answered" {
		t.Errorf("ping says %q", said)
	}
	if said := pinged(t, out, "2001:db8:100::14"); said != "silent" {
		t.Errorf("ping of what has no rule for it says %q", said)
	}

	closed := dualStack() // to the internet alone
	closed.Interfaces[0].NoInternet = true
	apply(t, f, closed)
	expect(t, out, "[2001:db8:100::a]:80", "timeout")
	expect(t, places["host-a"], "[2001:db8:100::a]:80", "2001:db8:100::14")
	apply(t, f, dualStack())
	expect(t, out, "[2001:db8:100::a]:80", user)

	without := dualStack() // an internet gateway: the egress-only one remains
	without.Gateway = false
	apply(t, f, without)
	expect(t, out, "[2001:db8:100::a]:80", "timeout")
	expect(t, places["lb-a"], host, "timeout")
	expect(t, places["app-a"], host, "2001:db8:100:2::a")

	moved := dualStack() // of addresses: host-a's is app-b's now, and the VPC has no egress-only gateway any more
	moved.EgressOnly = false
	moved.Interfaces[2].IPv6, moved.Interfaces[0].IPv6 = nil, append(moved.Interfaces[0].IPv6, moved.Interfaces[2].IPv6...)
	apply(t, f, moved)
	expect(t, out, "[2001:db8:100::14]:80", user)
	expect(t, places["lb-a"], host, "2001:db8:100::a")
	expect(t, places["app-a"], host, "timeout")

	apply(t, f, twoDevices())
	expect(t, out, "[2001:db8:100::a]:80", "timeout")
	expect(t, out, "198.51.100.10:80", address.HostUser.String())
}

// pinged sends an ICMPv6 echo request (RFC 4443) from a namespace.
func pinged(t *testing.T, n *network.Namespace, to string) string {
	t.Helper()
	cmd := exec.Command(judge.Need(t, "/usr/bin/python3"), "-c", `
import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.settimeout(float(sys.argv[2]))
s.connect((sys.argv[1], 0))
s.send(struct.pack("!BBHHH", 128, 0, 0, 7, 1))
try:
    while s.recv(2048)[0] != 129: pass
    print("answered")
except TimeoutError:
    print("silent")
`, to, "60")
	if strings.HasSuffix(to, "::14") { // what must not come
		cmd.Args[len(cmd.Args)-1] = "0.15"
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := n.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ping: %v", err)
	}
	return strings.TrimSpace(said.String())
}

// An ACL judges replies of IPv6 by its entries of IPv6 alone.
func TestNetworkACLJudgesIPv6(t *testing.T) {
	spec := dualStack()
	all := network.ACLRule{Allow: true, Protocol: "-1", Prefix: anywhereIPv6}
	spec.NetworkACLs = []network.NetworkACL{
		{ID: "acl-own", Ingress: []network.ACLRule{allowAll, tcp(true, 80, 80, "::/0")}, Egress: []network.ACLRule{allowAll, all}},
	}
	for n, i := range spec.Interfaces {
		if i.Subnet == netip.MustParsePrefix("10.0.0.0/24") {
			spec.Interfaces[n].NetworkACL = "acl-own"
		}
	}
	f := newFabric(t, spec)
	serve(t, at(t, f, "lb-a"), "80")
	serve(t, internet(t), "8888")
	expect(t, internet(t), "[2001:db8:100::a]:80", address.HostUserIPv6.String())
	expect(t, at(t, f, "lb-a"), "[2001:db8::1]:8888", "timeout") // the reply is to an ephemeral port
	expect(t, at(t, f, "lb-a"), "192.0.2.1:8888", "198.51.100.10")
	spec.NetworkACLs[0].Egress = []network.ACLRule{allowAll, tcp(true, 80, 80, "::/0")}
	apply(t, f, spec)
	expect(t, internet(t), "[2001:db8:100::a]:80", "timeout")
}

// Applying IPv6 again changes nothing, and the fabric makes no address of its own.
func TestApplyIPv6AgainChangesNothing(t *testing.T) {
	f := newFabric(t, dualStack())
	r, err := f.Router("vpc-a")
	if err != nil {
		t.Fatal(err)
	}
	before := look(t, r)
	for _, want := range []string{"table ip6 vpc", "eigw", "ip6 saddr", "icmpv6 type"} {
		if !strings.Contains(before, want) {
			t.Errorf("nft does not list %q:\n%s", want, before)
		}
	}
	if strings.Contains(before, "tentative") || strings.Contains(before, "local fe80:") {
		t.Errorf("the router has link-local addresses:\n%s", before)
	}
	apply(t, f, dualStack())
	if after := look(t, r); after != before {
		t.Errorf("was:\n%s\nis:\n%s", before, after)
	}
}
