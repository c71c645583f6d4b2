package dns

import (
	"fmt"
	"strings"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/internal/chance"
)

func signedView(t testing.TB, records ...*r53types.ResourceRecordSet) (*routing.View, *dnssec.Keys) {
	t.Helper()
	keys := &dnssec.Keys{}
	for _, k := range []**dnssec.Key{&keys.ZSK} {
		key, err := dnssec.Generate(dnssec.ZSK)
		if err != nil {
			t.Fatal(err)
		}
		*k = key
	}
	for range 2 {
		key, err := dnssec.Generate(dnssec.KSK)
		if err != nil {
			t.Fatal(err)
		}
		keys.KSKs = append(keys.KSKs, key)
	}
	records = append(records, set("hello.test.", r53types.RRTypeSoa, soa), set("hello.test.", r53types.RRTypeNs, "ns-1.awsdns-01.com."))
	return routing.New(3, 1, nil).WithZones([]routing.HostedZone{{ID: "Z1", Name: "hello.test.", Records: records, Keys: keys}}), keys
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func secured(t testing.TB, v *routing.View, name string, rtype uint16, dnssecOK bool) routing.Answer {
	t.Helper()
	q := dns.Question{Name: name, Qtype: rtype, Qclass: dns.ClassINET}
	s := signing{signer: dnssec.NewSigner(), view: v, question: q, now: noon}
	a, err := s.secure(v.Answer(q, routing.Client{}), dnssecOK)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// verify checks that each record set of a section is signed by the keys that it should be, and rightly.
func verify(t testing.TB, keys *dnssec.Keys, section []dns.RR) {
	t.Helper()
	byTag := map[uint16]*dns.DNSKEY{}
	for _, rr := range keys.Records("hello.test.") {
		k := rr.(*dns.DNSKEY)
		byTag[k.KeyTag()] = k
	}
	for i := 0; i < len(section); {
		h := section[i].Header()
		from := i
		for i < len(section) && section[i].Header().Rrtype == h.Rrtype && section[i].Header().Name == h.Name {
			i++
		}
		rrs, want := section[from:i], 1
		switch {
		case h.Rrtype == dns.TypeNS && h.Name != "hello.test.":
			want = 0
		case h.Rrtype == dns.TypeDNSKEY:
			want = len(keys.KSKs)
		}
		for ; i < len(section) && section[i].Header().Rrtype == dns.TypeRRSIG; i++ {
			sig := section[i].(*dns.RRSIG)
			if err := sig.Verify(byTag[sig.KeyTag], rrs); err != nil {
				t.Errorf("%v: %v", sig, err)
			}
			if !sig.ValidityPeriod(noon) {
				t.Errorf("%v is not valid", sig)
			}
			want--
		}
		if want != 0 {
			t.Errorf("%s %s has %d signatures too few", h.Name, dns.Type(h.Rrtype), want)
		}
	}
}

// TestAnswersAreSigned asks for names and types at random and checks all signatures, and that what is denied is
// denied by the record that fits.
func TestAnswersAreSigned(t *testing.T) {
	const week = 14 * 24 * 3600
	old := set("old.hello.test.", r53types.RRTypeA, pAddr)
	*old.TTL = week
	v, keys := signedView(t, set("hello.test.", r53types.RRTypeA, pAddr), set(`\052.w.hello.test.`, r53types.RRTypeTxt, `"w"`), old,
		set("c.hello.test.", r53types.RRTypeCname, "x.w.hello.test."), set("d.hello.test.", r53types.RRTypeNs, "ns.d.hello.test."),
		set("s.hello.test.", r53types.RRTypeNs, "ns.example.com."), set("s.hello.test.", r53types.RRTypeDs, "1 13 2 "+strings.Repeat("ab", 32)),
		set(`o\344d.hello.test.`, r53types.RRTypeA, pAddr))
	r := chance.New(t)
	labels := []string{"", "a.", "w.", "c.", "d.", "s.", "old.", "x.", "*.", `\228.`, `o\228d.`, strings.Repeat("l", 63) + "."}
	types := []uint16{
		dns.TypeA,
		dns.TypeNS,
		dns.TypeSOA,
		dns.TypeTXT,
		dns.TypeAAAA,
		dns.TypeDS,
		dns.TypeDNSKEY,
		dns.TypeNSEC,
		dns.TypeRRSIG,
		dns.TypeCNAME,
		dns.TypeANY,
		4711,
	}
	for range 3000 {
		name := labels[r.IntN(len(labels))] + labels[r.IntN(len(labels))] + labels[r.IntN(len(labels))] + "hello.test."
		if _, ok := dns.IsDomainName(name); !ok {
			continue
		}
		rtype := types[r.IntN(len(types))]
		a := secured(t, v, name, rtype, true)
		what := fmt.Sprintf("%s %s", name, dns.Type(rtype))
		if a.Rcode != dns.RcodeSuccess {
			t.Errorf("%s: %s", what, dns.RcodeToString[a.Rcode])
		}
		if rtype != dns.TypeRRSIG {
			verify(t, keys, a.Answer)
		}
		verify(t, keys, a.Authority)
		for _, rr := range append(a.Answer, a.Authority...) {
			if rr.Header().Ttl > dnssec.MaxTTL {
				t.Errorf("%s: %v lives for more than a week", what, rr)
			}
			n, ok := rr.(*dns.NSEC)
			if !ok {
				continue
			}
			if referral(a) != "" {
				if n.Hdr.Name != referral(a) {
					t.Errorf("%s: %v is not of the delegation", what, n)
				}
				continue
			}
			for _, claimed := range n.TypeBitMap {
				if claimed == rtype && len(a.Answer) == 0 || claimed == dns.TypeCNAME {
					t.Errorf("%s: %v denies nothing", what, n)
				}
			}
			if n.NextDomain == n.Hdr.Name || !dns.IsSubDomain(n.Hdr.Name, n.NextDomain) {
				t.Errorf("%s: %v leads elsewhere", what, n)
			}
		}
		if rtype == dns.TypeRRSIG || rtype == dns.TypeNSEC || rtype == dns.TypeDNSKEY {
			continue
		}
		for _, rr := range append(secured(t, v, name, rtype, false).Answer, secured(t, v, name, rtype, false).Authority...) {
			if k := rr.Header().Rrtype; k == dns.TypeRRSIG || k == dns.TypeNSEC {
				t.Errorf("%s without DO: %v", what, rr)
			}
		}
	}
}

func TestReferralsAreProved(t *testing.T) {
	ds := "1 13 2 " + strings.Repeat("ab", 32)
	v, keys := signedView(t, set("d.hello.test.", r53types.RRTypeNs, "ns.d.hello.test."), set("ns.d.hello.test.", r53types.RRTypeA, pAddr),
		set("s.hello.test.", r53types.RRTypeNs, "ns.example.com."), set("s.hello.test.", r53types.RRTypeDs, ds))
	for name, want := range map[string]string{
		"www.s.hello.test.": "NS DS RRSIG",
		"www.d.hello.test.": "NS NSEC RRSIG",
	} {
		a := secured(t, v, name, dns.TypeA, true)
		var kinds []string
		for _, rr := range a.Authority {
			kinds = append(kinds, dns.Type(rr.Header().Rrtype).String())
		}
		if got := strings.Join(kinds, " "); got != want || a.Authoritative {
			t.Errorf("%s: %s, want %s; authoritative: %t", name, got, want, a.Authoritative)
		}
		verify(t, keys, a.Authority)
	}
}

func TestNextName(t *testing.T) {
	full := strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." // 192 octets
	for name, want := range map[string]string{
		"hello.test.":                        `\000.hello.test.`,
		full + strings.Repeat("d", 59) + ".": `\000.` + full + strings.Repeat("d", 59) + ".",
		full + strings.Repeat("d", 61) + ".": strings.Repeat("a", 62) + "b." + full[64:] + strings.Repeat("d", 61) + ".",
		strings.Repeat("a", 62) + "@." + full[64:] + strings.Repeat("d", 61) + ".": strings.Repeat("a", 62) + "[." + full[64:] + strings.Repeat("d", 61) + ".",
	} {
		got := next(name)
		if got != want {
			t.Errorf("after %s comes %s, want %s", name, got, want)
		}
		if _, ok := dns.IsDomainName(got); !ok {
			t.Errorf("%s is no name", got)
		}
	}
}

// TestSignedAnswersAreMadeAnew has the day of a kept answer end.
func TestSignedAnswersAreMadeAnew(t *testing.T) {
	p := &packed{until: dnssec.Fresh(noon).Unix()}
	if p.stale(noon) || p.stale(noon.Add(11*time.Hour)) || !p.stale(noon.Add(12*time.Hour)) {
		t.Error("a signed answer is kept for other than its day")
	}
	if (&packed{}).stale(noon) {
		t.Error("an answer without signatures is stale")
	}
}

// FuzzSignedAnswers asks a signed zone anything, on the host's side, where addresses are others, and checks every
// signature of what comes back over the wire.
func FuzzSignedAnswers(f *testing.F) {
	v, keys := signedView(f, set("hello.test.", r53types.RRTypeA, pAddr), set(`\052.w.hello.test.`, r53types.RRTypeA, pAddr),
		set("c.hello.test.", r53types.RRTypeCname, "x.W.hello.test."), set("d.hello.test.", r53types.RRTypeNs, "ns.d.hello.test."),
		set("ns.d.hello.test.", r53types.RRTypeA, pAddr), set("e.f.hello.test.", r53types.RRTypeMx, "10 Mail.hello.test."))
	for _, name := range []string{"hello.test.", "X.w.hello.test.", "c.hello.test.", "www.d.hello.test.", "f.hello.test.", "e.f.hello.test.", "no.hello.test."} {
		for _, rtype := range []uint16{dns.TypeA, dns.TypeMX, dns.TypeDS, dns.TypeDNSKEY, dns.TypeANY} {
			wire := make([]byte, maxName)
			n, err := dns.PackDomainName(name, wire, 0, nil, false)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(wire[:n], rtype)
		}
	}
	s := NewServer(Config{})
	s.Swap(v)
	a := &responder{server: s, face: s.face(Host), count: new(tally), now: noon, tcp: true}
	f.Fuzz(func(t *testing.T, name []byte, rtype uint16) {
		text, n, err := dns.UnpackDomainName(name, 0)
		if err != nil || n != len(name) || rtype == dns.TypeRRSIG {
			return
		}
		q := new(dns.Msg).SetQuestion(text, rtype)
		q.SetEdns0(maxUDP, true)
		b, err := q.Pack()
		if err != nil {
			return
		}
		m := new(dns.Msg)
		if err := m.Unpack(a.respond(nil, b, somebody)); err != nil {
			t.Fatal(err)
		}
		if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeRefused && m.Rcode != dns.RcodeNotImplemented {
			t.Errorf("%s", dns.RcodeToString[m.Rcode])
		}
		if m.Rcode == dns.RcodeSuccess {
			verify(t, keys, m.Answer)
			verify(t, keys, m.Ns)
		}
	})
}

// TestSignedDenialsAreLimitedTogether floods a signed zone with names that do not exist. They are NOERROR to the
// asker; to the rate limit and the cache they are name errors all the same, or else anybody's made-up names would
// be answered without end, and push out what exists.
func TestSignedDenialsAreLimitedTogether(t *testing.T) {
	v, _ := signedView(t, set("hello.test.", r53types.RRTypeA, pAddr))
	s := NewServer(Config{RateLimit: RateLimit{PerSecond: 10, IPv4: 24, IPv6: 56}})
	s.Swap(v)
	a := newAsker(s, false)
	answered := 0
	for i := range 50 {
		q := new(dns.Msg).SetQuestion(fmt.Sprintf("n%d.hello.test.", i), dns.TypeA)
		q.SetEdns0(maxUDP, true)
		b, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if a.respond(nil, b, somebody) != nil {
			answered++
		}
	}
	if answered != 10 {
		t.Errorf("%d of 50 made-up names are answered, want 10", answered)
	}
	cache := s.face(Inside).cache
	for i := range cache.sets {
		for j := range cache.sets[i] {
			if p := cache.sets[i][j].Load(); p != nil && !p.noName {
				t.Error("a denial is kept as an answer")
			}
		}
	}
}
