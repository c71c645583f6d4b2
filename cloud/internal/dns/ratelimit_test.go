package dns

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestRateLimit(t *testing.T) {
	limit := RateLimit{PerSecond: 10, Slip: 2, IPv4: 24, IPv6: 56, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	a := newAsker(helloServer(Config{RateLimit: limit}), false)
	a.now = time.Unix(1_700_000_000, 0)
	flood := func(from, name string, n int) (full, short, none int) {
		b, err := new(dns.Msg).SetQuestion(name, dns.TypeA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			switch answer := a.respond(nil, b, netip.MustParseAddr(from)); {
			case answer == nil:
				none++
			case answer[2]&(bitTruncated>>8) != 0:
				short++
				if len(answer) > len(b) {
					t.Errorf("a short answer has %d bytes, its question %d", len(answer), len(b))
				}
			default:
				full++
			}
		}
		return
	}
	expect := func(what string, full, short, none, wantFull, wantShort, wantNone int) {
		t.Helper()
		if full != wantFull || short != wantShort || none != wantNone {
			t.Errorf("%s: %d answered, %d short, %d not at all; want %d, %d, %d", what, full, short, none, wantFull, wantShort, wantNone)
		}
	}
	full, short, none := flood("198.51.100.1", "hello.test.", 30)
	expect("a flood", full, short, none, 10, 10, 10)
	full, short, none = flood("198.51.100.200", "hello.test.", 2)
	expect("its neighbour", full, short, none, 0, 1, 1)
	full, short, none = flood("198.51.101.1", "hello.test.", 10)
	expect("another network", full, short, none, 10, 0, 0)
	full, short, none = flood("198.51.100.1", "a.wild.hello.test.", 10)
	expect("another answer", full, short, none, 10, 0, 0)
	full, short, none = flood("127.0.0.1", "hello.test.", 100)
	expect("exempt", full, short, none, 100, 0, 0)
	for _, name := range []string{"a.hello.test.", "b.hello.test.", "c.hello.test.", "d.hello.test."} {
		full, _, _ = flood("192.0.2.200", name, 5)
	}
	if full > 0 {
		t.Error("name errors of a zone are not counted together")
	}
	a.now = a.now.Add(500 * time.Millisecond)
	full, short, none = flood("198.51.100.1", "hello.test.", 6)
	expect("half a second later", full, short, none, 5, 0, 1)
}

// Who can show a cookie is not limited, and who is gets one instead of half an answer.
func TestCookiesPassTheRateLimit(t *testing.T) {
	a := newAsker(helloServer(Config{RateLimit: RateLimit{PerSecond: 1, Slip: 1, IPv4: 24, IPv6: 56}}), false)
	ask := func(cookie string) (int, string) {
		q := new(dns.Msg).SetQuestion("hello.test.", dns.TypeA)
		q.SetEdns0(1232, false).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: cookie}}
		m := a.ask(t, q)
		if m.Rcode == dns.RcodeBadCookie && (m.Truncated || len(m.Answer) > 0) {
			t.Errorf("%v", m)
		}
		return m.Rcode, m.IsEdns0().Option[0].(*dns.EDNS0_COOKIE).Cookie
	}
	const client = "0102030405060708"
	if rcode, _ := ask(client); rcode != dns.RcodeSuccess {
		t.Fatal(rcode)
	}
	rcode, cookie := ask(client)
	if rcode != dns.RcodeBadCookie {
		t.Fatalf("rcode %d without a cookie of ours, over the rate", rcode)
	}
	for range 10 {
		if rcode, _ := ask(cookie); rcode != dns.RcodeSuccess {
			t.Fatalf("rcode %d with a cookie of ours", rcode)
		}
	}
}

func TestLoopbackIsNotLimitedByDefault(t *testing.T) {
	l := newLimiter(DefaultRateLimit)
	p := settled(&query{}, dns.RcodeRefused)
	for range 1000 {
		for _, a := range []string{"127.0.0.1", "127.1.0.53", "::1"} {
			if j := l.judge(netip.MustParseAddr(a), p, time.Unix(0, 0)); j != pass {
				t.Fatalf("%s is limited", a)
			}
		}
	}
	if newLimiter(RateLimit{}) != nil {
		t.Error("the zero value limits")
	}
}
