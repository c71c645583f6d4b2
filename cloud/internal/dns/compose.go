package dns

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime/debug"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// compose finds the answer to the responder's question in the present view, and packs it. This is the slow
// path: it takes some microseconds, and finding a packed answer only a fraction of one.
//
// The view is always asked for the name in lower case. Names in the message that repeat it are pointers to
// the question, which write fills in with the client's upper and lower case. So the bytes of an answer do not depend on
// the path by which it was made.
func (r *responder) compose(folded []byte, hash uint64, from netip.Addr) (p *packed) {
	// A panic while one answer is made must not end the process, or one question could stop the name servers.
	defer func() {
		if fault := recover(); fault != nil {
			r.server.log.Error("a question could not be answered", "question", r.query.question, "fault", fault, "stack", string(debug.Stack()))
			p = settled(&r.query, dns.RcodeServerFailure)
		}
	}()
	q, f := &r.query, r.server.inForce.Load()
	name, _, err := dns.UnpackDomainName(folded, 0)
	if err != nil {
		return r.failed(err)
	}
	c := routing.Client{Addr: from, Subnet: q.subnet.prefix, Roll: rand.Uint64()}
	if r.face.resolvers {
		c.VPC = string(q.vpc)
	}
	question := dns.Question{Name: name, Qtype: q.qtype, Qclass: q.class}
	a := f.view.Answer(question, c)
	noName := a.Rcode == dns.RcodeNameError
	r.face.side.seen(f.view.Cloud(), a.Answer)
	r.face.side.seen(f.view.Cloud(), a.Additional)
	sign := signing{signer: r.server.signer, view: f.view, client: c, question: question, now: r.now}
	if a, err = sign.secure(a, q.dnssecOK); err != nil {
		return r.failed(err)
	}
	b, err := messageOf(question, &a).Pack()
	if err == nil && len(b)+q.replySize() > dns.MaxMsgSize {
		err = errTooLong
	}
	if err != nil {
		return r.failed(err)
	}
	p = &packed{hash: hash, question: uint16(len(folded)), rcode: uint16(a.Rcode), noName: noName, dnssecOK: q.dnssecOK, scope: a.Scope, term: f.term(&a)}
	p.keep(b)
	if q.dnssecOK && a.Zone != nil && a.Zone.Keys != nil {
		p.until = dnssec.Fresh(r.now).Unix()
	}
	if a.Zone != nil {
		p.zone = a.Zone.ID
	}
	if p.term != nil && r.face.cache != nil {
		r.face.cache.put(p.kept())
	}
	return p
}

// errTooLong means that the records do not fit into a message, although their values are within the quotas.
var errTooLong = errors.New("the answer is longer than any message")

// failed is the answer if making the proper one failed: SERVFAIL.
func (r *responder) failed(err error) *packed {
	r.server.log.Debug("a question could not be answered", "question", r.query.question, "error", err)
	return settled(&r.query, dns.RcodeServerFailure)
}

// messageOf makes the message of an Answer, without the OPT record.
func messageOf(q dns.Question, a *routing.Answer) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{q}, Answer: a.Answer, Ns: a.Authority, Extra: a.Additional, Compress: true}
	m.Response, m.Authoritative, m.Rcode = true, a.Authoritative, a.Rcode
	return m
}
