package dns

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/routing"
)

func TestQueryLog(t *testing.T) {
	s := NewServer(Config{})
	s.Swap(routing.New(1, 1, nil).WithZones([]routing.HostedZone{
		{
			ID:      "Z1",
			Name:    "hello.test.",
			Records: []*r53types.ResourceRecordSet{set("hello.test.", r53types.RRTypeA, pAddr), set(`\052.hello.test.`, r53types.RRTypeA, pAddr)},
		},
		{ID: "Z2", Name: "quiet.test."},
	}))
	var log bytes.Buffer
	s.SetQueryLogs(map[string]io.Writer{"Z1": &log})
	udp, tcp := newAsker(s, false), newAsker(s, true)
	at := time.Date(2017, 12, 13, 8, 16, 2, 130e6, time.UTC)
	udp.now, tcp.now = at, at
	subnet := new(dns.Msg).SetQuestion("Hello.test.", dns.TypeA)
	subnet.SetEdns0(1232, false).IsEdns0().Option = []dns.EDNS0{
		&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: netip.MustParseAddr("192.168.222.0").AsSlice()},
	}
	for range 2 {
		udp.ask(t, subnet)
	}
	tcp.ask(t, new(dns.Msg).SetQuestion(`a\032b\.c.hello.test.`, dns.TypeAAAA))
	udp.ask(t, new(dns.Msg).SetQuestion("hello.test.", 65280))
	udp.ask(t, new(dns.Msg).SetQuestion("quiet.test.", dns.TypeA))
	udp.ask(t, new(dns.Msg).SetQuestion("example.com.", dns.TypeA))
	s.SetQueryLogs(nil)
	udp.ask(t, subnet)
	want := `1.0 2017-12-13T08:16:02.130Z Z1 Hello.test A NOERROR UDP LCL1 198.51.100.99 192.168.222.0/24
1.0 2017-12-13T08:16:02.130Z Z1 Hello.test A NOERROR UDP LCL1 198.51.100.99 192.168.222.0/24
1.0 2017-12-13T08:16:02.130Z Z1 a\040b\056c.hello.test AAAA NOERROR TCP LCL1 198.51.100.99 -
1.0 2017-12-13T08:16:02.130Z Z1 hello.test TYPE65280 NOERROR UDP LCL1 198.51.100.99 -
`
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Error(diff)
	}
}

// A log whose writer hangs holds up no answer: lines are lost, and counted.
func TestSlowQueryLogsLoseLines(t *testing.T) {
	s := helloServer(Config{})
	hang := make(chan struct{})
	s.SetQueryLogs(map[string]io.Writer{"Z1": writer(func(b []byte) (int, error) { <-hang; return len(b), nil })})
	a := newAsker(s, false)
	const asked = 3 * queryLogQueue
	for range asked {
		a.ask(t, new(dns.Msg).SetQuestion("hello.test.", dns.TypeA))
	}
	close(hang)
	s.Close()
	if n := s.lostLines.Load(); n == 0 || n >= asked {
		t.Errorf("%d of %d lines were lost", n, asked)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// Logs may be changed while all is being asked, and none of the lines between is lost.
func TestQueryLogsChangeUnderWay(t *testing.T) {
	s := helloServer(Config{})
	var lines [2]bytes.Buffer
	var asking sync.WaitGroup
	s.SetQueryLogs(map[string]io.Writer{"Z1": &lines[0]})
	asking.Go(func() {
		a := newAsker(s, false)
		for range 2000 {
			a.ask(t, new(dns.Msg).SetQuestion("hello.test.", dns.TypeA))
		}
	})
	for i := range 50 {
		s.SetQueryLogs(map[string]io.Writer{"Z1": &lines[i%2]})
	}
	asking.Wait()
	s.Close()
	if n := bytes.Count(lines[0].Bytes(), []byte("\n")) + bytes.Count(lines[1].Bytes(), []byte("\n")) + int(s.lostLines.Load()); n < 1950 || n > 2000 {
		t.Errorf("%d lines of 2000 questions", n)
	}
}

func TestMetrics(t *testing.T) {
	s := helloServer(Config{RateLimit: RateLimit{PerSecond: 2, Slip: 2, IPv4: 24, IPv6: 56}})
	a := &asker{s, responder{server: s, face: s.face(Inside), count: s.counting("udp", io.NopCloser(nil)), now: time.Unix(1, 0)}}
	for range 6 {
		a.ask(t, new(dns.Msg).SetQuestion("hello.test.", dns.TypeA))
	}
	a.ask(t, new(dns.Msg).SetQuestion("no.hello.test.", dns.TypeCAA))
	a.ask(t, new(dns.Msg).SetQuestion("hello.test.", dns.TypeTA))
	a.raw(nil)
	var b bytes.Buffer
	if err := s.WriteMetrics(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`understudy_dns_queries_total{transport="udp",type="A"} 6`,
		`understudy_dns_queries_total{transport="udp",type="CAA"} 1`,
		`understudy_dns_queries_total{transport="udp",type="other"} 1`,
		`understudy_dns_answers_total{transport="udp",rcode="NOERROR"} 5`,
		`understudy_dns_answers_total{transport="udp",rcode="NXDOMAIN"} 1`,
		`understudy_dns_composed_total{transport="udp"} 3`,
		`understudy_dns_truncated_total{transport="udp"} 2`,
		`understudy_dns_dropped_total{transport="udp"} 1`,
		`understudy_dns_rate_limited_dropped_total{transport="udp"} 2`,
		`understudy_dns_rate_limited_slipped_total{transport="udp"} 2`,
		`understudy_dns_composed_total{transport="tcp"} 0`,
		`understudy_dns_connections 0`,
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
	// Prometheus wants each line to be a comment, or a name with labels and a number.
	for line := range strings.Lines(b.String()) {
		var value float64
		if !strings.HasPrefix(line, "# ") {
			if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' '):], &value); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}
