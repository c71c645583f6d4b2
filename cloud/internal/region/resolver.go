package region

import (
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/address"
)

// instanceTTL is what AWS's resolver answers for names of instances, in seconds.
const instanceTTL = 60

// answerOwn answers for the names that a VPC's interfaces have, private and public: from inside, both
// mean the private address (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html). It returns nil
// for other names.
func (r *Region) answerOwn(vpc string, q *dns.Msg) *dns.Msg {
	if len(q.Question) != 1 || q.Question[0].Qclass != dns.ClassINET {
		return nil
	}
	name := strings.TrimSuffix(strings.ToLower(q.Question[0].Name), ".")
	for _, i := range r.interfaces.All() {
		if i.VPC != vpc || name != r.privateName(i.Address) && name != r.publicName(vpc, i.Public) {
			continue
		}
		answer := new(dns.Msg).SetReply(q)
		answer.RecursionAvailable = true
		if t := q.Question[0].Qtype; t == dns.TypeA || t == dns.TypeANY {
			header := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: r.cfg.Speed.TTL(instanceTTL)}
			answer.Answer = []dns.RR{&dns.A{Hdr: header, A: i.Address.AsSlice()}}
		}
		return answer
	}
	return nil
}

// forward asks the cloud's first name server over the protocol it was asked by, and passes the answer
// on. Where that fails the answer is SERVFAIL, after a time shorter than a client's usual five seconds.
func forward(w dns.ResponseWriter, q *dns.Msg) {
	protocol := "udp"
	if _, ok := w.RemoteAddr().(*net.TCPAddr); ok {
		protocol = "tcp"
	}
	client := dns.Client{Net: protocol, Timeout: 3 * time.Second}
	answer, _, err := client.Exchange(q, net.JoinHostPort(address.NameServers[0].String(), "53"))
	if err != nil {
		answer = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	}
	answer.RecursionAvailable = true
	_ = w.WriteMsg(answer) // who asked has gone away
}
