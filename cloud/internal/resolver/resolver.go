// Package resolver is the resolver of a VPC's instances: the Route 53 Resolver at the second address of the
// VPC's network (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html).
//
// It answers the VPC's own names itself. For all others it asks Route 53 over a separate socket, with the VPC in the
// question, and follows CNAMEs from zone to zone. It has no cache, so that every change is in the next answer.
package resolver

import (
	"net"

	"github.com/miekg/dns"
)

// Resolver answers the questions of one VPC.
type Resolver struct {
	// Enabled is the VPC's attribute enableDnsSupport. Without it nothing is answered.
	Enabled func() bool
	// Own answers for the VPC's own names; false if the name is not one of them.
	Own func(dns.Question) ([]dns.RR, bool)
	// Ask asks Route 53.
	Ask func(*dns.Msg) (*dns.Msg, error)
	// Public answers for names of the rest of the internet, which are in no zone of Route 53's here; false if it knows none. It
	// may be nil.
	Public func(dns.Question) ([]dns.RR, bool)
}

var _ dns.Handler = (*Resolver)(nil)

// ServeDNS implements dns.Handler.
func (r *Resolver) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	if !r.Enabled() {
		_ = w.Close() // of TCP; a datagram is just not answered
		return
	}
	answer := r.Answer(q)
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		answer.Truncate(size(q))
	}
	_ = w.WriteMsg(answer) // who asked has gone away
}

// size is how many bytes a datagram to the client may have (RFC 6891, 6.2.5).
func size(q *dns.Msg) int {
	if opt := q.IsEdns0(); opt != nil {
		return max(int(opt.UDPSize()), dns.MinMsgSize)
	}
	return dns.MinMsgSize
}

// maxChain is how many CNAMEs are followed.
const maxChain = 8

// Answer answers one question.
func (r *Resolver) Answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	opt := q.IsEdns0()
	if opt != nil {
		m.SetEdns0(dns.DefaultMsgSize, opt.Do())
	}
	if len(q.Question) != 1 {
		m.Rcode = dns.RcodeFormatError
		return m
	}
	next := q.Question[0]
	for range maxChain {
		more, err := r.step(q, next)
		if err != nil {
			break
		}
		m.Rcode, m.Ns = more.Rcode, more.Ns
		m.Answer = append(m.Answer, more.Answer...)
		target, open := dangling(m.Answer, next)
		if !open || m.Rcode != dns.RcodeSuccess {
			return m
		}
		next.Name = target
	}
	// Route 53 does not answer, or the chain of CNAMEs does not end.
	m.Rcode, m.Answer, m.Ns = dns.RcodeServerFailure, nil, nil
	return m
}

// step answers for one name of a chain.
func (r *Resolver) step(q *dns.Msg, question dns.Question) (*dns.Msg, error) {
	if rrs, ok := r.Own(question); ok {
		return &dns.Msg{Answer: rrs}, nil
	}
	ask := q.Copy()
	ask.Question = []dns.Question{question}
	answer, err := r.Ask(ask)
	if r.Public != nil && (err != nil || answer.Rcode == dns.RcodeRefused) {
		if rrs, ok := r.Public(question); ok {
			return &dns.Msg{Answer: rrs}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	// Route 53 refuses names in no zone of its own, and answers delegated ones with a referral. No other server can
	// be asked, since the cloud has no uplink.
	if answer.Rcode == dns.RcodeRefused || answer.Rcode == dns.RcodeSuccess && !answer.Authoritative && len(answer.Answer) == 0 {
		answer.Rcode, answer.Ns = dns.RcodeServerFailure, nil
	}
	return answer, nil
}

// dangling tells whether an answer ends in a CNAME whose target must be asked for.
func dangling(answer []dns.RR, q dns.Question) (target string, open bool) {
	if q.Qtype == dns.TypeCNAME || q.Qtype == dns.TypeANY {
		return "", false
	}
	for i := len(answer) - 1; i >= 0; i-- {
		switch rr := answer[i].(type) {
		case *dns.RRSIG:
		case *dns.CNAME:
			return rr.Target, true
		default:
			return "", false
		}
	}
	return "", false
}
