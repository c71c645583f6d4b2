package resolver

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func record(t *testing.T, line string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(line)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// route53 answers like Route 53 with these records: no CNAME is followed from zone to zone.
func route53(t *testing.T, lines ...string) func(*dns.Msg) (*dns.Msg, error) {
	return func(q *dns.Msg) (*dns.Msg, error) {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		name, rtype := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
		for _, line := range lines {
			rr := record(t, line)
			if rr.Header().Name == name && (rr.Header().Rrtype == rtype || rr.Header().Rrtype == dns.TypeCNAME) {
				m.Answer = append(m.Answer, rr)
			}
		}
		switch {
		case strings.HasSuffix(name, "silent.test."):
			return nil, errors.New("no answer")
		case !strings.HasSuffix(name, ".test."):
			m.Rcode, m.Authoritative = dns.RcodeRefused, false
		case len(m.Answer) == 0:
			m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{record(t, "test. 60 IN SOA ns. host. 1 2 3 4 5")}
		}
		return m, nil
	}
}

func TestAnswer(t *testing.T) {
	r := &Resolver{
		Own: func(q dns.Question) ([]dns.RR, bool) {
			return []dns.RR{record(t, "ip-10-0-0-9.ec2.internal. 60 IN A 10.0.0.9")}, q.Name == "ip-10-0-0-9.ec2.internal."
		},
		Ask: route53(t, "a.test. 60 IN A 198.51.100.1", "c.test. 60 IN CNAME a.test.", "own.test. 60 IN CNAME ip-10-0-0-9.ec2.internal.",
			"api.test. 60 IN CNAME sts.example.com.", "loop.test. 60 IN CNAME pool.test.",
			"pool.test. 60 IN CNAME loop.test.", "out.test. 60 IN CNAME example.org.", "gone.test. 60 IN CNAME nothing.test."),
		Public: func(q dns.Question) ([]dns.RR, bool) {
			return []dns.RR{record(t, q.Name+" 60 IN A 192.0.2.2")}, q.Name == "sts.example.com." || strings.HasSuffix(q.Name, ".silent.test.") || q.Name == "a.test."
		},
	}
	for _, c := range []struct {
		name  string
		rcode int
		want  []string
	}{
		{"a.test.", dns.RcodeSuccess, []string{"198.51.100.1"}},
		{"ip-10-0-0-9.ec2.internal.", dns.RcodeSuccess, []string{"10.0.0.9"}},
		{"c.test.", dns.RcodeSuccess, []string{"a.test.", "198.51.100.1"}},
		{"own.test.", dns.RcodeSuccess, []string{"ip-10-0-0-9.ec2.internal.", "10.0.0.9"}},
		{"gone.test.", dns.RcodeNameError, []string{"nothing.test."}}, // RFC 6604: the last name's code
		{"nothing.test.", dns.RcodeNameError, nil},
		{"loop.test.", dns.RcodeServerFailure, nil},
		{"out.test.", dns.RcodeServerFailure, []string{"example.org."}},
		{"example.org.", dns.RcodeServerFailure, nil},
		{"sts.example.com.", dns.RcodeSuccess, []string{"192.0.2.2"}},
		{"api.test.", dns.RcodeSuccess, []string{"sts.example.com.", "192.0.2.2"}},
		{"sts.silent.test.", dns.RcodeSuccess, []string{"192.0.2.2"}}, // without Route 53, too
		{"silent.test.", dns.RcodeServerFailure, nil},
	} {
		m := r.Answer(new(dns.Msg).SetQuestion(c.name, dns.TypeA))
		var got []string
		for _, rr := range m.Answer {
			got = append(got, dns.Field(rr, 1))
		}
		if m.Rcode != c.rcode || !cmp.Equal(got, c.want) || !m.RecursionAvailable || m.Authoritative {
			t.Errorf("%s: %s %v, want %s %v", c.name, dns.RcodeToString[m.Rcode], got, dns.RcodeToString[c.rcode], c.want)
		}
	}
}

// The VPC goes with the question, and what an instance has put into its place does not.
func TestVPCGoesWithTheQuestion(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "resolver.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{VPC(q)}}}
		_ = w.WriteMsg(m) // the test sees that nothing came
	})}
	go server.ActivateAndServe() // until the listener is closed
	defer l.Close()
	forged := tag(new(dns.Msg).SetQuestion("a.test.", dns.TypeTXT), "us-east-1/vpc-forged")
	for _, vpc := range []string{"us-east-1/vpc-1", ""} {
		m, err := Ask(socket, vpc, forged)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Answer[0].(*dns.TXT).Txt[0]; got != vpc {
			t.Errorf("asked for %q, want %q", got, vpc)
		}
	}
}
