package dns

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// query is a message's question, read without allocating. Its slices are parts of the message.
type query struct {
	id     uint16
	flags  uint16
	opcode int

	question     []byte // name, type and class as they came; empty where there is none
	qtype, class uint16

	edns
}

// The bits of the header's second word (RFC 1035, 4.1.1; RFC 4035, 3.1.6).
const (
	bitResponse         = 1 << 15
	bitAuthoritative    = 1 << 10
	bitTruncated        = 1 << 9
	bitRecursionDesired = 1 << 8
	bitCheckingDisabled = 1 << 4
)

const (
	headerSize = 12
	maxName    = 255 // bytes, RFC 1035, 2.3.4
	maxLabel   = 63
)

// verdict is the result of reading a message.
type verdict int

const (
	asked  verdict = iota // it is a question that zones may have an answer to
	drop                  // it deserves no answer: no message at all, or an answer itself
	settle                // rcode is its answer already
)

// read parses a message. If it is not one ordinary question, the verdict has the rcode to answer with. That is so for
// compressed names in questions, wrong counts of sections, surplus bytes, and a second OPT.
func (q *query) read(msg []byte) (v verdict, rcode int) {
	*q = query{}
	if len(msg) < headerSize {
		return drop, 0
	}
	q.id, q.flags = binary.BigEndian.Uint16(msg), binary.BigEndian.Uint16(msg[2:])
	if q.flags&bitResponse != 0 {
		return drop, 0 // else two servers could be set to answer each other for ever
	}
	switch q.opcode = int(q.flags>>11) & 0xf; q.opcode {
	case dns.OpcodeQuery:
	case dns.OpcodeNotify, dns.OpcodeUpdate:
		return settle, dns.RcodeRefused // changes come by the API
	default:
		return settle, dns.RcodeNotImplemented
	}
	questions, answers := binary.BigEndian.Uint16(msg[4:]), binary.BigEndian.Uint16(msg[6:])
	authorities, additionals := binary.BigEndian.Uint16(msg[8:]), binary.BigEndian.Uint16(msg[10:])
	if questions > 1 || answers > 0 {
		return settle, dns.RcodeFormatError // RFC 9619
	}
	at := headerSize
	if questions == 1 {
		end := nameEnd(msg, at)
		if end < 0 || end+4 > len(msg) {
			return settle, dns.RcodeFormatError
		}
		q.question = msg[at : end+4]
		q.qtype, q.class = binary.BigEndian.Uint16(msg[end:]), binary.BigEndian.Uint16(msg[end+2:])
		at = end + 4
	}
	if authorities > 0 && q.qtype != dns.TypeIXFR { // which says there what it has
		return settle, dns.RcodeFormatError
	}
	for range int(authorities) {
		if at = recordEnd(msg, at); at < 0 {
			return settle, dns.RcodeFormatError
		}
	}
	for range int(additionals) {
		end := recordEnd(msg, at)
		if end < 0 {
			return settle, dns.RcodeFormatError
		}
		if isOPT(msg[at:end]) && !q.edns.read(msg[at:end]) {
			return settle, dns.RcodeFormatError
		}
		at = end
	}
	if at != len(msg) {
		return settle, dns.RcodeFormatError
	}
	return q.judge()
}

// judge decides what can be answered without a zone.
func (q *query) judge() (verdict, int) {
	switch {
	case q.present && q.version != 0:
		return settle, dns.RcodeBadVers
	case len(q.question) == 0 && len(q.cookie) > 0:
		return settle, dns.RcodeSuccess // asks for a cookie and no more: RFC 7873, 5.4
	case len(q.question) == 0:
		return settle, dns.RcodeFormatError
	case q.class != dns.ClassINET:
		return settle, dns.RcodeRefused
	}
	switch q.qtype {
	case dns.TypeAXFR, dns.TypeIXFR:
		return settle, dns.RcodeRefused // Route 53 has no zone transfers
	case dns.TypeNone, dns.TypeOPT, dns.TypeTSIG, dns.TypeTKEY, dns.TypeMAILA, dns.TypeMAILB:
		return settle, dns.RcodeNotImplemented // they are of the protocol, not of zones: RFC 6895, 3.1
	}
	return asked, dns.RcodeSuccess
}

// nameEnd returns where the uncompressed name ends that begins at a place in a message, or -1 where there
// is none. A question is the first name of its message, so it has nothing to point back to.
func nameEnd(msg []byte, at int) int {
	for begin := at; at < len(msg); {
		n := int(msg[at])
		at += 1 + n
		switch {
		case n > maxLabel || at-begin > maxName:
			return -1
		case n == 0:
			return at
		}
	}
	return -1
}

// recordEnd returns where a record ends, or -1. Its name, which may be compressed, is skipped.
func recordEnd(msg []byte, at int) int {
	const fixed = 10 // type, class, TTL and length of data
	for at < len(msg) && msg[at] != 0 {
		if msg[at]&0xc0 == 0xc0 {
			at++ // a pointer is two bytes and the end of its name
			break
		}
		if msg[at] > maxLabel {
			return -1
		}
		at += 1 + int(msg[at])
	}
	at++
	if at+fixed > len(msg) {
		return -1
	}
	at += fixed + int(binary.BigEndian.Uint16(msg[at+fixed-2:]))
	if at > len(msg) {
		return -1
	}
	return at
}

// foldQuestion appends a question to b with its name in lower case. The length octets of labels (at most 63) are below
// the codes of letters, so they do not change.
func foldQuestion(b, question []byte) []byte {
	name := len(question) - 4
	for _, c := range question[:name] {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return append(b, question[name:]...)
}
