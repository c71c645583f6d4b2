package balancer

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/patience"
)

// byIPv4 and byIPv6 are where clients reach the node of a dual-stack site.
const byIPv4, byIPv6 = "198.51.100.10:80", "[2001:db8:100::10]:80"

// newDualStackSite is a flowSite whose interfaces have IPv6 addresses, too, with the same last number in decimal digits.
func newDualStackSite(t *testing.T) *flowSite {
	t.Helper()
	if err := network.IPv6(); err != nil {
		t.Skip(err)
	}
	s := newFlowSite(t, func(spec *network.VPC) {
		all := network.Rule{Protocol: "-1", Prefixes: []netip.Prefix{netip.MustParsePrefix("::/0")}}
		spec.IPv6 = []netip.Prefix{netip.MustParsePrefix("2001:db8:100::/56")}
		spec.RouteTables[0].Routes = append(spec.RouteTables[0].Routes, network.Route{Destination: all.Prefixes[0]})
		for n := range spec.SecurityGroups {
			spec.SecurityGroups[n].Egress = append(spec.SecurityGroups[n].Egress, all)
			spec.SecurityGroups[n].Ingress = append(spec.SecurityGroups[n].Ingress, all)
		}
		for n, i := range spec.Interfaces {
			last := i.Address.String()[strings.LastIndexByte(i.Address.String(), '.')+1:]
			spec.Interfaces[n].IPv6 = []netip.Addr{netip.MustParseAddr("2001:db8:100::" + last)}
			spec.Interfaces[n].SubnetIPv6 = netip.MustParsePrefix("2001:db8:100::/64")
		}
	})
	s.ipv6 = netip.MustParseAddr("2001:db8:100::10")
	return s
}

// Of its own family a target sees the client, and of the other one the node
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation).
func TestFlowsOfBothFamilies(t *testing.T) {
	s := newDualStackSite(t)
	for _, c := range []struct{ target, by, saw string }{
		{"10.0.0.20:8080", byIPv4, ""}, {"10.0.0.20:8080", byIPv6, "10.0.0.10:"},
		{"[2001:db8:100::20]:8081", byIPv6, ""}, {"[2001:db8:100::20]:8081", byIPv4, "[2001:db8:100::10]:"},
	} {
		t.Run(c.by+" to "+c.target, func(t *testing.T) {
			s.t = t
			a := s.tells("eni-a", c.target, nil)
			s.configure(Listener{Flow: &Flow{Protocol: TCP}}, FlowGroup{PreserveClient: true}, a)
			s.awaitHealthy(a)
			client := dialTo(t, "tcp", c.by)
			want := c.saw
			if want == "" {
				want = client.LocalAddr().String() + "\n"
			}
			if got := read(t, client); !strings.HasPrefix(got, want) {
				t.Errorf("the target saw %q, not %q", got, want)
			}
			_, _ = io.WriteString(client, "hello")
			if got := read(t, client); got != "hello" {
				t.Errorf("%q came back", got)
			}
		})
	}
}

// Datagrams too; with a prefix for source NAT, each client of IPv4 has an address of its own at a target of IPv6.
func TestDatagramsOfBothFamilies(t *testing.T) {
	s := newDualStackSite(t)
	four, six := s.tells("eni-a", "10.0.0.20:8080", nil), s.tells("eni-a", "[2001:db8:100::20]:8080", nil) // for the checks
	s.echoes("eni-a", "10.0.0.20:8080")
	s.echoes("eni-a", "[2001:db8:100::20]:8080")
	prefix := netip.MustParsePrefix("2001:db8:100:0:7::/80")
	itself := func(c net.Conn) string { return c.LocalAddr().String() + " " }
	for _, c := range []struct {
		name, by  string
		target    Target
		sourceNAT netip.Prefix
		want      func(net.Conn) string
	}{
		{"IPv4 to IPv4", byIPv4, four, prefix, itself},
		{"IPv6 to IPv6", byIPv6, six, prefix, itself},
		{"IPv6 to IPv4", byIPv6, four, prefix, func(net.Conn) string { return "10.0.0.10:" }},
		{"IPv4 to IPv6", byIPv4, six, netip.Prefix{}, func(net.Conn) string { return "[2001:db8:100::10]:" }},
		{"IPv4 to IPv6 with a prefix", byIPv4, six, prefix, func(c net.Conn) string {
			at := addressOf(c.LocalAddr())
			four := at.Addr().As4()
			tail := [16]byte{0x20, 0x01, 0x0d, 0xb8, 1, 0, 0, 0, 0, 7, four[0], four[1], four[2], four[3], byte(at.Port() >> 8), byte(at.Port())}
			return netip.AddrPortFrom(netip.AddrFrom16(tail), at.Port()).String() + " "
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t, s.sourceNAT = t, c.sourceNAT
			s.configure(Listener{Flow: &Flow{Protocol: TCPUDP}}, FlowGroup{PreserveClient: true}, c.target)
			s.awaitHealthy(c.target)
			client := dialTo(t, "udp", c.by)
			for _, text := range []string{"one", "two"} {
				_, _ = io.WriteString(client, text)
				if got := read(t, client); !strings.HasPrefix(got, c.want(client)) || !strings.HasSuffix(got, " "+text) {
					t.Errorf("%q came back, not of %q", got, c.want(client))
				}
			}
		})
	}
	s.t, s.ipv6 = t, netip.Addr{}
	s.configure(Listener{Flow: &Flow{Protocol: TCPUDP}}, FlowGroup{PreserveClient: true}, four)
	for _, protocol := range []string{"tcp", "udp"} {
		c, err := net.DialTimeout(protocol, byIPv6, patience.Limit)
		if err == nil { // of UDP the refusal comes with the answer
			_ = c.SetDeadline(patience.Deadline())
			_, _ = io.WriteString(c, "x")
			_, err = c.Read(make([]byte, 1))
			_ = c.Close()
		}
		if err == nil || timedOut(err) {
			t.Errorf("%s without an IPv6 address: %v", protocol, err)
		}
	}
}

// TLS ends at the IPv6 address, the proxy protocol tells of it, and a check of HTTP over IPv6 names it.
func TestIPv6IsNamed(t *testing.T) {
	s := newDualStackSite(t)
	pair := certificate(t, ecKey(t), "flow.example.com")
	a := s.tells("eni-a", "[2001:db8:100::20]:8080", nil)
	l := Listener{Flow: &Flow{Protocol: TLSTCP}, TLS: &TLS{Default: pair, Min: tls.VersionTLS12, Max: tls.VersionTLS13}}
	s.configure(l, FlowGroup{PreserveClient: true, ProxyProtocol: true}, a)
	s.awaitHealthy(a)
	raw := dialTo(t, "tcp", byIPv6)
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	want := raw.LocalAddr().String() + "\n" + string(proxyHeader(addressOf(raw.LocalAddr()), netip.MustParseAddrPort(byIPv6)))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("the target saw %q, want %q: %v", got, want, err)
	}

	hosts := make(chan string, 1)
	listener, err := s.interfaces["eni-b"].Listen("tcp", "[2001:db8:100::21]:8080")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case hosts <- r.Host:
		default:
		}
	})}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	b := Target{ID: "eni-b", Address: netip.MustParseAddrPort("[2001:db8:100::21]:8080"), Zone: "a"}
	matcher, err := ParseFlowMatcher("200-399")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.b.Configure(Config{
		Nodes:     []Node{{ID: "eni-front", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), IPv6: s.ipv6, Network: s.interfaces["eni-front"]}},
		Listeners: []Listener{{Port: 80, Flow: &Flow{Protocol: TCP, Forward: []Weighted{{"g", 1}}}}},
		Groups: []Group{{ID: "g", Flow: &FlowGroup{}, Targets: []Target{b}, Check: Check{
			Path: "/", Interval: 10 * time.Second, Timeout: 9 * time.Second, Healthy: 2, Unhealthy: 2, Matcher: matcher,
			Flow: FlowCheck{On: true, ListenerPort: 80},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealthy(b)
	if got := <-hosts; got != byIPv6 {
		t.Errorf("the check's host is %q", got)
	}
}
