package dns

import (
	"math/rand/v2"
	"net/netip"

	"github.com/miekg/dns"
)

// compose finds the answer to the responder's question in the view in force, and packs it. This is the slow
// path: some microseconds, where a packed answer is found in a fraction of one.
//
// The view is always asked for the name in lower case. Names in the message that repeat it are pointers to
// the question, which finish writes in the asker's own case: so answers are the same bytes whichever path
// they come by.
func (r *responder) compose(folded []byte, hash uint64, from netip.Addr) *packed {
	q := &r.query
	f := r.server.inForce.Load()
	failed := func(err error) *packed {
		r.server.log.Error("a question could not be answered", "question", q.question, "error", err)
		return settled(q, dns.RcodeServerFailure)
	}
	name, _, err := dns.UnpackDomainName(folded, 0)
	if err != nil {
		return failed(err)
	}
	a := f.view.answer(dns.Question{Name: name, Qtype: q.qtype, Qclass: q.class}, r.face.side, client{addr: from, subnet: q.subnet.prefix, roll: rand.Uint64()})
	m := r.server.message(a, q)
	m.Question = []dns.Question{{Name: name, Qtype: q.qtype, Qclass: q.class}}
	b, err := m.Pack()
	if err != nil || len(b) < headerSize+len(folded) {
		return failed(err)
	}
	p := &packed{message: b, hash: hash, question: uint16(len(folded)), rcode: uint16(a.Rcode), dnssecOK: q.dnssecOK, scope: a.Scope, term: f.term(&a), zone: a.zoneID}
	if p.term != nil {
		r.face.cache.put(p.kept())
	}
	return p
}

// message makes an Answer the message that goes out, all but the OPT record. An answer is signed here,
// where the asker understands signatures.
func (s *Server) message(a result, q *query) *dns.Msg {
	m := new(dns.Msg)
	m.Response, m.Rcode = true, a.Rcode
	m.Authoritative = a.Rcode != dns.RcodeRefused
	m.Answer, m.Ns, m.Extra = a.Answer, a.Authority, a.Additional
	m.Compress = true
	return m
}
