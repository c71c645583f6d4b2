package zones

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/nameserver"
	"github.com/understudy/understudy/internal/patience"
)

const keyARN = "arn:aws:kms:us-east-1:111122223333:key/"

// sign makes a zone a signed one, and returns its key.
func (s *service) sign(t *testing.T, zone string) *r53types.KeySigningKey {
	t.Helper()
	key := s.newKey(t, zone, "first")
	if _, err := s.client.EnableHostedZoneDNSSEC(t.Context(), &route53.EnableHostedZoneDNSSECInput{HostedZoneId: &zone}); err != nil {
		t.Fatal(err)
	}
	return key
}

func (s *service) newKey(t *testing.T, zone, name string) *r53types.KeySigningKey {
	t.Helper()
	out, err := s.client.CreateKeySigningKey(t.Context(), &route53.CreateKeySigningKeyInput{
		CallerReference: &name, HostedZoneId: &zone, KeyManagementServiceArn: aws.String(keyARN + name), Name: &name, Status: aws.String("ACTIVE"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.KeySigningKey
}

func (s *service) zoneNamed(t *testing.T, name string) string {
	t.Helper()
	out, err := s.client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: &name, CallerReference: aws.String(request.NewID("r"))})
	if err != nil {
		t.Fatal(err)
	}
	return request.Bare(*out.HostedZone.Id)
}

// fill gives a zone records of every kind that is signed in its own way.
func (s *service) fill(t *testing.T, zone, name string) {
	t.Helper()
	weighted := func(id string, address string) r53types.Change {
		return create(set("weighted."+name, r53types.RRTypeA, []string{address}, func(r *r53types.ResourceRecordSet) {
			r.Weight, r.SetIdentifier = aws.Int64(1), &id
		}))
	}
	changes := []r53types.Change{
		weighted("a", "198.51.100.6"), weighted("b", "198.51.100.7"),
		create(a1(name)), create(a1("www." + name)),
		create(set("www."+name, r53types.RRTypeTxt, []string{`"one"`, `"two"`})),
		create(set("*.wild."+name, r53types.RRTypeA, []string{"198.51.100.4"})),
		create(set("chain."+name, r53types.RRTypeCname, []string{"www." + name})),
		create(set("broken."+name, r53types.RRTypeCname, []string{"nowhere." + name})),
		create(set("alias."+name, r53types.RRTypeA, nil, alias(zone, "www."+name))),
		create(set("unsigned."+name, r53types.RRTypeNs, []string{"ns.unsigned." + name})),
		create(set("a.deep."+name, r53types.RRTypeA, []string{"198.51.100.5"})),
		create(set("long."+name, r53types.RRTypeTxt, long())),
	}
	if _, err := s.change(t, zone, changes...); err != nil {
		t.Fatal(err)
	}
}

// long are values that no datagram holds.
func long() []string {
	var values []string
	for i := range 30 {
		values = append(values, fmt.Sprintf(`"%d %s"`, i, strings.Repeat("x", 100)))
	}
	return values
}

// resolver is unbound as a validating resolver that knows of no name server but one.
type resolver struct{ port string }

func unbound(t *testing.T, server, anchor string) *resolver {
	t.Helper()
	program := judge.Need(t, "unbound")
	dir, port := t.TempDir(), freePort(t)
	host, serverPort, _ := net.SplitHostPort(server)
	config := fmt.Sprintf(`server:
  interface: 127.0.0.1@%s
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: %q
  use-syslog: no
  do-ip6: no
  do-not-query-localhost: no
  do-not-query-address: 192.0.2.0/24
  module-config: "validator iterator"
  val-log-level: 2
  qname-minimisation: yes
  aggressive-nsec: yes
  harden-below-nxdomain: yes
  harden-referral-path: yes
  trust-anchor: %q
  num-threads: 1
  use-caps-for-id: yes
  local-zone: "invalid." static
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: %s@%s
`, port, dir, anchor, host, serverPort)
	for _, zone := range []string{"example.com.", "child.example.com."} {
		config += fmt.Sprintf("stub-zone:\n  name: %q\n  stub-addr: %s@%s\n", zone, host, serverPort)
	}
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, "-d", "-c", file)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("unbound says:\n%s", log.String())
		}
	})
	r := &resolver{port}
	until(t, "unbound answers", func() bool { _, err := r.exchange("probe.invalid.", mdns.TypeA); return err == nil })
	return r
}

// freePort finds a port that is free for datagrams and streams, below those that the kernel gives to connections, of
// which one may be made before the port is taken.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		at := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000)))
		p, err := net.ListenPacket("udp4", at)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp4", at)
		p.Close()
		if err != nil {
			continue
		}
		l.Close()
		_, port, _ := net.SplitHostPort(at)
		return port
	}
	t.Fatal("no port is free")
	return ""
}

func (r *resolver) exchange(name string, rtype uint16) (*mdns.Msg, error) {
	q := new(mdns.Msg)
	q.SetQuestion(mdns.Fqdn(name), rtype)
	q.SetEdns0(1232, true)
	c := mdns.Client{Timeout: patience.Limit}
	m, _, err := c.Exchange(q, "127.0.0.1:"+r.port)
	if err == nil && m.Truncated {
		c.Net = "tcp"
		m, _, err = c.Exchange(q, "127.0.0.1:"+r.port)
	}
	return m, err
}

// verdict is what a validating resolver makes of a question: secure, insecure, or the response code.
func (r *resolver) verdict(t *testing.T, name, rtype string) string {
	t.Helper()
	m, err := r.exchange(name, mdns.StringToType[rtype])
	switch {
	case err != nil:
		t.Fatalf("%s %s: %v", name, rtype, err)
	case m.Rcode != mdns.RcodeSuccess:
		return mdns.RcodeToString[m.Rcode]
	case m.AuthenticatedData:
		return fmt.Sprintf("secure %d", len(m.Answer))
	}
	return "insecure"
}

func serveHere(t *testing.T) *service {
	t.Helper()
	s := serve(t, t.TempDir())
	t.Cleanup(func() { s.Close() })
	return s
}

// judged is what a validator must find in a signed zone. The number is that of records in the answer, of which
// half are signatures.
var judged = []struct{ name, rtype, want string }{
	{"", "A", "secure 2"},
	{"", "SOA", "secure 2"},
	{"", "NS", "secure 5"},
	{"", "DNSKEY", "secure 3"},
	{"", "NSEC", "secure 2"},
	{"www.", "A", "secure 2"},
	{"www.", "TXT", "secure 3"},
	{"WwW.", "A", "secure 2"},
	{"www.", "AAAA", "secure 0"},
	{"www.", "MX", "secure 0"},
	{"www.", "DS", "secure 0"},
	{"www.", "TYPE4000", "secure 0"},
	{"", "AAAA", "secure 0"},
	{"nothing.", "A", "secure 0"},
	{"nothing.", "NS", "secure 0"},
	{"nothing.at.all.", "A", "secure 0"},
	{`*.`, "A", "secure 0"},
	{"x.wild.", "A", "secure 2"},
	{"x.y.wild.", "A", "secure 2"},
	{"*.wild.", "A", "secure 2"},
	{"x.wild.", "AAAA", "secure 0"},
	{"chain.", "A", "secure 4"},
	{"chain.", "AAAA", "secure 2"},
	{"broken.", "A", "secure 2"},
	{"alias.", "A", "secure 2"},
	{"alias.", "AAAA", "secure 0"},
	{"weighted.", "A", "secure 2"},
	{"weighted.", "AAAA", "secure 0"},
	{"deep.", "A", "secure 0"}, // only a part of another's name
	{"a.deep.", "A", "secure 2"},
	{"unsigned.", "DS", "secure 0"},
	{"long.", "TXT", "secure 31"}, // by TCP
}

// TestUnboundTrusts asks a validating resolver for all that a signed zone may answer.
func TestUnboundTrusts(t *testing.T) {
	s := serveHere(t)
	zone := s.zoneNamed(t, "example.com")
	s.fill(t, zone, "example.com")
	key := s.sign(t, zone)
	r := unbound(t, s.dns, "example.com. DS "+*key.DSRecord)
	// The second time around, the resolver knows of every denial, and may conclude from them.
	for _, round := range []string{"first", "second"} {
		for _, c := range judged {
			if got := r.verdict(t, c.name+"example.com", c.rtype); got != c.want {
				t.Errorf("%s round: %sexample.com %s: %s, want %s", round, c.name, c.rtype, got, c.want)
			}
		}
	}
}

// TestUnboundDistrusts gives a validating resolver another key, and answers that were changed on their way.
func TestUnboundDistrusts(t *testing.T) {
	s := serveHere(t)
	zone := s.zoneNamed(t, "example.com")
	s.fill(t, zone, "example.com")
	s.sign(t, zone)
	other := s.sign(t, s.zoneNamed(t, "example.net"))
	key, err := s.client.GetDNSSEC(t.Context(), &route53.GetDNSSECInput{HostedZoneId: &zone})
	if err != nil {
		t.Fatal(err)
	}
	wrong := unbound(t, s.dns, "example.com. DS "+*other.DSRecord)
	if got := wrong.verdict(t, "www.example.com", "A"); got != "SERVFAIL" {
		t.Errorf("with another key's DS: %s", got)
	}
	anchor := "example.com. DS " + *key.KeySigningKeys[0].DSRecord
	for what, change := range map[string]func(*mdns.Msg){
		"address": func(m *mdns.Msg) {
			for _, rr := range m.Answer {
				if a, ok := rr.(*mdns.A); ok {
					a.A = net.IPv4(203, 0, 113, 66)
				}
			}
		},
		"no signatures": func(m *mdns.Msg) {
			m.Answer = slices.DeleteFunc(m.Answer, func(rr mdns.RR) bool {
				return rr.Header().Rrtype == mdns.TypeRRSIG && m.Question[0].Qtype == mdns.TypeA
			})
		},
		"denied": func(m *mdns.Msg) {
			if m.Question[0].Qtype == mdns.TypeA {
				m.Answer, m.Rcode = nil, mdns.RcodeNameError
			}
		},
		"later": func(m *mdns.Msg) {
			for _, rr := range m.Answer {
				if sig, ok := rr.(*mdns.RRSIG); ok && sig.TypeCovered == mdns.TypeA {
					sig.Expiration += 3600
				}
			}
		},
	} {
		if got := unbound(t, tamper(t, s.dns, change), anchor).verdict(t, "www.example.com", "A"); got != "SERVFAIL" {
			t.Errorf("with %s: %s", what, got)
		}
	}
	if got := unbound(t, tamper(t, s.dns, func(*mdns.Msg) {}), anchor).verdict(t, "www.example.com", "A"); got != "secure 2" {
		t.Errorf("with nothing changed: %s", got)
	}
}

// tamper passes questions on to a name server, and changes its answers.
func tamper(t *testing.T, server string, change func(*mdns.Msg)) string {
	t.Helper()
	return nameserver.Serve(t, func(w mdns.ResponseWriter, q *mdns.Msg) {
		if m, err := mdns.Exchange(q, server); err == nil {
			change(m)
			w.WriteMsg(m)
		}
	})
}

// TestChainOfTrust delegates from a signed zone to a signed and an unsigned one, and rolls the child's key over.
func TestChainOfTrust(t *testing.T) {
	s := serveHere(t)
	parent, child, plain := s.zoneNamed(t, "example.com"), s.zoneNamed(t, "child.example.com"), s.zoneNamed(t, "plain.example.com")
	s.fill(t, child, "child.example.com")
	s.fill(t, plain, "plain.example.com")
	first := s.sign(t, child)
	anchor := "example.com. DS " + *s.sign(t, parent).DSRecord
	delegate := func(name string) r53types.Change {
		var servers []string
		for _, n := range nameServers {
			servers = append(servers, n+".")
		}
		return create(set(name, r53types.RRTypeNs, servers))
	}
	ds := func(values ...string) *r53types.ResourceRecordSet {
		return set("child.example.com", r53types.RRTypeDs, values)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.change(t, parent, delegate("child.example.com"), delegate("plain.example.com"), create(ds(*first.DSRecord))))
	trusted := func(when string) {
		t.Helper()
		r := unbound(t, s.dns, anchor)
		for _, c := range judged {
			want := c.want
			if c.rtype == "DS" && c.name == "" {
				want = "secure 2"
			}
			if got := r.verdict(t, c.name+"child.example.com", c.rtype); got != want && c.rtype != "DNSKEY" {
				t.Errorf("%s: %schild.example.com %s: %s, want %s", when, c.name, c.rtype, got, want)
			}
		}
		if got := r.verdict(t, "child.example.com", "DS"); !strings.HasPrefix(got, "secure") {
			t.Errorf("%s: DS is %s", when, got)
		}
		if got := r.verdict(t, "www.plain.example.com", "A"); got != "insecure" {
			t.Errorf("%s: what is not signed is %s", when, got)
		}
		if got := r.verdict(t, "plain.example.com", "DS"); got != "secure 0" {
			t.Errorf("%s: that it is not signed is %s", when, got)
		}
	}
	trusted("with one key")

	// The first key's time is over: a second comes, the parent learns of both, then of the new one alone.
	name := &route53.DeactivateKeySigningKeyInput{HostedZoneId: &child, Name: first.Name}
	_, err := s.client.DeactivateKeySigningKey(t.Context(), name)
	var inUse *r53types.KeySigningKeyInUse
	if !errors.As(err, &inUse) {
		t.Errorf("the only key goes: %v", err)
	}
	second := s.newKey(t, child, "second")
	trusted("with two keys of which the parent knows the first")
	must(s.change(t, parent, upsert(ds(*first.DSRecord, *second.DSRecord))))
	trusted("with two keys")
	_, err = s.client.DeactivateKeySigningKey(t.Context(), name)
	var inParent *r53types.KeySigningKeyInParentDSRecord
	if !errors.As(err, &inParent) {
		t.Errorf("a key that the parent trusts goes: %v", err)
	}
	_, err = s.client.DisableHostedZoneDNSSEC(t.Context(), &route53.DisableHostedZoneDNSSECInput{HostedZoneId: &child})
	if !errors.As(err, &inParent) {
		t.Errorf("signing ends while the parent trusts it: %v", err)
	}
	must(s.change(t, parent, upsert(ds(*second.DSRecord))))
	must(s.client.DeactivateKeySigningKey(t.Context(), name))
	trusted("with the second key, the first inactive")
	must(s.client.DeleteKeySigningKey(t.Context(), &route53.DeleteKeySigningKeyInput{HostedZoneId: &child, Name: first.Name}))
	trusted("with the second key alone")

	// The way out: first the parent forgets, then signing ends.
	must(s.change(t, parent, remove(ds(*second.DSRecord))))
	must(s.client.DisableHostedZoneDNSSEC(t.Context(), &route53.DisableHostedZoneDNSSECInput{HostedZoneId: &child}))
	if got := unbound(t, s.dns, anchor).verdict(t, "www.child.example.com", "A"); got != "insecure" {
		t.Errorf("after the end of signing: %s", got)
	}
}

// TestDelvTrusts asks BIND's validator.
func TestDelvTrusts(t *testing.T) {
	s := serveHere(t)
	zone := s.zoneNamed(t, "example.com")
	s.fill(t, zone, "example.com")
	key := s.sign(t, zone)
	anchors := filepath.Join(t.TempDir(), "anchors")
	text := fmt.Sprintf("trust-anchors { example.com. static-key 257 3 13 %q; };\n", *key.PublicKey)
	if err := os.WriteFile(anchors, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(s.dns)
	for _, c := range []struct{ args, want string }{
		{"www.example.com A", "; fully validated"},
		{"x.wild.example.com A", "; fully validated"},
		{"chain.example.com A", "; fully validated"},
		{"www.example.com AAAA", "; negative response, fully validated"},
		{"nothing.example.com A", "; negative response, fully validated"},
		{"deep.example.com A", "; negative response, fully validated"},
	} {
		args := append([]string{"@" + host, "-p", port, "-a", anchors, "+root=example.com"}, strings.Fields(c.args)...)
		out, err := exec.CommandContext(t.Context(), judge.Need(t, "delv"), args...).CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("delv %s: no %q (%v) in\n%s", c.args, c.want, err, out)
		}
	}
}

// TestSignedAnswersOnTheWire looks at answers with dig and kdig: what is there with DO, and what is not without.
func TestSignedAnswersOnTheWire(t *testing.T) {
	s := serveHere(t)
	zone := s.zoneNamed(t, "example.com")
	s.fill(t, zone, "example.com")
	s.sign(t, zone)
	host, port, _ := net.SplitHostPort(s.dns)
	for _, program := range []string{"dig", "kdig"} {
		for _, c := range []struct {
			args     string
			has, not []string
		}{
			{"www.example.com A +dnssec", []string{"NOERROR", "RRSIG"}, []string{"NSEC"}},
			{"www.example.com A +dnssec +adflag +cdflag", []string{"qr aa cd", "RRSIG"}, []string{" ad;", " ad "}},
			{"www.example.com A", []string{"NOERROR", "198.51.100.1"}, []string{"RRSIG"}},
			{"nothing.example.com A +dnssec", []string{"NOERROR", `\000.nothing.example.com. RRSIG NSEC`, "SOA"}, []string{"NXDOMAIN"}},
			{"nothing.example.com A", []string{"NXDOMAIN", "SOA"}, []string{"NSEC"}},
			{"www.example.com AAAA +dnssec", []string{"NOERROR", `\000.www.example.com. A PTR MX TXT SRV NAPTR SSHFP RRSIG NSEC TLSA SVCB HTTPS SPF CAA`}, nil},
			{"x.wild.example.com A +dnssec", []string{"A 13 4 "}, []string{"NSEC"}},
			{"x.unsigned.example.com A +dnssec", []string{`\000.unsigned.example.com. NS RRSIG NSEC`, "ns.unsigned.example.com."}, []string{"SOA"}},
			{"example.com DNSKEY", []string{"257 3 13", "256 3 13"}, []string{"RRSIG"}},
			{"long.example.com TXT +dnssec +ignore", []string{" tc"}, nil},
			{"long.example.com TXT +dnssec +tcp", []string{"RRSIG"}, nil},
		} {
			args := append([]string{"@" + host, "-p", port, "+norec", "+tries=1"}, strings.Fields(c.args)...)
			if program == "kdig" {
				args = slices.DeleteFunc(args, func(a string) bool { return a == "+tries=1" })
			}
			out, err := exec.CommandContext(t.Context(), judge.Need(t, program), args...).CombinedOutput()
			if err != nil {
				t.Errorf("%s %s: %v: %s", program, c.args, err, out)
			}
			text := strings.Join(strings.FieldsFunc(string(out), func(r rune) bool { return r == ' ' || r == '\t' }), " ")
			for _, want := range c.has {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s: no %q in\n%s", program, c.args, want, out)
				}
			}
			for _, bad := range c.not {
				if strings.Contains(text, bad) {
					t.Errorf("%s %s: %q in\n%s", program, c.args, bad, out)
				}
			}
		}
	}
}
