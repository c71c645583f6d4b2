package network_test

import (
	"cmp"
	"fmt"
	"maps"
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
	portOut      = 40000 // and the following: each place has its own, which a NAT gateway keeps
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
	var sent, open, answered, answered6, dialled, throughNAT, toPeer int
	for n := range vpcs {
		specs := randomVPCs(random)
		if !t.Run(fmt.Sprint("vpc ", n), func(t *testing.T) {
			f := newFabric(t, specs...)
			p := newProber(t, f, specs)
			p.asked = questions(specs, "udp")
			p.datagrams(t)
			for _, q := range p.asked {
				sent++
				for count, is := range map[*int]bool{
					&open: q.opens, &answered: q.replied, &answered6: q.replied && q.at.Addr().Is6(),
					&throughNAT: q.replied && q.nat, &toPeer: q.replied && q.peer,
				} {
					if is {
						*count++
					}
				}
			}
			dialled += p.connections(t, random, questions(specs, "tcp"))
			if t.Failed() {
				t.Logf("%+v", specs)
			}
		}) {
			break
		}
	}
	t.Logf("%d pairs of VPCs: %d questions asked by datagrams, of which %d arrive and %d are answered "+
		"(%d of IPv6, %d through the NAT gateway, %d by the peered VPC); %d connections tried",
		vpcs, sent, open, answered, answered6, throughNAT, toPeer, dialled)
}

// randomVPCs are two that may be peered. The first has four subnets with two interfaces each, and a NAT gateway in the first
// one, whose route table does not lead to it.
func randomVPCs(random *rand.Rand) []network.VPC {
	g := generator{random}
	a, b := g.vpc("a", 0, 4), g.vpc("b", 1, 2)
	a.Gateway, a.EgressOnly = g.IntN(5) > 0, g.IntN(3) > 0
	for n := range a.Interfaces {
		if g.IntN(3) > 0 {
			a.Interfaces[n].Public = netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + n)})
		}
	}
	first := a.Interfaces[0]
	nat := network.Interface{ID: "eni-nat", Address: netip.MustParseAddr("10.0.0.30"), Subnet: first.Subnet, RouteTable: "rtb-a0",
		NetworkACL: first.NetworkACL, NAT: &network.NAT{Idle: time.Hour, Sources: []netip.Addr{netip.MustParseAddr("10.0.0.30")}}}
	if g.IntN(4) > 0 {
		nat.Public = netip.MustParseAddr("198.51.100.30")
	}
	a.Interfaces[0].RouteTable, a.Interfaces[1].RouteTable = nat.RouteTable, nat.RouteTable
	a.Interfaces = append(a.Interfaces, nat)
	if g.IntN(3) > 0 {
		a.RouteTables[1].Routes = slices.DeleteFunc(a.RouteTables[1].Routes, func(r network.Route) bool { return r.Destination == anywhere })
		a.RouteTables[1].Routes = append(a.RouteTables[1].Routes, network.Route{Destination: anywhere, Interface: nat.ID, Blackhole: g.IntN(6) == 0})
	}
	if g.IntN(4) > 0 {
		g.peer(&a, b)
		g.peer(&b, a)
	}
	return []network.VPC{a, b}
}

// vpc has subnets with two interfaces each, two route tables, four groups and three ACLs.
func (g generator) vpc(name string, second byte, subnets int) network.VPC {
	spec := network.VPC{ID: "vpc-" + name, CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, 0, 0}), 16)}
	block := address.BlockIPv6(1, int(second))
	if g.IntN(4) > 0 {
		spec.IPv6 = []netip.Prefix{block}
	}
	for n := range 4 {
		spec.SecurityGroups = append(spec.SecurityGroups, network.SecurityGroup{ID: fmt.Sprint("sg-", name, n), Ingress: g.rules(), Egress: g.rules()})
	}
	for n := range 3 {
		spec.NetworkACLs = append(spec.NetworkACLs, network.NetworkACL{ID: fmt.Sprint("acl-", name, n), Ingress: g.entries(), Egress: g.entries()})
	}
	for n := range 2 {
		spec.RouteTables = append(spec.RouteTables, network.RouteTable{ID: fmt.Sprint("rtb-", name, n), Routes: g.routes()})
	}
	for subnet := range subnets {
		table, acl := fmt.Sprint("rtb-", name, g.IntN(2)), fmt.Sprint("acl-", name, g.IntN(3))
		for host := range 2 {
			i := network.Interface{ID: fmt.Sprintf("eni-%s%d%d", name, subnet, host), RouteTable: table, NetworkACL: acl,
				Address: netip.AddrFrom4([4]byte{10, second, byte(subnet), byte(10 + host)}),
				Subnet:  netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, byte(subnet), 0}), 24)}
			if spec.IPv6 != nil {
				base := block.Addr().As16()
				base[7] = byte(subnet)
				i.SubnetIPv6 = netip.PrefixFrom(netip.AddrFrom16(base), 64)
				if base[15] = byte(10 + host); g.IntN(4) > 0 {
					i.IPv6 = []netip.Addr{netip.AddrFrom16(base)}
				}
			}
			for range 1 + g.IntN(2) {
				i.Groups = append(i.Groups, fmt.Sprint("sg-", name, g.IntN(4)))
			}
			spec.Interfaces = append(spec.Interfaces, i)
		}
	}
	return spec
}

// peer gives a VPC its end of the connection to another one, with routes or without.
func (g generator) peer(own *network.VPC, other network.VPC) {
	p := network.Peering{ID: "pcx-1", Peer: other.ID, CIDRs: append([]netip.Prefix{other.CIDR}, other.IPv6...)}
	for _, group := range other.SecurityGroups {
		members := network.PeerGroup{ID: group.ID}
		for _, i := range other.Interfaces {
			if slices.Contains(i.Groups, group.ID) {
				members.Members = append(append(members.Members, i.Address), i.IPv6...)
			}
		}
		p.Groups = append(p.Groups, members)
	}
	own.Peerings = []network.Peering{p}
	for n := range own.RouteTables {
		for _, to := range p.CIDRs {
			if g.IntN(4) > 0 {
				own.RouteTables[n].Routes = append(own.RouteTables[n].Routes, network.Route{Destination: to, Peering: p.ID})
			}
		}
	}
}

type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) prefix() netip.Prefix {
	return netip.MustParsePrefix(pick(g, "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/16",
		"10.0.0.0/23", "10.0.1.0/24", "10.0.3.10/32", "10.1.0.0/24", "192.0.2.0/24", "198.51.100.0/27"))
}

func (g generator) prefixIPv6() netip.Prefix {
	return netip.MustParsePrefix(pick(g, "::/0", "::/0", "::/0", "2001:db8::/64",
		"2001:db8:100::/56", "2001:db8:100::/63", "2001:db8:100:3::a/128", "2001:db8:100:100::/56"))
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
			r.Groups = []string{fmt.Sprint("sg-", pick(g, "a", "a", "b"), g.IntN(4))}
		} else {
			r.Prefixes = []netip.Prefix{g.prefix(), g.prefixIPv6()}
		}
		all = append(all, r)
	}
	return all
}

func (g generator) entries() (all []network.ACLRule) {
	for range g.IntN(4) {
		e := network.ACLRule{Allow: g.IntN(3) > 0, Protocol: pick(g, "-1", "tcp", "udp"), Prefix: g.prefix()}
		if g.IntN(2) > 0 {
			e.Prefix = g.prefixIPv6()
		}
		e.FromPort, e.ToPort = g.ports()
		all = append(all, e)
	}
	for _, last := range []network.ACLRule{allowAll, {Allow: true, Protocol: "-1", Prefix: anywhereIPv6}} {
		if g.IntN(6) > 0 {
			all = append(all, last)
		}
	}
	return all
}

func (g generator) routes() (all []network.Route) {
	for _, destination := range []string{"0.0.0.0/0", "192.0.2.0/24", "198.51.100.0/27"} {
		if g.IntN(3) > 0 {
			all = append(all, network.Route{Destination: netip.MustParsePrefix(destination), Blackhole: g.IntN(3) == 0})
		}
	}
	for _, destination := range []string{"::/0", "2001:db8::/64"} {
		if g.IntN(4) > 0 {
			all = append(all, network.Route{Destination: netip.MustParsePrefix(destination), Blackhole: g.IntN(6) == 0, EgressOnly: g.IntN(3) == 0})
		}
	}
	return all
}

// question is one that an interface, or the internet, asks another.
type question struct {
	from, to       string // an interface's id, or "internet"
	at             netip.AddrPort
	opens, replied bool // as predicted
	nat, peer      bool // whether it goes through a NAT gateway, or to the peered VPC
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

func newProber(t *testing.T, f *network.Fabric, specs []network.VPC) *prober {
	p := &prober{places: map[string]*network.Namespace{theInternet: internet(t)}, out: map[string]net.PacketConn{},
		reached: map[string]bool{}, answered: map[string]bool{}}
	for _, spec := range specs {
		for _, i := range spec.Interfaces {
			n, err := f.Interface(i.ID)
			if err != nil {
				t.Fatal(err)
			}
			if i.NAT == nil {
				p.places[i.ID] = n
			}
		}
	}
	for n, id := range slices.Sorted(maps.Keys(p.places)) {
		place := p.places[id]
		p.out[id] = p.listen(t, place, portOut+n, func(b []byte, _ net.PacketConn, from net.Addr) {
			if asked := string(b); strings.HasSuffix(asked, " "+from.String()) { // the reply is of whom it asked
				p.note(p.answered, asked)
			}
		})
		for _, port := range []int{portA, portB} {
			p.listen(t, place, port, func(b []byte, c net.PacketConn, from net.Addr) {
				p.note(p.reached, string(b))
				_, _ = c.WriteTo(b, from) // whether it comes back is what the test asks
			})
			serve(t, place, strconv.Itoa(port))
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
	c, err := n.ListenPacket("udp", ":"+strconv.Itoa(port))
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
	places := []place{{}}
	for _, v := range m {
		for _, i := range v.Interfaces {
			if i.NAT == nil {
				places = append(places, place{i, v})
			}
		}
	}
	for _, from := range places {
		for _, to := range places {
			addresses := append([]netip.Addr{to.Address, to.Public}, to.IPv6...)
			if to.internet() {
				addresses = []netip.Addr{address.HostUser, address.HostUserIPv6}
			}
			for _, at := range addresses {
				if from.ID == to.ID || !at.IsValid() {
					continue
				}
				for _, port := range []int{portA, portB} {
					q := question{from: cmp.Or(from.ID, theInternet), to: cmp.Or(to.ID, theInternet), at: netip.AddrPortFrom(at, uint16(port))}
					q.opens = m.opens(from, at, protocol, port)
					q.replied = q.opens && m.replies(from, at, protocol, portOut)
					j, _ := m.way(from, at)
					q.nat, q.peer = j.nat != nil, !from.internet() && !to.internet() && from.vpc.ID != to.vpc.ID
					all = append(all, q)
				}
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
