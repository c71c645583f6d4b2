package balancer

import (
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/network/networktest"
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
	b := New(60, slog.New(slog.DiscardHandler), func() { changed <- struct{}{} })
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
