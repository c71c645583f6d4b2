package dns

import (
	"encoding/binary"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/resolver"
)

// edns is the content of a message's OPT record (RFC 6891), with the options that this server knows.
type edns struct {
	present  bool
	version  uint8
	dnssecOK bool
	size     int    // the largest datagram that the asker takes, in bytes
	cookie   []byte // RFC 7873: eight bytes of the client's, and perhaps the server's
	subnet   subnet
	vpc      []byte // which a VPC's resolver asks for; to be believed on the resolvers' own socket alone
}

// optSize is the size of an OPT record without options: no name, type, class, TTL, length.
const optSize = 11

func isOPT(record []byte) bool {
	return record[0] == 0 && binary.BigEndian.Uint16(record[1:]) == dns.TypeOPT
}

// read reads an OPT record. A second one, or options that do not fill it exactly, are errors.
func (e *edns) read(record []byte) bool {
	if e.present {
		return false
	}
	e.present = true
	e.size = int(binary.BigEndian.Uint16(record[3:]))
	e.version = record[6]
	e.dnssecOK = record[7]&0x80 != 0
	if e.version != 0 {
		return true // what follows may mean anything
	}
	for options := record[optSize:]; len(options) > 0; {
		if len(options) < 4 {
			return false
		}
		code, n := binary.BigEndian.Uint16(options), int(binary.BigEndian.Uint16(options[2:]))
		if options = options[4:]; n > len(options) {
			return false
		}
		if !e.option(code, options[:n]) {
			return false
		}
		options = options[n:]
	}
	return true
}

// option reads one option. An unknown option is skipped.
func (e *edns) option(code uint16, data []byte) bool {
	switch code {
	case dns.EDNS0COOKIE:
		if n := len(data); n != clientCookieSize && (n < 16 || n > 40) {
			return false // RFC 7873, 5.2.2
		}
		if e.cookie == nil { // of several the first counts: RFC 7873, 5.2
			e.cookie = data
		}
	case dns.EDNS0SUBNET:
		return e.subnet.read(data)
	case resolver.VPCOption:
		e.vpc = data
	}
	return true
}

// limit is the size in bytes of the largest datagram that may answer: what the client accepts, but at most 1,232,
// which no path fragments.
func (e *edns) limit() int {
	if !e.present {
		return dns.MinMsgSize
	}
	return min(max(e.size, dns.MinMsgSize), maxUDP)
}

// replySize is the size of the OPT record that answers this one.
func (e *edns) replySize() int {
	n := optSize
	if len(e.cookie) > 0 {
		n += 4 + cookieSize
	}
	if e.subnet.raw != nil {
		n += 4 + len(e.subnet.raw)
	}
	return n
}

// appendOPT appends the OPT record that answers this one: the upper bits of the rcode, the client's DO
// bit (RFC 3225), a server cookie for a client cookie, and the client's subnet with the scope for which the answer
// is valid.
func (e *edns) appendOPT(b []byte, rcode int, ours *cookie, scope uint8) []byte {
	var do uint8
	if e.dnssecOK {
		do = 0x80
	}
	const noName, version, noFlags = 0, 0, 0
	b = append(b, noName, 0, byte(dns.TypeOPT), maxUDP>>8, maxUDP&0xff, byte(rcode>>4), version, do, noFlags)
	b = binary.BigEndian.AppendUint16(b, uint16(e.replySize()-optSize))
	if len(e.cookie) > 0 {
		b = append(b, 0, dns.EDNS0COOKIE, 0, cookieSize)
		b = append(b, ours[:]...)
	}
	return e.subnet.append(b, scope)
}
