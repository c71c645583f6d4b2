package network_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

var anywhere, anywhereIPv6 = netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")

// exampleVPC is like those that a stack has: two public and two private subnets.
func exampleVPC() network.VPC {
	eni := func(id, a, subnet, public, table string, groups ...string) network.Interface {
		i := network.Interface{ID: "eni-" + id, Address: netip.MustParseAddr(a), Subnet: netip.MustParsePrefix(subnet),
			RouteTable: "rtb-" + table, Groups: groups}
		if public != "" {
			i.Public = netip.MustParseAddr(public)
		}
		return i
	}
	all := network.Rule{Protocol: "-1", Prefixes: []netip.Prefix{anywhere}}
	return network.VPC{
		ID: "vpc-a", CIDR: netip.MustParsePrefix("10.0.0.0/16"), Gateway: true,
		Interfaces: []network.Interface{
			eni("lb-a", "10.0.0.10", "10.0.0.0/24", "198.51.100.10", "public", "sg-front"),
			eni("lb-b", "10.0.1.10", "10.0.1.0/24", "198.51.100.11", "public", "sg-front"),
			eni("host-a", "10.0.0.20", "10.0.0.0/24", "198.51.100.20", "public", "sg-app"),
			eni("host-b", "10.0.1.20", "10.0.1.0/24", "198.51.100.21", "private", "sg-front"),
			eni("app-a", "10.0.2.10", "10.0.2.0/24", "", "private", "sg-app"),
			eni("app-b", "10.0.3.10", "10.0.3.0/24", "", "private", "sg-app"),
		},
		RouteTables: []network.RouteTable{
			{ID: "rtb-public", Routes: []network.Route{{Destination: anywhere}}},
			{ID: "rtb-private"},
		},
		SecurityGroups: []network.SecurityGroup{
			{ID: "sg-front", Egress: []network.Rule{all},
				Ingress: []network.Rule{{Protocol: "tcp", FromPort: 80, ToPort: 81, Prefixes: []netip.Prefix{anywhere}}}},
			{ID: "sg-app", Egress: []network.Rule{all},
				Ingress: []network.Rule{{Protocol: "tcp", FromPort: 8080, ToPort: 8080, Groups: []string{"sg-front"}}}},
		},
	}
}

func newFabric(t testing.TB, specs ...network.VPC) *network.Fabric {
	t.Helper()
	if err := network.PrepareInternet(); err != nil {
		t.Fatal(err)
	}
	f, err := network.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	apply(t, f, specs...)
	return f
}

func apply(t testing.TB, f *network.Fabric, specs ...network.VPC) {
	t.Helper()
	for _, s := range specs {
		if err := f.Apply(s); err != nil {
			t.Fatal(err)
		}
	}
}

func at(t testing.TB, f *network.Fabric, eni string) *network.Namespace {
	t.Helper()
	n, err := f.Interface("eni-" + eni)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve answers each connection at an interface with the address it came from, and then echoes.
func serve(t testing.TB, n *network.Namespace, port string) {
	t.Helper()
	l, err := n.Listen("tcp", ":"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				io.WriteString(c, host+"\n")
				io.Copy(c, c)
			}()
		}
	}()
}

func internet(t testing.TB) *network.Namespace {
	t.Helper()
	n, err := network.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// refusal is how long a test waits for a connection that must not be made.
const refusal = 150 * time.Millisecond

// seen dials and returns the source address that the server saw; "timeout" or "refused" where it failed.
func seen(t testing.TB, from *network.Namespace, to string, limit time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", to)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case err != nil:
		return err.Error()
	}
	defer c.Close()
	c.SetDeadline(patience.Deadline())
	line := make([]byte, 64)
	n, err := c.Read(line)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(line[:n]))
}

func expect(t *testing.T, from *network.Namespace, to, want string) {
	t.Helper()
	limit := patience.Limit
	if want == "timeout" {
		limit = refusal
	}
	if got := seen(t, from, to, limit); got != want {
		t.Errorf("connection to %s: got %s, want %s", to, got, want)
	}
}

func TestPathsOfOneVPC(t *testing.T) {
	f := newFabric(t, exampleVPC())
	out := internet(t)
	for _, who := range []string{"lb-a", "host-a", "host-b", "app-a", "app-b"} {
		serve(t, at(t, f, who), "80")
		serve(t, at(t, f, who), "8080")
	}
	user := address.HostUser.String()
	expect(t, out, "198.51.100.10:80", user)        // gateway, route and group allow
	expect(t, out, "198.51.100.10:81", "refused")   // allowed, nobody listens
	expect(t, out, "198.51.100.10:8080", "timeout") // no rule
	expect(t, out, "198.51.100.20:8080", "timeout") // allowed to a group only
	expect(t, out, "198.51.100.21:80", "timeout")   // public address, no route to the gateway
	expect(t, out, "198.51.100.99:80", "timeout")   // nobody's
	expect(t, at(t, f, "lb-a"), "10.0.2.10:8080", "10.0.0.10")
	expect(t, at(t, f, "lb-a"), "10.0.2.10:80", "timeout")
	expect(t, at(t, f, "app-b"), "10.0.2.10:8080", "timeout")          // not a member of the group
	expect(t, at(t, f, "lb-a"), "10.0.9.9:80", "timeout")              // nobody's
	expect(t, at(t, f, "host-a"), "198.51.100.10:80", "198.51.100.20") // out by the gateway and in again

	serve(t, out, "8888")
	expect(t, at(t, f, "host-a"), "192.0.2.1:8888", "198.51.100.20") // translated
	expect(t, at(t, f, "app-a"), "192.0.2.1:8888", "timeout")        // private
}

func TestEgressRules(t *testing.T) {
	spec := exampleVPC()
	spec.SecurityGroups[0].Egress = []network.Rule{{Protocol: "tcp", FromPort: 8080, ToPort: 8080, Groups: []string{"sg-app"}}}
	f := newFabric(t, spec)
	serve(t, at(t, f, "app-a"), "8080")
	serve(t, internet(t), "8081")
	expect(t, at(t, f, "lb-a"), "10.0.2.10:8080", "10.0.0.10")
	expect(t, at(t, f, "lb-a"), "192.0.2.1:8081", "timeout")
}

func TestEstablishedSurvivesRevocation(t *testing.T) {
	spec := exampleVPC()
	f := newFabric(t, spec)
	serve(t, at(t, f, "app-a"), "8080")
	c, err := at(t, f, "lb-a").DialContext(t.Context(), "tcp", "10.0.2.10:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	spec.SecurityGroups = slices.Clone(spec.SecurityGroups)
	spec.SecurityGroups[1].Ingress = nil
	apply(t, f, spec)
	expect(t, at(t, f, "lb-a"), "10.0.2.10:8080", "timeout")
	c.SetDeadline(patience.Deadline())
	io.WriteString(c, "still here")
	c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "10.0.0.10\nstill here" {
		t.Errorf("established connection: %q, %v", got, err)
	}
}

func TestGatewayDetachedAndAttached(t *testing.T) {
	spec := exampleVPC()
	f := newFabric(t, spec)
	out := internet(t)
	serve(t, at(t, f, "lb-a"), "80")
	for range 2 {
		spec.Gateway = false
		apply(t, f, spec)
		expect(t, out, "198.51.100.10:80", "timeout")
		spec.Gateway = true
		apply(t, f, spec)
		expect(t, out, "198.51.100.10:80", address.HostUser.String())
	}
}

func TestSpoofedSourceIsDropped(t *testing.T) {
	ip := judge.Need(t, "ip")
	f := newFabric(t, exampleVPC())
	serve(t, at(t, f, "app-a"), "8080")
	host := at(t, f, "host-b")
	expect(t, host, "10.0.2.10:8080", "10.0.1.20")
	err := host.Do(func() error {
		return exec.Command(ip, "addr", "add", "10.0.0.10/32", "dev", "lo").Run()
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), refusal)
	defer cancel()
	_, err = host.DialFrom(ctx, "tcp", netip.MustParseAddr("10.0.0.10"), "10.0.2.10:8080")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("from a foreign address: %v, want a time-out", err)
	}
}

func TestVPCsDoNotMeet(t *testing.T) {
	a, b := exampleVPC(), exampleVPC()
	b.ID, b.CIDR = "vpc-b", netip.MustParsePrefix("10.1.0.0/16")
	b.Interfaces = []network.Interface{{ID: "eni-other", Address: netip.MustParseAddr("10.1.0.10"),
		Subnet: netip.MustParsePrefix("10.1.0.0/24"), Public: netip.MustParseAddr("198.51.100.50"), RouteTable: "rtb-public", Groups: []string{"sg-front"}}}
	f := newFabric(t, a, b)
	serve(t, at(t, f, "other"), "80")
	expect(t, at(t, f, "lb-a"), "10.1.0.10:80", "timeout")
	expect(t, internet(t), "10.1.0.10:80", "timeout")
	expect(t, at(t, f, "lb-a"), "198.51.100.50:80", "198.51.100.10") // over the internet they do
}

func TestRouterServices(t *testing.T) {
	spec := exampleVPC()
	spec.SecurityGroups[1].Egress = nil // the resolver and the metadata service are beyond groups
	f := newFabric(t, spec)
	r, err := f.Router(spec.ID)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, r, "80")
	serve(t, r, "53")
	app := at(t, f, "app-a")
	expect(t, app, "169.254.169.254:80", "10.0.2.10")
	expect(t, app, "10.0.0.2:53", "10.0.2.10")
	expect(t, app, "169.254.169.253:53", "10.0.2.10")
	expect(t, app, "10.0.2.1:80", "timeout")
	expect(t, internet(t), "169.254.169.254:80", "timeout")
}

func TestApplyAgainChangesNothing(t *testing.T) {
	f := newFabric(t, natVPC())
	r, err := f.Router("vpc-a")
	if err != nil {
		t.Fatal(err)
	}
	before := look(t, r)
	if !strings.Contains(before, "chain ingress") || !strings.Contains(before, "@sg-front") {
		t.Errorf("nft does not list the ruleset:\n%s", before)
	}
	apply(t, f, natVPC())
	if after := look(t, r); after != before {
		t.Errorf("was:\n%s\nis:\n%s", before, after)
	}
}

// look asks the host's own tools what a namespace holds; handles in it tell a replaced rule from a kept one.
func look(t *testing.T, n *network.Namespace) string {
	t.Helper()
	var all strings.Builder
	for _, line := range []string{"nft -a list ruleset", "ip rule", "ip route show table all", "ip -o link"} {
		args := strings.Fields(line)
		cmd := exec.Command(judge.Need(t, args[0]), args[1:]...)
		cmd.Stdout, cmd.Stderr = &all, &all
		if err := n.Start(cmd); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, all.String())
		}
	}
	return all.String()
}

func TestInterfaceComesBackWithItsAddress(t *testing.T) {
	spec := exampleVPC()
	f := newFabric(t, spec)
	less := exampleVPC()
	less.Interfaces = less.Interfaces[1:]
	for _, id := range []string{"eni-lb-a", "eni-lb-c"} { // the same again, and another with its address
		apply(t, f, less)
		if _, err := f.Interface("eni-lb-a"); !errors.Is(err, network.ErrNotFound) {
			t.Errorf("removed interface: %v, want not found", err)
		}
		spec.Interfaces[0].ID = id
		apply(t, f, spec)
		serve(t, at(t, f, strings.TrimPrefix(id, "eni-")), "80")
		expect(t, internet(t), "198.51.100.10:80", address.HostUser.String())
	}
}

// An Elastic IP address is given to an interface that runs, and taken from it.
func TestInterfaceIsReachedAtAnotherPublicAddress(t *testing.T) {
	spec := exampleVPC()
	f := newFabric(t, spec)
	serve(t, at(t, f, "lb-a"), "80")
	spec.Interfaces[0].Public = netip.MustParseAddr("198.51.100.77")
	apply(t, f, spec)
	expect(t, internet(t), "198.51.100.77:80", address.HostUser.String())
	expect(t, internet(t), "198.51.100.10:80", "timeout")
	serve(t, internet(t), "8888")
	expect(t, at(t, f, "lb-a"), "192.0.2.1:8888", "198.51.100.77")
}

func TestNoUplink(t *testing.T) {
	newFabric(t, exampleVPC())
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Name != "lo" && !strings.HasPrefix(l.Name, "gw") {
			t.Errorf("the internet has a link %s", l.Name)
		}
	}
}

func TestManyInterfaces(t *testing.T) {
	spec := exampleVPC()
	for n := range 60 {
		a := netip.AddrFrom4([4]byte{10, 0, 4, byte(10 + n)})
		spec.Interfaces = append(spec.Interfaces, network.Interface{ID: "eni-m" + a.String(), Address: a,
			Subnet: netip.MustParsePrefix("10.0.4.0/24"), RouteTable: "rtb-private", Groups: []string{"sg-app"}})
	}
	f := newFabric(t, spec)
	serve(t, at(t, f, "m10.0.4.69"), "8080")
	expect(t, at(t, f, "lb-b"), "10.0.4.69:8080", "10.0.1.10")
}

func BenchmarkFabric(b *testing.B) {
	f := newFabric(b)
	var made, changed, removed time.Duration
	for b.Loop() {
		spec := exampleVPC()
		start := time.Now()
		apply(b, f, spec)
		made += time.Since(start)
		spec.SecurityGroups[1].Ingress = nil
		start = time.Now()
		apply(b, f, spec)
		changed += time.Since(start)
		start = time.Now()
		if err := f.Remove(spec.ID); err != nil {
			b.Fatal(err)
		}
		removed += time.Since(start)
	}
	for what, d := range map[string]time.Duration{"make": made, "change": changed, "remove": removed} {
		b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), "ms/"+what)
	}
}
