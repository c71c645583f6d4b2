package dns

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/routing"

	"github.com/understudy/understudy/internal/patience"
)

// Figures of a server with 100,000 records, for bench/dns/run.sh: how much memory they take, and how long it is from a
// change of health to the first answer by UDP that is another. That one must be under a millisecond; and must always be
// the first that is asked for after the change.
func TestFigures(t *testing.T) {
	const zones, pairs = 10, 5000
	var all []routing.HostedZone
	for z := range zones {
		name := fmt.Sprintf("z%d.test.", z)
		zone := routing.HostedZone{ID: fmt.Sprintf("Z%d", z), Name: name}
		for i := range pairs {
			zone.Records = append(zone.Records, failover(fmt.Sprintf("n%d.%s", i, name), fmt.Sprintf("%d-%d", z, i))...)
		}
		all = append(all, zone)
	}
	before := heap()
	begin := time.Now()
	v := routing.New(1, 1, nil).WithZones(all)
	compiling := time.Since(begin)
	health := map[string]bool{}
	for z := range zones {
		for i := range pairs {
			health[fmt.Sprintf("%d-%d", z, i)] = true
		}
	}
	compiled := heap()
	v = v.WithHealth(health)
	checked := heap()
	figure := func(name string, value float64, unit string) {
		fmt.Printf("figure dns.%s %.1f %s\n", name, value, unit)
	}
	figure("bytes_per_record", float64(compiled-before)/(2*zones*pairs), "bytes")
	figure("bytes_per_check", float64(checked-compiled)/(zones*pairs), "bytes")

	p, l := listenBoth(t)
	s := NewServer(Config{})
	s.Swap(v)
	s.Serve(Inside, []net.PacketConn{p}, []net.Listener{l})
	defer s.Close()
	c, err := net.Dial("udp4", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ask := func(q []byte) string {
		b := make([]byte, maxUDP)
		if err := c.SetDeadline(patience.Deadline()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(q); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		m := new(dns.Msg)
		if err := m.Unpack(b[:n]); err != nil {
			t.Fatal(err)
		}
		return m.Answer[0].(*dns.A).A.String()
	}
	var took []time.Duration
	for range 500 {
		z, i := rand.IntN(zones), rand.IntN(pairs)
		q, err := new(dns.Msg).SetQuestion(fmt.Sprintf("n%d.z%d.test.", i, z), dns.TypeA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		for _, healthy := range []bool{false, true} {
			ask(q) // it is packed
			begin := time.Now()
			v = v.WithHealth(map[string]bool{fmt.Sprintf("%d-%d", z, i): healthy})
			s.Swap(v)
			got := ask(q)
			took = append(took, time.Since(begin))
			if want := map[bool]string{true: pAddr, false: sAddr}[healthy]; got != want {
				t.Fatalf("healthy %v: %s", healthy, got)
			}
		}
	}
	slices.SortFunc(took, cmp.Compare)
	micro := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	median := took[len(took)/2]
	figure("health_to_answer_us", micro(median), "µs")
	figure("health_to_answer_us_p99", micro(took[len(took)*99/100]), "µs")
	if median > compiling/20 { // all is not compiled anew
		t.Errorf("a change of health is answered after %v; compiling all zones takes %v", median, compiling)
	}

	before = heap()
	a := newAsker(s, false)
	for z := range zones {
		for i := range pairs {
			a.ask(t, new(dns.Msg).SetQuestion(fmt.Sprintf("n%d.z%d.test.", i, z), dns.TypeA))
		}
	}
	kept := 0
	for i := range a.responder.face.cache.sets {
		for j := range a.responder.face.cache.sets[i] {
			if p := a.responder.face.cache.sets[i][j].Load(); p != nil && !p.term.over.Load() {
				kept++
			}
		}
	}
	figure("bytes_per_packed_answer", float64(heap()-before)/float64(kept), "bytes")
	runtime.KeepAlive(all)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What it takes to answer a packed question, without a socket.
func BenchmarkPacked(b *testing.B) {
	a := newAsker(helloServer(Config{}), false)
	q, err := new(dns.Msg).SetQuestion("hello.test.", dns.TypeA).Pack()
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, 0, maxUDP)
	b.ReportAllocs()
	for b.Loop() {
		a.respond(out, q, somebody)
	}
}

// The same with the names of a whole zone in no order, as many as no cache of a core holds.
func BenchmarkPackedZone(b *testing.B) {
	var records []*r53types.ResourceRecordSet
	var questions [][]byte
	for i := range 10000 {
		name := fmt.Sprintf("n%05d.hello.test.", i*7919%10000)
		records = append(records, set(name, r53types.RRTypeA, pAddr))
		q, err := new(dns.Msg).SetQuestion(name, dns.TypeA).Pack()
		if err != nil {
			b.Fatal(err)
		}
		questions = append(questions, q)
	}
	a := newAsker(helloServer(Config{}, records...), false)
	out := make([]byte, 0, maxUDP)
	for i := 0; b.Loop(); i++ {
		a.respond(out, questions[i%len(questions)], somebody)
	}
}

// What it takes to compose an answer.
func BenchmarkComposed(b *testing.B) {
	s := helloServer(Config{})
	a := &asker{s, responder{server: s, face: new(face), count: new(tally)}}
	q, err := new(dns.Msg).SetQuestion("hello.test.", dns.TypeA).Pack()
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, 0, maxUDP)
	b.ReportAllocs()
	for b.Loop() {
		a.respond(out, q, somebody)
	}
}

// How many changes of health of one record set a second can be put in force.
func BenchmarkSwap(b *testing.B) {
	s := NewServer(Config{})
	v := routing.New(1, 1, nil).WithZones([]routing.HostedZone{{ID: "Z1", Name: "hello.test.", Records: []*r53types.ResourceRecordSet{}}})
	s.Swap(v)
	for b.Loop() {
		s.Swap(v.WithHealth(map[string]bool{"p": true}))
	}
}
