package balancer

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/network/networktest"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

func TestMain(m *testing.M) { networktest.Main(m) }

// kernelVPC has a load balancer's interface that the internet may reach at port 80, and two hosts that
// it may reach at port 8080.
func kernelVPC() network.VPC {
	anywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	subnet := netip.MustParsePrefix("10.0.0.0/24")
	eni := func(id, address, group string) network.Interface {
		return network.Interface{ID: id, Address: netip.MustParseAddr(address), Subnet: subnet, RouteTable: "rtb-1", Groups: []string{group}}
	}
	front := eni("eni-front", "10.0.0.10", "sg-front")
	front.Public = netip.MustParseAddr("198.51.100.10")
	out := []network.Rule{{Protocol: "-1", Prefixes: anywhere}}
	return network.VPC{
		ID: "vpc-1", CIDR: netip.MustParsePrefix("10.0.0.0/16"), Gateway: true,
		Interfaces:  []network.Interface{front, eni("eni-a", "10.0.0.20", "sg-app"), eni("eni-b", "10.0.0.21", "sg-app")},
		RouteTables: []network.RouteTable{{ID: "rtb-1", Routes: []network.Route{{Destination: anywhere[0]}}}},
		SecurityGroups: []network.SecurityGroup{
			{ID: "sg-front", Egress: out, Ingress: []network.Rule{{Protocol: "tcp", FromPort: 80, ToPort: 80, Prefixes: anywhere}}},
			{ID: "sg-app", Egress: out, Ingress: []network.Rule{{Protocol: "tcp", FromPort: 8080, ToPort: 8080, Groups: []string{"sg-front"}}}},
		},
	}
}

// A security group's silence, a closed port and a server are told apart through the kernel's own
// packet filters, and a client on the internet is served through the public address.
func TestThroughTheKernel(t *testing.T) {
	if err := network.PrepareInternet(); err != nil {
		t.Fatal(err)
	}
	f, err := network.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Apply(kernelVPC()); err != nil {
		t.Fatal(err)
	}
	interfaces := map[string]*network.Namespace{}
	for _, id := range []string{"eni-front", "eni-a", "eni-b"} {
		if interfaces[id], err = f.Interface(id); err != nil {
			t.Fatal(err)
		}
	}
	for _, port := range []string{"8080", "9090"} { // the group lets nobody reach 9090
		l, err := interfaces["eni-a"].Listen("tcp", "10.0.0.20:"+port)
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: says("hello")}
		go func() { _ = s.Serve(l) }()
		defer func() { _ = s.Close() }()
	}
	changed := make(chan struct{}, 64)
	b := New(tempo.At(60), slog.New(slog.DiscardHandler), func() { changed <- struct{}{} })
	defer b.Close()
	g := group(at("10.0.0.20:8080"), at("10.0.0.20:9090"), at("10.0.0.21:8080"))
	g.Check.Interval = 5 * time.Second // what is ill from the start has that long to boot in, at any speed
	if err := b.Configure(Config{
		Nodes:     []Node{{ID: "eni-front", Address: netip.MustParseAddr("10.0.0.10"), Network: interfaces["eni-front"]}},
		Listeners: []Listener{{Port: 80, Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}}, Groups: []Group{g},
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "Target.Timeout", "Target.FailedHealthChecks"}
	await(t, changed, func() bool {
		for i, reason := range want {
			if h := b.Health("g", g.Targets[i]); h.Reason != reason || reason == "" && h.State != Healthy {
				return false
			}
		}
		return page(t, "http://198.51.100.10/") == "hello" // unless the machine is so slow that the server has failed a check
	})
}

// A node of a dual-stack load balancer serves clients of IPv6 from targets of IPv4, under the group's rules of IPv6, and says whom
// it serves; it goes on serving those of IPv4 when IPv6 goes.
func TestDualStackThroughTheKernel(t *testing.T) {
	if err := network.PrepareInternet(); err != nil {
		t.Fatal(err)
	}
	f, err := network.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	spec, everyone := kernelVPC(), netip.MustParsePrefix("::/0")
	spec.IPv6 = []netip.Prefix{address.BlockIPv6(1, 0)}
	front, at := &spec.Interfaces[0], netip.MustParseAddr("2001:db8:100::a")
	front.SubnetIPv6, front.IPv6 = netip.MustParsePrefix("2001:db8:100::/64"), []netip.Addr{at}
	spec.Interfaces[2].SubnetIPv6, spec.Interfaces[2].IPv6 = front.SubnetIPv6, []netip.Addr{netip.MustParseAddr("2001:db8:100::15")}
	spec.RouteTables[0].Routes = append(spec.RouteTables[0].Routes, network.Route{Destination: everyone})
	rules := spec.SecurityGroups[0].Ingress
	rules[0].Prefixes = append(rules[0].Prefixes, everyone)
	spec.SecurityGroups[0].Egress[0].Prefixes = rules[0].Prefixes
	spec.SecurityGroups[0].Ingress = append(rules, network.Rule{Protocol: "tcp", FromPort: 81, ToPort: 81, Prefixes: rules[0].Prefixes[:1]})
	if err := f.Apply(spec); err != nil {
		t.Fatal(err)
	}
	target, err := f.Interface("eni-a")
	if err != nil {
		t.Fatal(err)
	}
	l, err := target.Listen("tcp", "10.0.0.20:8080")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	})}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	node, err := f.Interface("eni-front")
	if err != nil {
		t.Fatal(err)
	}
	b := New(tempo.At(60), slog.New(slog.DiscardHandler), func() {})
	defer b.Close()
	rule := []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}
	c := Config{
		Nodes:     []Node{{ID: "eni-front", Address: front.Address, IPv6: at, Network: node}},
		Listeners: []Listener{{Port: 80, Rules: rule}, {Port: 81, Rules: rule}},
		Groups:    []Group{group(Target{ID: "a", Address: netip.MustParseAddrPort("10.0.0.20:8080")})},
	}
	if err := b.Configure(c); err != nil {
		t.Fatal(err)
	}
	if got := page(t, "http://[2001:db8:100::a]/"); got != address.HostUserIPv6.String() {
		t.Errorf("by IPv6 the target hears of %q", got)
	}
	if got := page(t, "http://198.51.100.10/"); got != address.HostUser.String() {
		t.Errorf("by IPv4 the target hears of %q", got)
	}
	c.Headers.ClientPort = true
	if err := b.Configure(c); err != nil {
		t.Fatal(err)
	}
	if got := page(t, "http://[2001:db8:100::a]/"); !strings.HasPrefix(got, "["+address.HostUserIPv6.String()+"]:") {
		t.Errorf("with its port the target hears of %q", got)
	}
	out := &net.Dialer{Timeout: 200 * time.Millisecond}
	if _, err := out.DialContext(t.Context(), "tcp", "[2001:db8:100::a]:81"); !timedOut(err) {
		t.Errorf("a port that the group opens to IPv4 alone: %v", err)
	}
	six, err := f.Interface("eni-b")
	if err != nil {
		t.Fatal(err)
	}
	if l, err = six.Listen("tcp", "[2001:db8:100::15]:8080"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	c.Groups = []Group{group(Target{ID: "b", Address: netip.MustParseAddrPort("[2001:db8:100::15]:8080")})}
	if err := b.Configure(c); err != nil {
		t.Fatal(err)
	}
	if got := page(t, "http://198.51.100.10/"); !strings.HasPrefix(got, address.HostUser.String()+":") {
		t.Errorf("by IPv4 a target of IPv6 hears of %q", got)
	}
	kept, err := net.Dial("tcp", "198.51.100.10:80")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	c.Nodes[0].IPv6 = netip.Addr{}
	if err := b.Configure(c); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", "[2001:db8:100::a]:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("without IPv6: %v", err)
	}
	_, _ = io.WriteString(kept, "GET / HTTP/1.0\r\nHost: x\r\n\r\n")
	if got, err := io.ReadAll(kept); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200") {
		t.Errorf("who was connected by IPv4 gets %q, %v", got, err)
	}
}

func page(t *testing.T, url string) string {
	t.Helper()
	resp, err := (&http.Client{Timeout: patience.Limit}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func await(t *testing.T, changed <-chan struct{}, done func() bool) {
	t.Helper()
	late := time.After(patience.Limit)
	for !done() {
		select {
		case <-changed:
		case <-late:
			t.Fatal("health, or the page, did not become what it should")
		}
	}
}
