package drill

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/internal/nameserver"
	"github.com/understudy/understudy/internal/patience"
)

// nameServer answers on loopback with these records, and with NXDOMAIN where a name has none.
func nameServer(t *testing.T, records ...string) Resolver {
	t.Helper()
	server := nameserver.Serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Rcode = dns.RcodeNameError
		for _, r := range records {
			rr, err := dns.NewRR(r)
			if err != nil {
				t.Error(err)
			} else if rr.Header().Name == q.Question[0].Name {
				if m.Rcode = dns.RcodeSuccess; rr.Header().Rrtype == q.Question[0].Qtype || rr.Header().Rrtype == dns.TypeCNAME {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		w.WriteMsg(m)
	})
	return Resolver{Server: server, Timeout: patience.Limit}
}

func TestBothFamiliesAreAskedFor(t *testing.T) {
	r := nameServer(t, "both.test. 30 A 192.0.2.1", "both.test. 60 AAAA 2001:db8::1", "both.test. 60 AAAA 2001:db8::2",
		"four.test. 9 A 192.0.2.4", "six.test. 8 AAAA 2001:db8::6")
	for name, want := range map[string]struct {
		ttl       time.Duration
		addresses []string
	}{
		"both.test": {30 * time.Second, []string{"2001:db8::1", "2001:db8::2", "192.0.2.1"}},
		"four.test": {9 * time.Second, []string{"192.0.2.4"}},
		"six.test":  {8 * time.Second, []string{"2001:db8::6"}},
	} {
		a, err := r.LookupBoth(t.Context(), name)
		var got []string
		for _, addr := range a.Addresses {
			got = append(got, addr.String())
		}
		if err != nil || a.TTL != want.ttl || !slices.Equal(got, want.addresses) {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	if _, err := r.LookupBoth(t.Context(), "none.test"); err == nil {
		t.Error("a name that is not there has addresses")
	}
	if _, err := r.Lookup(t.Context(), "six.test"); !errors.Is(err, ErrNoAddress) {
		t.Errorf("IPv4 of a name of IPv6 alone: %v", err)
	}
}

func TestFamiliesTakeTurns(t *testing.T) {
	all := func(s ...string) (out []netip.Addr) {
		for _, a := range s {
			out = append(out, netip.MustParseAddr(a))
		}
		return out
	}
	for _, c := range [][2][]netip.Addr{
		{all("192.0.2.1", "192.0.2.2"), all("192.0.2.1", "192.0.2.2")},
		{all("192.0.2.1", "192.0.2.2", "2001:db8::1"), all("2001:db8::1", "192.0.2.1", "192.0.2.2")},
		{all("2001:db8::2", "192.0.2.1", "2001:db8::1"), all("2001:db8::2", "192.0.2.1", "2001:db8::1")},
		{all("2001:db8::2", "2001:db8::1", "192.0.2.9"), all("2001:db8::2", "192.0.2.9", "2001:db8::1")},
	} {
		if got := alternating(c[0]); !slices.Equal(got, c[1]) {
			t.Errorf("%v in turns: %v, want %v", c[0], got, c[1])
		}
	}
}

// A user with happy eyeballs is served over IPv6, and over IPv4 when that is lost, by the same answer.
func TestEyeballsFallBackToIPv4(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	port := six.Addr().(*net.TCPAddr).Port
	four, err := net.Listen("tcp4", (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String())
	if err != nil {
		t.Skip("the port is another's in IPv4:", err)
	}
	var servers [2]*httptest.Server
	for i, l := range []net.Listener{six, four} {
		servers[i] = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		servers[i].Listener.Close()
		servers[i].Listener = l
		servers[i].Start()
		t.Cleanup(servers[i].Close)
	}
	c := &client{
		kind: kindOf(t, "eyeballs"), target: &url.URL{Scheme: "http", Host: "www.hello.test", Path: "/"}, port: port, timeout: patience.Limit,
		lookup: nameServer(t, "www.hello.test. 3600 AAAA ::1", "www.hello.test. 3600 A 127.0.0.1").LookupBoth,
		region: netip.Addr.String, looked: func(Look) {},
	}
	c.begin()
	if r := c.ask(t.Context(), time.Now()); r.Err != nil || r.Region != "::1" {
		t.Errorf("%+v", r)
	}
	servers[0].Close()
	if r := c.ask(t.Context(), time.Now()); r.Err != nil || r.Region != "127.0.0.1" {
		t.Errorf("without IPv6: %+v", r)
	}
}

// A CNAME's answer leads where it does for the CNAME's TTL: what it leads to is kept for less, and asked for anew.
func TestCNAMEsSayForHowLongNamesLeadSomewhere(t *testing.T) {
	for want, records := range map[time.Duration][]string{
		time.Minute:      {"elb.test. 60 A 192.0.2.1", "elb.test. 60 A 192.0.2.2"},
		time.Hour:        {"www.test. 3600 CNAME elb.test.", "elb.test. 60 A 192.0.2.1"},
		10 * time.Second: {"www.test. 3600 CNAME of.test.", "of.test. 10 CNAME elb.test.", "elb.test. 60 A 192.0.2.1"},
	} {
		m := new(dns.Msg)
		for _, r := range records {
			rr, err := dns.NewRR(r)
			if err != nil {
				t.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		if a := addresses(m); a.TTL != want || len(a.Addresses) == 0 {
			t.Errorf("%q leads to %v for %s, want %s", records, a.Addresses, a.TTL, want)
		}
	}
}

// The name servers of a zone answer with a CNAME alone where it leads out of the zone: the addresses are asked for elsewhere, and lead there for the
// CNAME's TTL.
func TestCNAMEsAreFollowedOutOfTheZone(t *testing.T) {
	r := nameServer(t, "www.test. 3600 CNAME elb.example.")
	if _, err := r.Lookup(t.Context(), "www.test"); !errors.Is(err, ErrNoAddress) {
		t.Errorf("where nobody else is asked: %v", err)
	}
	r.Elsewhere = func(_ context.Context, network, name string) (Answer, error) {
		if network == "ip6" {
			return Answer{}, errors.New("none")
		}
		if name != "elb.example" {
			t.Errorf("elsewhere %q is asked for", name)
		}
		return Answer{Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.9")}}, nil
	}
	for _, lookup := range []func(context.Context, string) (Answer, error){r.Lookup, r.LookupBoth} {
		a, err := lookup(t.Context(), "www.test")
		if err != nil || len(a.Addresses) != 1 || a.TTL != time.Hour {
			t.Errorf("%+v, %v", a, err)
		}
	}
}
