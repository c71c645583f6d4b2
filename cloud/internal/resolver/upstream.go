package resolver

import (
	"net"
	"time"

	"github.com/miekg/dns"
)

// VPCOption is the EDNS option, of the range for local use (RFC 6891, 9), with the VPC for which a question is asked.
// Route 53 accepts it on the resolvers' own socket only.
const VPCOption = dns.EDNS0LOCALSTART

// timeout bounds an exchange, shorter than the five seconds that a client of an instance waits.
const timeout = 3 * time.Second

// Ask asks Route 53 at its unix socket. The VPC is "us-east-1/vpc-1a2b3c"; "" asks for public names.
func Ask(socket, vpc string, q *dns.Msg) (*dns.Msg, error) {
	raw, err := net.DialTimeout("unix", socket, timeout)
	if err != nil {
		return nil, err
	}
	conn := &dns.Conn{Conn: raw}
	defer conn.Close()
	client := dns.Client{Timeout: timeout}
	answer, _, err := client.ExchangeWithConn(tag(q, vpc), conn)
	return answer, err
}

// tag returns the question with the VPC's option, and without any such option of the client's.
func tag(q *dns.Msg, vpc string) *dns.Msg {
	q = q.Copy()
	opt := q.IsEdns0()
	if opt == nil {
		opt = q.SetEdns0(dns.DefaultMsgSize, false).IsEdns0()
	}
	opt.Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: VPCOption, Data: []byte(vpc)}}
	return q
}

// VPC returns the VPC for which a resolver asks; "" if it asks for public names.
func VPC(q *dns.Msg) string {
	opt := q.IsEdns0()
	if opt == nil {
		return ""
	}
	for _, o := range opt.Option {
		if local, ok := o.(*dns.EDNS0_LOCAL); ok && local.Code == VPCOption {
			return string(local.Data)
		}
	}
	return ""
}
