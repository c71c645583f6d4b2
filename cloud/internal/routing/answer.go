package routing

import (
	"net/netip"

	"github.com/miekg/dns"
)

// Client is the client that asks.
type Client struct {
	// Addr is the address that the question came from. If the question has an EDNS Client Subnet (RFC 7871), that is
	// Subnet, and is used instead.
	Addr   netip.Addr
	Subnet netip.Prefix
	// VPC is "us-east-1/vpc-1a2b3c" if the VPC's resolver asks, which also sees the VPC's private zones.
	VPC string
	// Roll is a random number, by which weighted and multivalue answers are chosen.
	Roll uint64
}

// Depends is what an answer depends on, besides its zone's records.
type Depends uint8

// An answer that depends on nothing else is valid while its compiled zone is in the view, one that depends on
// health only while the view does not change. One that depends on place or roll may differ for the next
// question.
const (
	OnHealth Depends = 1 << iota // of health checks or load balancers, or on the latter's addresses
	OnPlace                      // where the client is
	OnRoll
)

// Answer is the content of an answer.
type Answer struct {
	Rcode         int
	Authoritative bool
	Answer        []dns.RR
	Authority     []dns.RR
	Additional    []dns.RR
	Depends       Depends
	// Scope is the length, in bits, of the prefix of the client's network for which the answer is valid (RFC 7871,
	// 7.2.1); 0 if it is valid for all clients.
	Scope uint8
	// Zone is the zone that answered; nil if none did.
	Zone *Zone
}

// maxChain is how many CNAMEs are followed.
const maxChain = 8

// Answer returns the answer to a question. It is a pure function.
func (v *View) Answer(q dns.Question, c Client) Answer {
	name := dns.CanonicalName(q.Name)
	if a, ok := v.builtIn(name, q); ok {
		return a
	}
	z := v.find(name, q.Qtype, c)
	if z == nil || q.Qclass != dns.ClassINET {
		return Answer{Rcode: dns.RcodeRefused}
	}
	return v.search(z, q, c)
}

// AnswerOf is like Answer, but answers from the zone with this id, which the name must be in, even if other zones have the
// same name.
func (v *View) AnswerOf(zone string, q dns.Question, c Client) Answer {
	var z *Zone
	parents(dns.CanonicalName(q.Name), func(parent string) bool {
		z = v.zone(parent, zone)
		return z == nil
	})
	if z == nil {
		return Answer{Rcode: dns.RcodeRefused}
	}
	return v.search(z, q, c)
}

func (v *View) search(z *Zone, q dns.Question, c Client) Answer {
	s := &search{view: v, zone: z, client: c, roll: c.Roll, question: q}
	s.answer.Zone, s.answer.Authoritative = z, true
	s.chase(dns.CanonicalName(q.Name))
	return s.answer
}

// find returns the zone that a name is in, of those that the client may ask: the one with the longest name,
// and of zones with the same name a private one first (Developer Guide, hosted-zone-private-considerations). DS records
// are in the parent zone (RFC 4035, 3.1.4.1).
func (v *View) find(name string, rtype uint16, c Client) *Zone {
	var found *Zone
	parents(name, func(parent string) bool {
		for _, z := range v.zones[parent] {
			if z.answers(c) && (found == nil || found.Name != parent || z.of.Private && !found.of.Private) {
				found = z
			}
		}
		return found == nil || rtype == dns.TypeDS && found.Name == name && parent == name
	})
	return found
}

// search is one question being answered.
type search struct {
	view     *View
	zone     *Zone
	client   Client
	roll     uint64
	question dns.Question
	answer   Answer
	entered  []*group        // by choose, for this name of a chain
	groups   map[*group]bool // whether any record of a group that was looked at is healthy
}

// chase answers for a name, and for the targets of CNAMEs as far as this server has their zones; a resolver
// follows the rest.
func (s *search) chase(name string) {
	owner := s.question.Name // answers repeat the question's own case
	for range maxChain {
		target, open := s.step(name, owner)
		if !open {
			return
		}
		owner, name = target, dns.CanonicalName(target)
		more, ok := s.view.builtIn(name, dns.Question{Name: owner, Qtype: s.question.Qtype, Qclass: dns.ClassINET})
		if ok {
			s.answer.Answer = append(s.answer.Answer, more.Answer...)
			s.answer.Depends |= more.Depends
			return
		}
		if s.view.find(name, s.question.Qtype, s.client) != s.zone {
			return
		}
	}
	s.answer = Answer{Rcode: dns.RcodeServerFailure, Zone: s.zone, Depends: s.answer.Depends}
}

// step answers for one name of a chain, and returns the CNAME's target, which is next.
func (s *search) step(name, owner string) (target string, open bool) {
	if cut, n := s.zone.cut(name); n != nil && !(cut == name && s.question.Qtype == dns.TypeDS) {
		s.refer(cut, n)
		return "", false
	}
	n, wildcard := s.zone.lookup(name)
	if n == nil {
		s.answer.Rcode = dns.RcodeNameError // the last name's, RFC 6604
		s.negative()
		return "", false
	}
	g := n.answering(s.question.Qtype, wildcard)
	if g == nil {
		s.negative()
		return "", false
	}
	s.entered = s.entered[:0]
	rrs := s.choose(g)
	if len(rrs) == 0 {
		s.negative()
		return "", false
	}
	s.answer.Answer = append(s.answer.Answer, named(rrs, owner)...)
	if cname, ok := rrs[0].(*dns.CNAME); ok && s.question.Qtype != dns.TypeCNAME && s.question.Qtype != dns.TypeANY {
		return cname.Target, true
	}
	return "", false
}

// answering returns the group that answers for a type: the type's own, or the CNAME's. ANY gets one group, the minimum
// of RFC 8482.
func (n *node) answering(rtype uint16, wildcard bool) *group {
	switch {
	case wildcard && rtype == dns.TypeNS:
		return nil // Developer Guide, DomainNameFormat: no wildcard for NS
	case rtype == dns.TypeANY && len(n.groups) > 0:
		return &n.groups[0]
	}
	if g := n.group(rtype); g != nil {
		return g
	}
	return n.group(dns.TypeCNAME)
}

func (s *search) negative() {
	if s.zone.soa != nil {
		s.answer.Authority = named([]dns.RR{s.zone.soa}, s.zone.Name)
	}
}

// refer answers with a delegation and the addresses that the zone has of its servers.
func (s *search) refer(cut string, n *node) {
	s.answer.Authoritative = len(s.answer.Answer) > 0
	for _, r := range n.group(dns.TypeNS).records {
		s.answer.Authority = append(s.answer.Authority, named(r.rrs, cut)...)
	}
	for _, rr := range s.answer.Authority {
		host := dns.CanonicalName(rr.(*dns.NS).Ns)
		if at := s.zone.nodes[host]; at != nil && dns.IsSubDomain(cut, host) {
			s.answer.Additional = append(s.answer.Additional, at.addresses(host)...)
		}
	}
}

// addresses are the address records of a name server's name, as glue.
func (n *node) addresses(name string) []dns.RR {
	var rrs []dns.RR
	for _, rtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if g := n.group(rtype); g != nil {
			for _, r := range g.records {
				rrs = append(rrs, named(r.rrs, name)...)
			}
		}
	}
	return rrs
}

// named returns copies of records, with the name that was asked for.
func named(rrs []dns.RR, owner string) []dns.RR {
	out := make([]dns.RR, len(rrs))
	for i, rr := range rrs {
		out[i] = dns.Copy(rr)
		out[i].Header().Name = owner
	}
	return out
}

// Resolve returns a public name's addresses.
func (v *View) Resolve(name string) []netip.Addr {
	reply := v.Answer(dns.Question{Name: dns.Fqdn(name), Qtype: dns.TypeA, Qclass: dns.ClassINET}, Client{})
	var all []netip.Addr
	for _, rr := range reply.Answer {
		if record, ok := rr.(*dns.A); ok {
			if addr, ok := netip.AddrFromSlice(record.A.To4()); ok {
				all = append(all, addr)
			}
		}
	}
	return all
}
