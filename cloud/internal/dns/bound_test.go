package dns

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// kinds is a zone with every kind of answer, and questions for each.
func kinds() (*routing.View, []dns.Question) {
	records, questions := kindsOfRecords()
	return view(records...), questions
}

func kindsOfRecords() ([]*r53types.ResourceRecordSet, []dns.Question) {
	records := []*r53types.ResourceRecordSet{
		set("hello.test.", r53types.RRTypeA, pAddr),
		set("hello.test.", r53types.RRTypeMx, "10 mx1.hello.test.", "20 mx2.hello.test."),
		set("hello.test.", r53types.RRTypeNs, "ns-1.awsdns-01.com.", "ns-2.awsdns-02.net."),
		set("six.hello.test.", r53types.RRTypeAaaa, "2001:db8::1"),
		set("alias.hello.test.", r53types.RRTypeCname, "hello.test."),
		set("away.hello.test.", r53types.RRTypeCname, "example.com."),
		set("long.hello.test.", r53types.RRTypeCname, strings.Repeat("a.", 60)+"hello.test."),
		set(`\052.wild.hello.test.`, r53types.RRTypeTxt, `"any"`),
		set("sub.hello.test.", r53types.RRTypeNs, "ns.sub.hello.test.", "ns.example.com."),
		set("ns.sub.hello.test.", r53types.RRTypeA, pAddr),
		set("srv.hello.test.", r53types.RRTypeSrv, "1 2 3 hello.test."),
		set("caa.hello.test.", r53types.RRTypeCaa, `0 issue "ca.example.net"`),
		set("deep.empty.hello.test.", r53types.RRTypeA, pAddr),
	}
	records = append(records, failover("fail.hello.test.", "p")...)
	for i := range 2 {
		w := set("weighted.hello.test.", r53types.RRTypeA, fmt.Sprintf("198.51.100.%d", i))
		w.Weight, w.SetIdentifier = aws.Int64(1), aws.String(fmt.Sprint(i))
		records = append(records, w)
	}
	text := func(n, last int) {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprintf(`"%d %s"`, i, strings.Repeat("x", 60)))
		}
		values = append(values, fmt.Sprintf(`"%s"`, strings.Repeat("y", last)))
		records = append(records, set(fmt.Sprintf("t%dx%d.hello.test.", n, last), r53types.RRTypeTxt, values...))
	}
	text(40, 1)
	text(400, 1)
	for last := range 60 { // to either side of 512 and of 1,232 bytes
		text(6, last)
		text(15, last)
	}
	questions := []dns.Question{
		{Name: "nothing.hello.test."},
		{Name: "a.wild.hello.test."},
		{Name: "empty.hello.test."},
		{Name: "x.sub.hello.test."},
		{Name: "example.com."},
		{Name: "."},
		{Name: strings.Repeat("a.", 120) + "hello.test."},
	}
	for _, r := range records {
		questions = append(questions, dns.Question{Name: *r.Name, Qtype: dns.StringToType[string(r.Type)]})
	}
	for _, q := range questions[:len(questions):len(questions)] {
		for _, rtype := range []uint16{dns.TypeA, dns.TypeANY, dns.TypeDS, dns.TypeSOA, dns.TypeAXFR} {
			questions = append(questions, dns.Question{Name: q.Name, Qtype: rtype})
		}
	}
	return records, questions
}

// No datagram is larger than 512 bytes without EDNS, than what the asker takes with it, and than 1,232 in any
// case, whatever is asked; nor a TCP answer than any message. What a forged question of n bytes amplifies to is
// so bounded, and where the rate limit is on, to n and an OPT record of ours.
func TestAnswersAreBounded(t *testing.T) {
	records, questions := kindsOfRecords()
	t.Run("plain", func(t *testing.T) {
		bounded(t, view(records...), questions, []int{0, 1, 512, 513, 800, 1220, 1231, 1232, 1233, 4096, 65535}, false)
	})
	t.Run("signed", func(t *testing.T) {
		v, _ := signedView(t, records...)
		bounded(t, v, questions, []int{512, 1232, 65535}, true)
	})
}

func bounded(t *testing.T, v *routing.View, questions []dns.Question, sizes []int, dnssecOK bool) {
	s := NewServer(Config{})
	s.Swap(v)
	limited := NewServer(Config{RateLimit: RateLimit{PerSecond: 1, Slip: 1, IPv4: 0, IPv6: 0}})
	limited.Swap(v)
	udp, tcp, over := newAsker(s, false), newAsker(s, true), newAsker(limited, false)
	largest, cut := 0, 0
	for _, question := range questions {
		for _, size := range sizes {
			for _, options := range []string{"", "cookie", "subnet", "cookie subnet"} {
				q := new(dns.Msg).SetQuestion(question.Name, question.Qtype)
				bound := dns.MinMsgSize
				if size > 0 {
					opt := q.SetEdns0(uint16(size), dnssecOK).IsEdns0()
					if strings.Contains(options, "cookie") {
						opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0102030405060708"})
					}
					if strings.Contains(options, "subnet") {
						opt.Option = append(opt.Option, &dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 2, SourceNetmask: 128, Address: net.ParseIP("2001:db8::1")})
					}
					bound = min(max(size, dns.MinMsgSize), 1232)
				}
				b, err := q.Pack()
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // composed, and then packed
					answer := udp.raw(b)
					largest = max(largest, len(answer))
					if len(answer) > bound {
						t.Fatalf("%s %s, size %d, %s: %d bytes", question.Name, dns.TypeToString[question.Qtype], size, options, len(answer))
					}
					if m := new(dns.Msg); m.Unpack(answer) != nil {
						t.Fatalf("%v: %x", question, answer)
					} else if m.Truncated {
						if cut++; len(m.Answer)+len(m.Ns) > 0 {
							t.Fatalf("half an answer: %v", m)
						}
					}
					full := new(dns.Msg)
					if err := full.Unpack(tcp.raw(b)); err != nil || full.Truncated {
						t.Fatalf("%v by TCP: %v %v", question, err, full)
					}
				}
				over.raw(b)
				if n := len(over.raw(b)); n > len(b)+4+serverCookieSize {
					t.Fatalf("%v over the rate: %d bytes to %d", question, n, len(b))
				}
			}
		}
	}
	t.Logf("%d questions, %d ways each; the largest datagram had %d bytes; %d were cut", len(questions), 4*len(sizes), largest, cut)
}

// The batch loop and the kernel's cutting of it change nothing: bursts of every kind of question from one socket
// get the answers that they get alone.
func TestBurstsAreAnsweredOneByOne(t *testing.T) { bursts(t, func(net.PacketConn) {}) }

// The same where sockets take one datagram at a time.
func TestSocketsWithoutBatches(t *testing.T) {
	p, _ := listenBoth(t)
	burstsTo(t, struct{ net.PacketConn }{p})
}

func TestBurstsByIPv6(t *testing.T) {
	p, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	burstsTo(t, p)
}

func bursts(t *testing.T, prepare func(net.PacketConn)) {
	p, _ := listenBoth(t)
	prepare(p)
	burstsTo(t, p)
}

func burstsTo(t *testing.T, p net.PacketConn) {
	t.Helper()
	random := chance.New(t)
	v, questions := kinds()
	s := NewServer(Config{})
	s.Swap(v)
	s.Serve(Inside, []net.PacketConn{p}, nil)
	defer s.Close()
	alone := newAsker(s, false)
	c, err := net.Dial("udp", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 50 {
		wants := map[uint16]string{}
		first := random.IntN(len(questions))
		for i := range 1 + random.IntN(100) {
			question := questions[(first+i/(1+random.IntN(40)))%len(questions)]
			if strings.HasPrefix(question.Name, "weighted") {
				continue
			}
			q := new(dns.Msg).SetQuestion(question.Name, question.Qtype)
			q.Id = uint16(i)
			q.SetEdns0(1232, false)
			b, err := q.Pack()
			if err != nil {
				t.Fatal(err)
			}
			wants[q.Id] = string(alone.raw(b))
			if _, err := c.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		b := make([]byte, 2000)
		for len(wants) > 0 {
			if err := c.SetReadDeadline(patience.Deadline()); err != nil {
				t.Fatal(err)
			}
			n, err := c.Read(b)
			if err != nil {
				t.Fatalf("%v: %d answers are missing", err, len(wants))
			}
			id := uint16(b[0])<<8 | uint16(b[1])
			if string(b[:n]) != wants[id] {
				t.Fatalf("answer %d: %x, want %x", id, b[:n], wants[id])
			}
			delete(wants, id)
		}
	}
}

// What no message can hold is a failure of the server, and no crash.
func TestRecordsBeyondAnyMessage(t *testing.T) {
	var values []string
	for range 400 { // the quota of values of a record, and of 255 bytes each
		values = append(values, `"`+strings.Repeat("x", 255)+`"`)
	}
	s := helloServer(Config{}, set("vast.hello.test.", r53types.RRTypeTxt, values...))
	for _, tcp := range []bool{false, true} {
		if m := newAsker(s, tcp).ask(t, new(dns.Msg).SetQuestion("vast.hello.test.", dns.TypeTXT)); m.Rcode != dns.RcodeServerFailure {
			t.Errorf("tcp %v: %v", tcp, m)
		}
	}
}
