package balancer

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// flow configures a network load balancer of one node in zone a.
func (w *world) flow(f FlowGroup, idle time.Duration, targets ...Target) Group {
	w.t.Helper()
	g := Group{ID: "g", Flow: &f, Targets: targets, Check: Check{
		Interval: 30 * time.Second, Timeout: 10 * time.Second, Healthy: 5, Unhealthy: 2, Flow: FlowCheck{On: true, Connect: true},
	}}
	err := w.b.Configure(Config{
		Nodes:     []Node{{ID: "eni-1", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory}},
		Listeners: []Listener{{Port: 80, Flow: &Flow{Protocol: TCP, Forward: []Weighted{{"g", 1}}, Idle: idle}}}, Groups: []Group{g},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// tells has a target tell its name and then echo.
func (w *world) tells(address, zone string) Target {
	w.t.Helper()
	l, err := w.Listen("tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.WriteString(c, address)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return Target{ID: address, Address: netip.MustParseAddrPort(address), Zone: zone}
}

// connect returns a connection and the name of its target; "" where it was cut.
func (w *world) connect() (net.Conn, string) {
	w.t.Helper()
	c, err := w.DialContext(w.t.Context(), "tcp", entry)
	if err != nil {
		w.t.Fatal(err)
	}
	b := make([]byte, 64)
	n, _ := c.Read(b)
	return c, string(b[:n])
}

func (w *world) shares(connections int) map[string]int {
	all := map[string]int{}
	for range connections {
		c, name := w.connect()
		all[name]++
		_ = c.Close()
	}
	return all
}

func TestFlowsStayInTheirZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		near, other, far := w.tells("10.0.1.5:80", "a"), w.tells("10.0.1.6:80", "a"), w.tells("10.0.2.5:80", "b")
		w.flow(FlowGroup{}, 0, near, other, far)
		settle()
		if got := w.shares(100); got["10.0.1.5:80"] < 20 || got["10.0.1.6:80"] < 20 || got["10.0.2.5:80"] > 0 {
			t.Errorf("connections by target: %v", got)
		}
		w.flow(FlowGroup{CrossZone: true}, 0, near, far)
		settle()
		if got := w.shares(100); got["10.0.1.5:80"] < 20 || got["10.0.2.5:80"] < 20 {
			t.Errorf("across zones: %v", got)
		}
		w.flow(FlowGroup{}, 0, far)
		settle()
		if got := w.shares(1); got[""] != 1 {
			t.Errorf("without a target in the zone: %v", got)
		}
	})
}

// Each flow goes to one of the listener's target groups, by their weights.
func TestFlowsAreSharedByWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		flow := Flow{Protocol: TCP, Forward: []Weighted{{"much", 3}, {"none", 0}, {"little", 1}}}
		var groups []Group
		for n, s := range flow.Forward {
			groups = append(groups, Group{ID: s.Group, Flow: &FlowGroup{}, Targets: []Target{w.tells(fmt.Sprintf("10.0.1.%d:80", n), "a")}, Check: Check{
				Interval: 30 * time.Second, Timeout: 10 * time.Second, Healthy: 5, Unhealthy: 2, Flow: FlowCheck{On: true, Connect: true},
			}})
		}
		err := w.b.Configure(Config{
			Nodes:     []Node{{ID: "eni-1", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory}},
			Listeners: []Listener{{Port: 80, Flow: &flow}}, Groups: groups,
		})
		if err != nil {
			t.Fatal(err)
		}
		settle()
		if got := w.shares(400); got["10.0.1.0:80"] < 240 || got["10.0.1.1:80"] != 0 || got["10.0.1.2:80"] < 50 {
			t.Errorf("connections by target: %v", got)
		}
	})
}

func TestFlowsOfOneClientStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.flow(FlowGroup{StickySource: true}, 0, w.tells("10.0.1.5:80", "a"), w.tells("10.0.1.6:80", "a"))
		settle()
		if got := w.shares(20); len(got) != 1 {
			t.Errorf("connections by target: %v", got)
		}
	})
}

// Ill targets get no flows, unless there are no others.
func TestFlowsFailOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		well := w.tells("10.0.1.5:80", "a")
		ill := Target{ID: "ill", Address: netip.MustParseAddrPort("10.0.1.6:80"), Zone: "a"}
		g := w.flow(FlowGroup{}, 0, well, ill)
		settle()
		if got := w.shares(20); got["10.0.1.5:80"] != 20 {
			t.Errorf("connections by target: %v", got)
		}
		time.Sleep(60 * time.Second)
		w.wantHealth(g, 1, Health{State: Unhealthy, Reason: "Target.FailedHealthChecks", Description: "Health checks failed"})
		w.drop("10.0.1.5:80", true)
		time.Sleep(90 * time.Second)
		w.wantHealth(g, 0, Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"})
		w.drop("10.0.1.5:80", false)
		if got := w.shares(20); got["10.0.1.5:80"] == 0 {
			t.Errorf("when all are ill: %v", got)
		}
		if got := w.traffic().Flows; got.UnhealthyRouting != 20 || got.TargetResets == 0 {
			t.Errorf("its traffic: %+v", got)
		}
	})
}

// Each byte that passes, either way, keeps a connection for another idle time.
func TestFlowsIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.flow(FlowGroup{}, 0, w.tells("10.0.1.5:80", "a"))
		settle()
		c, _ := w.connect()
		for range 3 {
			time.Sleep(349 * time.Second)
			if _, err := io.WriteString(c, "x"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(349 * time.Second)
		synctest.Wait()
		if got := w.traffic().Flows.TCP; got.Active != 1 {
			t.Errorf("after 349 s: %+v", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := w.traffic().Flows.TCP; got.Active != 0 {
			t.Errorf("after 351 s: %+v", got)
		}
	})
}

// A target that goes moves no flow but its own.
func TestFlowsMoveWithTheirTargetsOnly(t *testing.T) {
	p := &pool{flow: &FlowGroup{}}
	for n := range 5 {
		p.near = append(p.near, &target{address: fmt.Sprintf("10.0.1.%d:80", n), judged: Judgement{Health: Health{State: Healthy}}})
	}
	client := func(n int) tuple {
		return tuple{UDP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(n)), netip.MustParseAddrPort("10.0.0.10:53"), 0}
	}
	before, count := map[int]*target{}, map[*target]int{}
	for n := range 1000 {
		before[n], _ = p.pickFlow(client(n))
		count[before[n]]++
	}
	for _, target := range p.near {
		if count[target] < 120 {
			t.Errorf("%s has %d of 1000 flows", target.address, count[target])
		}
	}
	gone := p.near[2]
	p.near = append(p.near[:2:2], p.near[3:]...)
	for n, had := range before {
		if now, _ := p.pickFlow(client(n)); had != gone && now != had {
			t.Errorf("flow %d moved from %s to %s", n, had.address, now.address)
		}
	}
}

// What is read as a header is what haproxy's document has in it.
func TestProxyHeader(t *testing.T) {
	got := fmt.Sprintf("%x", proxyHeader(netip.MustParseAddrPort("192.0.2.1:5000"), netip.MustParseAddrPort("10.0.0.10:80")))
	if want := "0d0a0d0a000d0a515549540a" + "2111000c" + "c0000201" + "0a00000a" + "1388" + "0050"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%x", proxyHeader(netip.AddrPort{}, netip.AddrPort{})); got != "0d0a0d0a000d0a515549540a"+"20000000" {
		t.Errorf("its own: %s", got)
	}
}

// Checks over HTTP name the node and the listener's port as their host, and pass by the matcher
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html).
func TestFlowsAreCheckedOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		asked := make(chan string, 100)
		w.serve(t, "10.0.1.5:8080", func(rw http.ResponseWriter, r *http.Request) {
			asked <- r.Host + r.URL.Path + " " + r.UserAgent()
			rw.WriteHeader(http.StatusFound)
		})
		g := Group{ID: "g", Flow: &FlowGroup{}, Targets: []Target{at("10.0.1.5:80")}, Check: Check{
			Path: "/up", Port: 8080, Interval: 30 * time.Second, Timeout: 6 * time.Second, Healthy: 5, Unhealthy: 2, Matcher: Matcher{"200-399"},
			Flow: FlowCheck{On: true, ListenerPort: 443},
		}}
		if err := w.b.Configure(Config{
			Nodes:     []Node{{ID: "eni-1", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory}},
			Listeners: []Listener{{Port: 443, Flow: &Flow{Protocol: TCP, Forward: []Weighted{{"g", 1}}}}}, Groups: []Group{g},
		}); err != nil {
			t.Fatal(err)
		}
		settle()
		w.wantHealth(g, 0, Health{State: Healthy})
		if got := <-asked; got != "10.0.0.10:443/up ELB-HealthChecker/2.0" {
			t.Errorf("asked %q", got)
		}
	})
}
