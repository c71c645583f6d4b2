package dns

import (
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// Answers are signed when they are given, as Route 53 does (Developer Guide,
// dns-configuring-dnssec-proof-of-nonexistence): an answer from a wildcard is signed for the name that
// was asked for, and that something does not exist is proved by an NSEC record made for the question.

// signing is the state of signing one answer.
type signing struct {
	signer   *dnssec.Signer
	view     *routing.View
	client   routing.Client
	zone     *routing.Zone
	question dns.Question
	now      time.Time
}

// secure adds to an answer what its zone's signing needs: the keys if the question is for them, limits of TTLs and, for a
// client that asks for them (DO), signatures and proofs.
func (s *signing) secure(a routing.Answer, dnssecOK bool) (routing.Answer, error) {
	s.zone = a.Zone
	if s.zone == nil || s.zone.Keys == nil {
		return a, nil
	}
	if s.question.Qtype == dns.TypeDNSKEY && dns.CanonicalName(s.question.Name) == s.zone.Name {
		a.Rcode, a.Answer, a.Authority = dns.RcodeSuccess, s.zone.Keys.Records(s.question.Name), nil
	}
	bound(a.Answer)
	bound(a.Authority)
	if !dnssecOK {
		return a, nil
	}
	if a.Rcode != dns.RcodeSuccess && a.Rcode != dns.RcodeNameError {
		return a, nil
	}
	return s.sections(a)
}

// sections signs an answer section by section.
func (s *signing) sections(a routing.Answer) (routing.Answer, error) {
	var err error
	switch cut := referral(a); {
	case cut != "":
		a.Authority, err = s.delegation(cut, a.Authority)
	case len(a.Authority) > 0: // the SOA record: there is no answer
		a, err = s.denial(a)
	}
	if err != nil {
		return a, err
	}
	if a.Answer, err = s.signAll(a.Answer); err != nil {
		return a, err
	}
	a.Authority, err = s.signAll(a.Authority)
	return a, err
}

// referral returns the name that an answer delegates, or nothing.
func referral(a routing.Answer) string {
	if len(a.Authority) == 0 || a.Authority[0].Header().Rrtype != dns.TypeNS {
		return ""
	}
	return a.Authority[0].Header().Name
}

// bound limits TTLs, in place. Records of one set all get the least of their TTLs, since a signature has only one (RFC
// 2181, 5.2).
func bound(rrs []dns.RR) {
	for set := range sets(rrs) {
		ttl := uint32(dnssec.MaxTTL)
		for _, rr := range set {
			ttl = min(ttl, rr.Header().Ttl)
		}
		for _, rr := range set {
			rr.Header().Ttl = ttl
		}
	}
}

// sets yields the record sets of a section; the records of each are adjacent.
func sets(rrs []dns.RR) func(yield func([]dns.RR) bool) {
	return func(yield func([]dns.RR) bool) {
		for len(rrs) > 0 {
			first, n := rrs[0].Header(), 1
			for n < len(rrs) && rrs[n].Header().Rrtype == first.Rrtype && rrs[n].Header().Name == first.Name {
				n++
			}
			if !yield(rrs[:n:n]) {
				return
			}
			rrs = rrs[n:]
		}
	}
}

// signAll adds the signatures after each record set of a section.
func (s *signing) signAll(rrs []dns.RR) ([]dns.RR, error) {
	var out []dns.RR
	for set := range sets(rrs) {
		out = append(out, set...)
		for _, key := range s.keys(set[0].Header()) {
			sig, err := s.signer.Sign(s.zone.Name, key, set, s.now)
			if err != nil {
				return nil, err
			}
			out = append(out, sig)
		}
	}
	return out, nil
}

// keys are those that sign a record set; a set that is not the zone's own has none, such as the NS set of a delegation,
// which belongs to the child zone (RFC 4035, 2.2).
func (s *signing) keys(h *dns.RR_Header) []*dnssec.Key {
	name := dns.CanonicalName(h.Name)
	switch {
	case !dns.IsSubDomain(s.zone.Name, name), h.Rrtype == dns.TypeRRSIG:
		return nil
	case h.Rrtype == dns.TypeNS && name != s.zone.Name:
		return nil
	case h.Rrtype == dns.TypeDNSKEY && name == s.zone.Name:
		return s.zone.Keys.KSKs
	}
	return []*dnssec.Key{s.zone.Keys.ZSK}
}

// delegation adds the child's DS records to a referral, or the proof that it has none.
func (s *signing) delegation(cut string, authority []dns.RR) ([]dns.RR, error) {
	a := s.view.Answer(dns.Question{Name: cut, Qtype: dns.TypeDS, Qclass: dns.ClassINET}, s.client)
	if a.Zone == s.zone && len(a.Answer) > 0 {
		bound(a.Answer)
		return append(authority, a.Answer...), nil
	}
	ttl, err := s.negativeTTL()
	return append(authority, s.nsec(cut, ttl, dns.TypeNS)), err
}

// negativeTTL is that of the zone's negative answers, in seconds: NSEC records have the same (RFC 9077).
func (s *signing) negativeTTL() (uint32, error) {
	a := s.view.Answer(dns.Question{Name: s.zone.Name, Qtype: dns.TypeSOA, Qclass: dns.ClassINET}, s.client)
	if len(a.Answer) > 0 {
		if soa, ok := a.Answer[0].(*dns.SOA); ok {
			return min(soa.Hdr.Ttl, soa.Minttl), nil
		}
	}
	return 0, fmt.Errorf("zone %s has no SOA record", s.zone.Name)
}

// denial proves that a name or a type does not exist, in one record for just that name ("black lies",
// draft-valsorda-dnsop-black-lies, now RFC 9824): the name is claimed to exist, so the response code is NOERROR.
// As on Route 53, the proof does not distinguish a missing name from an empty one (RFC 9824's NXNAME).
func (s *signing) denial(a routing.Answer) (routing.Answer, error) {
	name := s.question.Name
	if n := len(a.Answer); n > 0 {
		if cname, ok := a.Answer[n-1].(*dns.CNAME); ok {
			name = cname.Target // it is the end of a chain that does not exist
		}
	}
	a.Rcode = dns.RcodeSuccess
	nsec := s.nsec(name, a.Authority[0].Header().Ttl, s.claimed(name)...)
	if len(a.Answer) == 0 && (s.question.Qtype == dns.TypeNSEC || s.question.Qtype == dns.TypeRRSIG) {
		a.Answer, a.Authority = []dns.RR{nsec}, nil // it exists, now
		return a, nil
	}
	a.Authority = append(a.Authority, nsec)
	return a, nil
}

// claimable are the types that an NSEC claims for a name that lacks the type that was asked for: all that Route 53
// knows, except those by which a validator would take the name for an alias (CNAME) or for the top of
// another zone (NS, SOA, DS).
var claimable = []uint16{
	dns.TypeA, dns.TypePTR, dns.TypeMX, dns.TypeTXT, dns.TypeAAAA, dns.TypeSRV, dns.TypeNAPTR, dns.TypeSSHFP,
	dns.TypeTLSA, dns.TypeSVCB, dns.TypeHTTPS, dns.TypeSPF, dns.TypeCAA,
}

// claimed are the types that a denial claims for the name: none for a name that does not exist, or exists only because
// there are names below it.
func (s *signing) claimed(name string) []uint16 {
	types, _ := s.zone.Types(name)
	name = dns.CanonicalName(name)
	var claims []uint16
	switch {
	case name == s.zone.Name:
		claims = append([]uint16{dns.TypeNS, dns.TypeSOA, dns.TypeDNSKEY}, claimable...)
	case slices.Contains(types, dns.TypeNS): // a delegation without DS
		return []uint16{dns.TypeNS}
	case len(types) > 0:
		claims = slices.Clone(claimable)
	}
	return slices.DeleteFunc(claims, func(t uint16) bool { return t == s.question.Qtype })
}

// nsec is the record that lists the types of a name, and proves that there is no name between it and the next possible
// one in canonical order: \000 below it.
func (s *signing) nsec(name string, ttl uint32, types ...uint16) *dns.NSEC {
	types = append(slices.Clone(types), dns.TypeRRSIG, dns.TypeNSEC)
	slices.Sort(types)
	return &dns.NSEC{
		Hdr:        dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: ttl},
		NextDomain: next(name), TypeBitMap: types,
	}
}

// next is the next possible name after a name in canonical order: \000 below it. If that is longer than the 255 octets of
// a name, it is the name whose first label's last octet is one higher (RFC 4470, section 3.1.2).
func next(name string) string {
	const most = 255
	wire := make([]byte, most+1)
	n, err := dns.PackDomainName(name, wire, 0, nil, false)
	if err != nil || n+2 <= most {
		return `\000.` + name
	}
	last := &wire[wire[0]]
	if *last++; 'A' <= *last && *last <= 'Z' {
		*last = 'Z' + 1 // capitals are no others than small letters
	}
	after, _, err := dns.UnpackDomainName(wire, 0)
	if err != nil {
		return name
	}
	return after
}
