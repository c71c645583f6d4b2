package dns

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// A responder answers messages, one after another. Each socket's loop and each connection has its own, so
// the cache is all that they share and write to.
type responder struct {
	server *Server
	face   *face
	tcp    bool
	now    time.Time // of this message or its batch
	count  *tally

	query  query
	folded [maxName + 4]byte
}

// respond appends the answer to a message, or nothing if the message gets no answer.
func (r *responder) respond(out, message []byte, from netip.Addr) []byte {
	q := &r.query
	verdict, rcode := q.read(message)
	switch verdict {
	case drop:
		r.count.dropped++
		return out
	case settle:
		return r.finish(out, settled(q, rcode), from)
	}
	r.count.query(q)
	folded := foldQuestion(r.folded[:0], q.question)
	var hash uint64
	if c := r.face.cache; c != nil {
		hash = c.hash(folded, q.dnssecOK)
		if p := c.find(hash, folded, q.dnssecOK); p != nil && !(r.tcp && p.cut()) && !p.stale(r.now) {
			return r.finish(out, p, from)
		}
	}
	r.count.composed++
	return r.finish(out, r.compose(folded, hash, from), from)
}

// finish writes an answer for this client, or nothing if the rate is exceeded.
func (r *responder) finish(out []byte, p *packed, from netip.Addr) []byte {
	q := &r.query
	o := outcome{rcode: int(p.rcode), cut: p.cut() || r.size(p) > r.limit()}
	var proven bool
	if len(q.cookie) > 0 {
		o.cookie, proven = r.server.cookies.answer(q.cookie, from, r.now)
	}
	if !r.tcp && !proven {
		switch r.server.limiter.judge(from, p, r.now) {
		case hold:
			r.count.held++
			return out
		case slip:
			r.count.slipped++
			o.cut = true
			if len(q.cookie) > 0 {
				o.rcode = dns.RcodeBadCookie // which costs as little, and shows how to be let through: RFC 7873, 5.2.3
			}
		}
	}
	begin := len(out)
	out = r.write(out, p, &o)
	r.count.answer(&o, len(out)-begin)
	if logs := r.server.logs.Load(); logs != nil && p.zone != "" {
		logs.line(r, p.zone, o.rcode, from)
	}
	return out
}

// outcome is how much of an answer a client gets.
type outcome struct {
	rcode  int
	cut    bool // the records are left out
	cookie cookie
}

// write appends a packed answer with what differs for each client: id, upper and lower case in the question, the flags
// that are copied from it, the OPT record.
func (r *responder) write(out []byte, p *packed, o *outcome) []byte {
	q, message := &r.query, p.message
	flags := binary.BigEndian.Uint16(message[2:])&^0xf | q.flags&(bitRecursionDesired|bitCheckingDisabled) | uint16(o.rcode&0xf)
	if o.cut {
		message = message[:headerSize+int(p.question)]
		if flags |= bitTruncated; o.rcode == dns.RcodeBadCookie {
			flags &^= bitTruncated | bitAuthoritative
		}
	}
	begin := len(out)
	out = append(out, message...)
	answer := out[begin:]
	binary.BigEndian.PutUint16(answer, q.id)
	binary.BigEndian.PutUint16(answer[2:], flags)
	copy(answer[headerSize:], q.question)
	if o.cut {
		clear(answer[6:headerSize]) // no records
	}
	if q.present {
		answer[11]++ // one more additional record: no answer has 255 others
		out = q.appendOPT(out, o.rcode, &o.cookie, p.scope)
	}
	return out
}

// size is an answer's, with the OPT record for this asker.
func (r *responder) size(p *packed) int {
	if !r.query.present {
		return len(p.message)
	}
	return len(p.message) + r.query.replySize()
}

// limit is the size of the largest answer that this client accepts, in bytes.
func (r *responder) limit() int {
	if r.tcp {
		return dns.MaxMsgSize
	}
	return r.query.limit()
}

// settled is an answer that needs no zone: a header, and the question if one could be read.
func settled(q *query, rcode int) *packed {
	p := &packed{rcode: uint16(rcode), question: uint16(len(q.question)), message: make([]byte, headerSize, headerSize+len(q.question))}
	binary.BigEndian.PutUint16(p.message[2:], bitResponse|uint16(q.opcode)<<11)
	if p.question > 0 {
		p.message[5] = 1
	}
	p.message = append(p.message, q.question...)
	return p
}
