package dns

import (
	"bytes"
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// packed is an answer made ready to be sent: header, question and records, without the OPT record, which
// is each asker's own. It never changes. What differs from one asker to the next, id, two flags, and the
// letters' case in the question, is written over a copy; names in the records point to the question, and
// so take on its case.
type packed struct {
	hash     uint64
	message  []byte
	question uint16 // its size, with type and class
	rcode    uint16
	noName   bool // the name does not exist, which a signed answer does not say by its rcode
	dnssecOK bool
	scope    uint8 // RFC 7871: for how long a prefix of the asker's it is good; 0 is for everyone
	term     *term
	until    int64  // when its signatures are to be made anew, in Unix seconds; 0 where it has none
	zone     string // its id, for the query log; empty where no zone answers

	// room is where the message is, if it is as short as most: beside what is looked at before it, so that
	// memory is waited for once. Among the names of a large zone, that is what finding takes its time for.
	room [88]byte
}

// keep copies a message into the answer.
func (p *packed) keep(message []byte) { p.message = append(p.room[:0], message...) }

// cut tells whether the answer is one that no datagram holds, of which only the head is kept.
func (p *packed) cut() bool { return p.message[2]&(bitTruncated>>8) != 0 }

// stale tells whether the answer's signatures are to be made anew.
func (p *packed) stale(now time.Time) bool { return p.until != 0 && now.Unix() >= p.until }

// A term is a time in force. An answer is right during the term it was made in: that of its zone's
// contents where nothing else decided, or else that of the whole view. A term ends before the Swap that
// ends it returns, and never begins again. So an answer that is put in the cache late,
// by someone who began before, is never served.
type term struct{ over atomic.Bool }

// cache holds packed answers, found by their question's bytes in lower case. Its size is fixed: where a
// set of ways is full, one of them gives way. A hash has a secret seed, so nobody can choose questions that
// crowd one set; and the question itself is compared, so that a collision only costs time.
//
// Questions are packed when they are first asked, not before: only then is it known which names below a
// wildcard or beside what exists they will be.
type cache struct {
	seed maphash.Seed
	sets []cacheSet
}

const ways = 4

type cacheSet [ways]atomic.Pointer[packed]

// newCache returns one for this many answers, a power of two.
func newCache(size int) *cache {
	return &cache{seed: maphash.MakeSeed(), sets: make([]cacheSet, size/ways)}
}

// hash is of a folded question.
func (c *cache) hash(folded []byte, dnssecOK bool) uint64 {
	h := maphash.Bytes(c.seed, folded)
	if dnssecOK {
		h = ^h
	}
	return h
}

func (c *cache) set(hash uint64) *cacheSet { return &c.sets[hash%uint64(len(c.sets))] }

// find returns the answer to a folded question, or nil.
func (c *cache) find(hash uint64, folded []byte, dnssecOK bool) *packed {
	set := c.set(hash)
	for i := range set {
		if p := set[i].Load(); p != nil && p.hash == hash && p.answers(folded, dnssecOK) && !p.term.over.Load() {
			return p
		}
	}
	return nil
}

func (p *packed) answers(folded []byte, dnssecOK bool) bool {
	return p.dnssecOK == dnssecOK && int(p.question) == len(folded) && bytes.Equal(p.message[headerSize:headerSize+len(folded)], folded)
}

// put keeps an answer: in place of an older one to its question, or where none is or its term is over, or in place of
// one that a name does not exist, or of any. One that a name does not exist takes no other's place, so that questions
// for made-up names push nothing out.
func (c *cache) put(p *packed) {
	set := c.set(p.hash)
	const same, free, noName, none = 3, 2, 1, 0
	place, best := 0, none
	for i := range set {
		worth := none
		switch old := set[i].Load(); {
		case old == nil || old.term.over.Load():
			worth = free
		case old.hash == p.hash && old.dnssecOK == p.dnssecOK:
			worth = same
		case old.noName:
			worth = noName
		}
		if worth > best {
			place, best = i, worth
		}
	}
	if best <= noName && p.noName {
		return
	}
	if best == none {
		place = rand.IntN(ways)
	}
	set[place].Store(p)
}

// kept is the answer as it is worth keeping: without the records where no datagram holds them.
func (p *packed) kept() *packed {
	if len(p.message)+optSize <= maxUDP {
		return p
	}
	k := *p
	k.keep(p.message[:headerSize+int(p.question)])
	k.message[2] |= bitTruncated >> 8
	clear(k.message[6:headerSize])
	return &k
}
