package balancer

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// healthyPool is a pool of targets that are all well.
func healthyPool(targets int) *pool {
	p := &pool{algorithm: RoundRobin, turn: new(atomic.Uint64)}
	for n := range targets {
		t := &target{address: fmt.Sprintf("10.0.%d.%d:80", n/250, n%250), counts: &groupCounters{}}
		t.well.Store(true)
		p.targets = append(p.targets, t)
	}
	return p
}

// shares counts how often each target is chosen.
func (p *pool) shares(picks int) []int {
	counts := make([]int, len(p.targets))
	for range picks {
		counts[slices.Index(p.targets, p.pick())]++
	}
	return counts
}

func TestTooFewHealthyTargetsFailOpen(t *testing.T) {
	for _, c := range []struct {
		name                            string
		healthy, minHealthy, minPercent int
		all                             bool
	}{
		{"one of ten", 1, 0, 0, false},
		{"none", 0, 0, 0, true},
		{"as many as must be", 3, 3, 0, false},
		{"fewer", 2, 3, 0, true},
		{"half", 5, 1, 50, false},
		{"less than half", 4, 1, 50, true},
		{"either is enough", 5, 6, 50, true},
	} {
		p := healthyPool(10)
		p.minHealthy, p.minPercent = c.minHealthy, c.minPercent
		for _, ill := range p.targets[c.healthy:] {
			ill.well.Store(false)
		}
		counts := p.shares(300)
		if all := counts[9] > 0; all != c.all {
			t.Errorf("%s: %v", c.name, counts)
		}
		for _, n := range counts[:c.healthy] {
			if share := 300 / max(1, c.healthy); c.all && n != 30 || !c.all && n != share {
				t.Errorf("%s: not in turn: %v", c.name, counts)
			}
		}
	}
}

// Each of the healthy ones has its share, in no order.
func TestRandomPicks(t *testing.T) {
	p := healthyPool(4)
	p.algorithm = WeightedRandom
	p.targets[2].well.Store(false)
	inTurn := true
	for range 100 {
		inTurn = inTurn && p.pick() == p.targets[0] && p.pick() == p.targets[1] && p.pick() == p.targets[3]
	}
	if inTurn {
		t.Error("they are picked in turn")
	}
	counts := p.shares(9000) // of each 3,000, whose standard deviation is 45
	for i, n := range counts {
		if i == 2 && n != 0 || i != 2 && (n < 2550 || n > 3450) {
			t.Errorf("shares are %v", counts)
		}
	}
}

func TestPickTakesNoMemory(t *testing.T) {
	p := healthyPool(100)
	p.targets[3].well.Store(false)
	for _, a := range []Algorithm{RoundRobin, LeastOutstanding, WeightedRandom} {
		p.algorithm = a
		if n := testing.AllocsPerRun(100, func() { p.pick() }); n != 0 {
			t.Errorf("%s allocates %v times", a, n)
		}
	}
}

// A target's share grows in a straight line from when it is healthy: once it recovers, too, but not for the first of a group, nor for those
// that were healthy when slow start was turned on.
func TestSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var ill atomic.Bool
		for _, address := range []string{"10.0.1.5:80", "10.0.1.6:80"} {
			w.serve(t, address, says("a"))
		}
		w.serve(t, "10.0.1.7:80", func(rw http.ResponseWriter, _ *http.Request) {
			if ill.Load() {
				rw.WriteHeader(500)
			}
		})
		pool := func() *pool { return w.b.nodes["eni-1"].routes.Load().groups["g"] }
		last := func() *target { return pool().targets[len(pool().targets)-1] }
		const picks = 6000
		wants := func(when string, least, most float64) { // of what a warm target gets
			t.Helper()
			counts := pool().shares(picks)
			if got := float64(counts[len(counts)-1]) / float64(counts[0]); got < least || got > most {
				t.Errorf("%s the last target gets %.2f of another's requests: %v", when, got, counts)
			}
		}
		g := group(at("10.0.1.5:80"), at("10.0.1.6:80"))
		g.SlowStart = 100 * time.Second
		w.configure([]Group{g})
		settle()
		wants("in a group that was empty", 0.99, 1.01)
		g.Targets = append(g.Targets, at("10.0.1.7:80"))
		w.configure([]Group{g})
		for !last().well.Load() {
			time.Sleep(time.Millisecond)
			synctest.Wait()
		}
		wants("at its start", 0, 0.02)
		time.Sleep(25 * time.Second)
		wants("after a quarter of the time", 0.15, 0.35)
		time.Sleep(50 * time.Second)
		wants("after three quarters", 0.6, 0.9)
		time.Sleep(25 * time.Second)
		wants("after it", 0.99, 1.01)
		ill.Store(true)
		for last().well.Load() {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		ill.Store(false)
		for !last().well.Load() {
			time.Sleep(time.Millisecond)
			synctest.Wait()
		}
		wants("when it has recovered", 0, 0.02)
		g.SlowStart = 0
		w.configure([]Group{g})
		wants("without slow start", 0.99, 1.01)
	})
}

// Nodes keep to the targets of their zone and those of none, if they shall, and have none where their zone has none.
func TestNodesKeepToTheirZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g := group(at("10.0.1.5:80"), at("10.0.2.5:80"), at("192.168.0.5:80"))
		g.Targets[0].Zone, g.Targets[1].Zone = "us-east-1a", "us-east-1b"
		reached := func() map[string]int {
			c := Config{Groups: []Group{g}, Listeners: []Listener{{Port: 80, Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}}}
			for i, zone := range []string{"us-east-1a", "us-east-1c"} {
				address := netip.AddrFrom4([4]byte{10, 0, byte(i), 10})
				c.Nodes = append(c.Nodes, Node{ID: "eni-" + zone, Zone: zone, Address: address, Network: w.memory})
			}
			if err := w.b.Configure(c); err != nil {
				t.Fatal(err)
			}
			counts := map[string]int{}
			for zone, n := range w.b.nodes {
				counts[zone] = len(n.routes.Load().groups["g"].targets)
			}
			return counts
		}
		if got := reached(); got["eni-us-east-1a"] != 3 || got["eni-us-east-1c"] != 3 {
			t.Errorf("over zones they reach %v", got)
		}
		g.SameZone = true
		if got := reached(); got["eni-us-east-1a"] != 2 || got["eni-us-east-1c"] != 1 {
			t.Errorf("within zones they reach %v", got)
		}
		g.Targets = g.Targets[:2]
		reached()
		if t2 := w.b.nodes["eni-us-east-1c"].routes.Load().groups["g"].pick(); t2 != nil {
			t.Errorf("a zone without targets reaches %s", t2.address)
		}
	})
}

func BenchmarkPick(b *testing.B) {
	p := healthyPool(1000)
	for _, a := range []Algorithm{RoundRobin, LeastOutstanding} {
		p.algorithm = a
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.pick()
			}
		})
	}
}

// BenchmarkConfigure begins and ends the draining of one target of a thousand.
func BenchmarkConfigure(b *testing.B) {
	balancer := New(tempo.At(1), slog.New(slog.DiscardHandler), func() {})
	defer balancer.Close()
	g := group()
	for n := range 1000 {
		g.Targets = append(g.Targets, at(fmt.Sprintf("10.0.%d.%d:80", n/250, n%250)))
	}
	c := Config{
		Nodes:     []Node{{ID: "eni-1", Address: netip.MustParseAddr("10.0.0.10"), Network: newMemory()}},
		Listeners: []Listener{{Port: 80, Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}}, Groups: []Group{g},
	}
	for b.Loop() {
		g.Targets = slices.Clone(g.Targets)
		g.Targets[500].Draining = !g.Targets[500].Draining
		c.Groups = []Group{g}
		if err := balancer.Configure(c); err != nil {
			b.Fatal(err)
		}
	}
}

// A zonal shift keeps new requests and flows from its targets, unless those that are left would fail open.
func TestZonalShiftKeepsFromTargets(t *testing.T) {
	for _, c := range []struct {
		name       string
		left, away bool // the targets are well
		want       int  // of the targets, the one that gets all; -1 for both
	}{
		{"both are well", true, true, 1},
		{"the zone is ill", true, false, 1},
		{"what is left is ill", false, true, 0},
		{"none is well", false, false, -1},
	} {
		whole := healthyPool(2)
		whole.flow = &FlowGroup{}
		for i, well := range []bool{c.away, c.left} {
			whole.targets[i].well.Store(well)
			whole.targets[i].judged.State = Unhealthy
			if well {
				whole.targets[i].judged.State = Healthy
			}
		}
		whole.near = whole.targets
		p := &pool{algorithm: RoundRobin, turn: whole.turn, targets: whole.targets[1:], near: whole.near[1:], flow: whole.flow, unshifted: whole}
		requests, flows := make([]int, 2), make([]int, 2)
		for n := range 100 {
			requests[slices.Index(whole.targets, p.pick())]++
			to, _ := p.pickFlow(tuple{from: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1000+n))})
			flows[slices.Index(whole.targets, to)]++
		}
		for what, got := range map[string][]int{"requests": requests, "flows": flows} {
			if c.want >= 0 && got[c.want] != 100 || c.want < 0 && slices.Contains(got, 0) {
				t.Errorf("%s: %s go %v", c.name, what, got)
			}
		}
	}
}
