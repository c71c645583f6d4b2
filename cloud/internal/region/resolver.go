package region

import (
	"net"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/address"
)

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
