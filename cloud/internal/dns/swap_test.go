package dns

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/internal/patience"
)

const sAddr = "203.0.113.1"

// failover is a pair whose primary is behind a health check.
func failover(name, check string) []*r53types.ResourceRecordSet {
	one, two := set(name, r53types.RRTypeA, pAddr), set(name, r53types.RRTypeA, sAddr)
	one.Failover, one.SetIdentifier, one.HealthCheckId = r53types.ResourceRecordSetFailoverPrimary, aws.String("1"), &check
	two.Failover, two.SetIdentifier = r53types.ResourceRecordSetFailoverSecondary, aws.String("2")
	return []*r53types.ResourceRecordSet{one, two}
}

// address is what a name has now.
func (a *asker) address(t testing.TB, name string) string {
	m := a.ask(t, new(dns.Msg).SetQuestion(name, dns.TypeA))
	if len(m.Answer) == 0 {
		return dns.RcodeToString[m.Rcode]
	}
	return m.Answer[0].(*dns.A).A.String()
}

func TestWhatChangesIsAnsweredAtOnce(t *testing.T) {
	s := NewServer(Config{})
	a := newAsker(s, false)
	zone := func(id, name string, records ...*r53types.ResourceRecordSet) routing.HostedZone {
		return routing.HostedZone{ID: id, Name: name, Records: append(records, set(name, r53types.RRTypeSoa, soa))}
	}
	hello := zone("Z1", "hello.test.", append(failover("f.hello.test.", "p"), set("x.sub.hello.test.", r53types.RRTypeA, pAddr))...)
	other := zone("Z2", "other.test.", set("other.test.", r53types.RRTypeA, pAddr))
	v := routing.New(1, 1, nil).WithZones([]routing.HostedZone{hello, other})
	now := func(change *routing.View, wants map[string]string) {
		t.Helper()
		v = change
		s.Swap(v)
		for range 2 { // composed, and then packed
			for name, want := range wants {
				if got := a.address(t, name); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		}
	}
	now(v, map[string]string{"f.hello.test.": pAddr, "other.test.": pAddr, "x.sub.hello.test.": pAddr, "n.hello.test.": "NXDOMAIN"})
	now(v.WithHealth(map[string]bool{"p": false}), map[string]string{"f.hello.test.": sAddr, "other.test.": pAddr})
	now(v.WithHealth(map[string]bool{"p": true}), map[string]string{"f.hello.test.": pAddr, "other.test.": pAddr})
	now(v.WithHealth(map[string]bool{"p": false}), map[string]string{"f.hello.test.": sAddr})

	// One zone changes, and answers of the other stay packed.
	composed := a.count.composed
	hello.Records = append(hello.Records, set("n.hello.test.", r53types.RRTypeA, sAddr))
	now(v.WithZones([]routing.HostedZone{hello, other}), map[string]string{"n.hello.test.": sAddr, "other.test.": pAddr})
	if n := a.count.composed - composed; n != 1 {
		t.Logf("%d answers composed anew after a change of the other's zone", n)
	}
	// A zone comes whose name is below another's: that one's answers are no longer right.
	sub := zone("Z3", "sub.hello.test.", set("x.sub.hello.test.", r53types.RRTypeA, sAddr))
	now(v.WithZones([]routing.HostedZone{hello, other, sub}), map[string]string{"x.sub.hello.test.": sAddr, "other.test.": pAddr})
	now(v.WithZones([]routing.HostedZone{hello, other}), map[string]string{"x.sub.hello.test.": pAddr})
	now(v.WithZones([]routing.HostedZone{hello}), map[string]string{"other.test.": "REFUSED"})
	now(v.WithZones([]routing.HostedZone{hello, other}), map[string]string{"other.test.": pAddr})
	lb := func(addr string) []beacon.LoadBalancer {
		return []beacon.LoadBalancer{{DNSName: "lb.us-east-1.elb.amazonaws.com", Healthy: true, Addresses: []netip.Addr{netip.MustParseAddr(addr)}}}
	}
	now(v.WithBalancers(lb(pAddr)), map[string]string{"lb.us-east-1.elb.amazonaws.com.": pAddr})
	now(v.WithBalancers(lb(sAddr)), map[string]string{"lb.us-east-1.elb.amazonaws.com.": sAddr})
}

// A fault in making an answer stops nothing.
func TestFaultsAreOneAnswersAlone(t *testing.T) {
	s := helloServer(Config{})
	a := newAsker(s, false)
	good := s.inForce.Load()
	s.inForce.Store(new(inForce)) // without a view
	if got := a.address(t, "hello.test."); got != "SERVFAIL" {
		t.Errorf("%s of a view that is not there", got)
	}
	s.inForce.Store(good)
	if got := a.address(t, "hello.test."); got != pAddr {
		t.Errorf("%s after a fault", got)
	}
}

// While health flips and sockets are asked as fast as they answer, no answer is older than the last Swap that
// had returned before its question was asked.
func TestNoAnswerIsStale(t *testing.T) {
	p, l := listenBoth(t)
	s := NewServer(Config{})
	v := routing.New(1, 1, nil).WithZones([]routing.HostedZone{{ID: "Z1", Name: "hello.test.", Records: failover("f.hello.test.", "p")}})
	s.Swap(v)
	s.Serve(Inside, []net.PacketConn{p}, []net.Listener{l})
	defer s.Close()
	var began, ended atomic.Int64 // swaps: the answer of number n is the secondary where n is odd
	var stop atomic.Bool
	var asking sync.WaitGroup
	var asked atomic.Int64
	for range 4 {
		asking.Go(func() {
			c, err := dns.Dial("udp", p.LocalAddr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			client := dns.Client{Timeout: patience.Limit}
			for !stop.Load() {
				low := ended.Load()
				m, _, err := client.ExchangeWithConn(new(dns.Msg).SetQuestion("f.hello.test.", dns.TypeA), c)
				if err != nil {
					t.Error(err)
					return
				}
				high := began.Load()
				asked.Add(1)
				secondary := m.Answer[0].(*dns.A).A.String() == sAddr
				if low == high && secondary != (low%2 == 1) {
					t.Errorf("swap %d: secondary is %v", low, secondary)
					return
				}
			}
		})
	}
	swaps := 0
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); swaps++ {
		v = v.WithHealth(map[string]bool{"p": swaps%2 == 1})
		began.Add(1)
		s.Swap(v)
		ended.Add(1)
		// Long enough that most questions see no change at all, or there is nothing to judge.
		for n := asked.Load() + 8; asked.Load() < n && !t.Failed(); {
			time.Sleep(10 * time.Microsecond)
		}
	}
	stop.Store(true)
	asking.Wait()
	t.Logf("%d questions, %d swaps", asked.Load(), swaps)
}

// The cache's size is fixed, whatever is asked, and name errors push out nothing else.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(64)
	now := new(term)
	put := func(name string, rcode uint16, n int) (kept int) {
		for i := range n {
			m := new(dns.Msg).SetQuestion(fmt.Sprintf(name, i), dns.TypeA)
			b, err := m.Pack()
			if err != nil {
				t.Fatal(err)
			}
			c.put(&packed{message: b, question: uint16(len(b) - headerSize), hash: c.hash(b[headerSize:], false), noName: rcode == dns.RcodeNameError, term: now})
		}
		for i := range c.sets {
			for j := range c.sets[i] {
				if p := c.sets[i][j].Load(); p != nil && p.noName == (rcode == dns.RcodeNameError) {
					kept++
				}
			}
		}
		return kept
	}
	if n := put("a%d.", dns.RcodeNameError, 1000); n == 0 || n > 64 {
		t.Errorf("%d name errors kept in room for 64", n)
	}
	if n := put("b%d.", dns.RcodeSuccess, 1000); n != 64 {
		t.Errorf("%d answers kept in room for 64", n)
	}
	if n := put("c%d.", dns.RcodeNameError, 1000); n != 0 {
		t.Errorf("%d name errors pushed answers out", n)
	}
}

// Two questions whose hashes are the same are told apart.
func TestCollisionsAreHarmless(t *testing.T) {
	c := newCache(ways)
	now := new(term)
	for i := range 3 {
		b, _ := new(dns.Msg).SetQuestion(fmt.Sprintf("n%d.", i), dns.TypeA).Pack()
		c.put(&packed{message: b, question: uint16(len(b) - headerSize), hash: 1, dnssecOK: i == 2, term: now})
	}
	b, _ := new(dns.Msg).SetQuestion("n0.", dns.TypeA).Pack()
	if p := c.find(1, b[headerSize:], false); p != nil {
		t.Error("the answer to another question was replaced, and is found still")
	}
	b, _ = new(dns.Msg).SetQuestion("n1.", dns.TypeA).Pack()
	if p := c.find(1, b[headerSize:], false); p == nil || !p.answers(b[headerSize:], false) {
		t.Errorf("found %v", p)
	}
	if p := c.find(1, b[headerSize:], true); p != nil {
		t.Error("an answer for those who understand signatures was found for others")
	}
}
