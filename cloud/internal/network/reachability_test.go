package network_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// reachability is how many random VPCs are probed.
const reachability = "UNDERSTUDY_REACHABILITY"

// The ports of the probes: servers listen at some, and all datagrams come from one.
const (
	portA, portB = 8080, 9090
	portOut      = 40000
)

// TestReachabilityIsAsPredicted makes random VPCs, predicts which of their interfaces reach which, and sends packets.
func TestReachabilityIsAsPredicted(t *testing.T) {
	random, vpcs := chance.New(t), 12
	if given := os.Getenv(reachability); given != "" {
		var err error
		if vpcs, err = strconv.Atoi(given); err != nil {
			t.Fatalf("%s: %v", reachability, err)
		}
	}
	var sent, open, answered, dialled int
	for n := range vpcs {
		spec := randomVPC(random)
		if !t.Run(fmt.Sprint("vpc ", n), func(t *testing.T) {
			f := newFabric(t, spec)
			p := newProber(t, f, spec)
			p.asked = questions(model{spec}, "udp")
			p.datagrams(t)
			for _, q := range p.asked {
				sent++
				if q.opens {
					open++
				}
				if q.replied {
					answered++
				}
			}
			dialled += p.connections(t, random, questions(model{spec}, "tcp"))
			if t.Failed() {
				t.Logf("%+v", spec)
			}
		}) {
			break
		}
	}
	t.Logf("%d VPCs: %d pairs asked by datagrams, of which %d open and %d answered; %d connections tried", vpcs, sent, open, answered, dialled)
}

// randomVPC has four subnets with two interfaces each, two route tables, four groups and three ACLs.
func randomVPC(random *rand.Rand) network.VPC {
	g := generator{random}
	spec := network.VPC{ID: "vpc-a", CIDR: netip.MustParsePrefix("10.0.0.0/16"), Gateway: g.IntN(5) > 0}
	for n := range 4 {
		spec.SecurityGroups = append(spec.SecurityGroups, network.SecurityGroup{ID: fmt.Sprint("sg-", n), Ingress: g.rules(), Egress: g.rules()})
	}
	for n := range 3 {
		spec.NetworkACLs = append(spec.NetworkACLs, network.NetworkACL{ID: fmt.Sprint("acl-", n), Ingress: g.entries(), Egress: g.entries()})
	}
	for n := range 2 {
		spec.RouteTables = append(spec.RouteTables, network.RouteTable{ID: fmt.Sprint("rtb-", n), Routes: g.routes()})
	}
	for subnet := range 4 {
		table, acl := fmt.Sprint("rtb-", g.IntN(2)), fmt.Sprint("acl-", g.IntN(3))
		for host := range 2 {
			i := network.Interface{ID: fmt.Sprintf("eni-%d%d", subnet, host), RouteTable: table, NetworkACL: acl,
				Address: netip.AddrFrom4([4]byte{10, 0, byte(subnet), byte(10 + host)}), Subnet: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", subnet))}
			for range 1 + g.IntN(2) {
				i.Groups = append(i.Groups, fmt.Sprint("sg-", g.IntN(4)))
			}
			if g.IntN(3) > 0 {
				i.Public = netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + 10*subnet + host)})
			}
			spec.Interfaces = append(spec.Interfaces, i)
		}
	}
	return spec
}

type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) prefix() netip.Prefix {
	return netip.MustParsePrefix(pick(g, "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/16", "10.0.0.0/23", "10.0.1.0/24", "10.0.3.10/32", "192.0.2.0/24", "198.51.100.0/27"))
}

func (g generator) ports() (from, to int) {
	p := pick(g, [2]int{0, 65535}, [2]int{0, 65535}, [2]int{portA, portA}, [2]int{portA, portB}, [2]int{portB, 65535}, [2]int{1024, 65535}, [2]int{80, 80})
	return p[0], p[1]
}

func (g generator) rules() (all []network.Rule) {
	for range 1 + g.IntN(4) {
		r := network.Rule{Protocol: pick(g, "-1", "-1", "tcp", "udp")}
		r.FromPort, r.ToPort = g.ports()
		if g.IntN(3) == 0 {
			r.Groups = []string{fmt.Sprint("sg-", g.IntN(4))}
		} else {
			r.Prefixes = []netip.Prefix{g.prefix()}
		}
		all = append(all, r)
	}
	return all
}

func (g generator) entries() (all []network.ACLRule) {
	for range g.IntN(4) {
		e := network.ACLRule{Allow: g.IntN(3) > 0, Protocol: pick(g, "-1", "tcp", "udp"), Prefix: g.prefix()}
		e.FromPort, e.ToPort = g.ports()
		all = append(all, e)
	}
	if g.IntN(6) > 0 {
		all = append(all, allowAll)
	}
	return all
}

func (g generator) routes() (all []network.Route) {
	for _, destination := range []string{"0.0.0.0/0", "192.0.2.0/24", "198.51.100.0/27"} {
		if g.IntN(3) > 0 {
			all = append(all, network.Route{Destination: netip.MustParsePrefix(destination), Blackhole: g.IntN(3) == 0})
		}
	}
	return all
}

// question is one that an interface, or the internet, asks another.
type question struct {
	from, to       string // an interface's id, or "internet"
	at             netip.AddrPort
	opens, replied bool // as predicted
}

func (q question) String() string { return fmt.Sprintf("%s asks %s at %s", q.from, q.to, q.at) }

// prober has the sockets of a VPC's interfaces, and of the internet.
type prober struct {
	places map[string]*network.Namespace
	out    map[string]net.PacketConn
	asked  []question

	mu                sync.Mutex
	reached, answered map[string]bool // by the question's text
}

const theInternet = "internet"

func newProber(t *testing.T, f *network.Fabric, spec network.VPC) *prober {
	p := &prober{places: map[string]*network.Namespace{theInternet: internet(t)}, out: map[string]net.PacketConn{},
		reached: map[string]bool{}, answered: map[string]bool{}}
	for _, i := range spec.Interfaces {
		n, err := f.Interface(i.ID)
		if err != nil {
			t.Fatal(err)
		}
		p.places[i.ID] = n
	}
	for id, n := range p.places {
		p.out[id] = p.listen(t, n, portOut, func(b []byte, _ net.PacketConn, _ net.Addr) { p.note(p.answered, string(b)) })
		for _, port := range []int{portA, portB} {
			p.listen(t, n, port, func(b []byte, c net.PacketConn, from net.Addr) {
				p.note(p.reached, string(b))
				_, _ = c.WriteTo(b, from) // whether it comes back is what the test asks
			})
			serve(t, n, strconv.Itoa(port))
		}
	}
	return p
}

func (p *prober) note(in map[string]bool, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in[what] = true
}

// listen hands every datagram at a port to a function.
func (p *prober) listen(t *testing.T, n *network.Namespace, port int, each func([]byte, net.PacketConn, net.Addr)) net.PacketConn {
	t.Helper()
	c, err := n.ListenPacket("udp", "0.0.0.0:"+strconv.Itoa(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 256)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			each(b[:n], c, from)
		}
	}()
	return c
}

// questions are those of every interface to every other one at each of its addresses, and of each to the internet and back.
func questions(m model, protocol string) (all []question) {
	for _, port := range []int{portA, portB} {
		for _, from := range m.Interfaces {
			for _, to := range m.Interfaces {
				for _, at := range []netip.Addr{to.Address, to.Public} {
					if from.ID != to.ID && at.IsValid() {
						q := question{from: from.ID, to: to.ID, at: netip.AddrPortFrom(at, uint16(port))}
						q.opens = m.opens(from, to, at, protocol, port)
						q.replied = q.opens && m.replies(from, to, at, protocol, portOut)
						all = append(all, q)
					}
				}
			}
			user := address.HostUser
			ask, back := packet{protocol, user, port}, packet{protocol, user, portOut}
			out := question{from: from.ID, to: theInternet, at: netip.AddrPortFrom(user, uint16(port)), opens: m.visits(from, ask)}
			out.replied = out.opens && m.passes(from, back, ingress)
			all = append(all, out)
			if from.Public.IsValid() {
				in := question{from: theInternet, to: from.ID, at: netip.AddrPortFrom(from.Public, uint16(port)), opens: m.visited(from, ask)}
				in.replied = in.opens && m.leaves(from, user) && m.passes(from, back, egress)
				all = append(all, in)
			}
		}
	}
	return all
}

// datagrams asks all questions. What is predicted to come is awaited; what must not come has the time that this takes, and
// some more.
func (p *prober) datagrams(t *testing.T) {
	t.Helper()
	for _, q := range p.asked {
		p.ask(q)
	}
	for end := patience.Deadline(); ; time.Sleep(refusal) {
		missing := p.missing()
		if len(missing) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("predicted, and never came:\n%s", strings.Join(missing, "\n"))
		}
		for _, q := range p.asked { // a datagram may be lost
			if slices.Contains(missing, q.String()) {
				p.ask(q)
			}
		}
	}
	time.Sleep(refusal)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.asked {
		if got := p.reached[q.String()]; got != q.opens {
			t.Errorf("%s: arrived: %v, predicted %v", q, got, q.opens)
		}
		if got := p.answered[q.String()]; got != q.replied {
			t.Errorf("%s: answered: %v, predicted %v", q, got, q.replied)
		}
	}
}

func (p *prober) ask(q question) {
	// What has no route fails at once, which is not an answer.
	_, _ = p.out[q.from].WriteTo([]byte(q.String()), net.UDPAddrFromAddrPort(q.at))
}

// missing lists the questions that were predicted to arrive, or to be answered, and are not yet.
func (p *prober) missing() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.asked {
		if q.opens && !p.reached[q.String()] || q.replied && !p.answered[q.String()] {
			all = append(all, q.String())
		}
	}
	return all
}

// connections tries some of the pairs by TCP at once, and returns how many. No ranges of ports divide those from which the kernel
// lets connections come, so that the prediction for one of them holds.
func (p *prober) connections(t *testing.T, random *rand.Rand, all []question) int {
	t.Helper()
	random.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	all = all[:32]
	var wg sync.WaitGroup
	for _, q := range all {
		wg.Go(func() {
			limit := refusal
			if q.replied {
				limit = patience.Limit
			}
			got := seen(t, p.places[q.from], q.at.String(), limit)
			if _, err := netip.ParseAddr(got); (err == nil) != q.replied {
				t.Errorf("%s by TCP: %s; predicted to be made: %v", q, got, q.replied)
			}
		})
	}
	wg.Wait()
	return len(all)
}
