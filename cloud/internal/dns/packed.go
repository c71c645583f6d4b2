package dns

import (
	"bytes"
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// packed is an answer ready to be sent: header, question and records, without the OPT record, which
// differs for each client. It never changes. What else differs between clients (id, two flags, and upper and lower case in
// the question) is written into a copy; names in the records are pointers to the question, and
// so have the same case.
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

	// room has the message if it is short, as most are: beside the fields that are read before it, so that there is
	// one cache miss instead of two. With the names of a large zone, cache misses are most of the cost of finding.
	room [88]byte
}

// keep copies a message into the answer.
func (p *packed) keep(message []byte) { p.message = append(p.room[:0], message...) }

// cut tells whether the answer is too long for any datagram, so that only its head is kept.
func (p *packed) cut() bool { return p.message[2]&(bitTruncated>>8) != 0 }

// stale tells whether the answer's signatures must be renewed.
func (p *packed) stale(now time.Time) bool { return p.until != 0 && now.Unix() >= p.until }

// A term is the time during which an answer is valid: as long as its zone's contents are unchanged, if it depends on
// nothing else, or as long as the whole view is unchanged. A term ends before the Swap that ends it returns, and never
// begins again. So an answer of an old view that is put into the cache after the Swap is never served.
type term struct{ over atomic.Bool }

// cache has packed answers, found by their question's bytes in lower case. Its size is fixed: if a set is full, an answer
// in it is replaced. The hash has a secret seed, so nobody can choose questions that
// fill one set; and the question itself is compared, so that a collision only costs time.
//
// Answers are packed when a question is first asked, not before: which names below a wildcard, and which missing names,
// will be asked for is not known earlier.
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

// put keeps an answer. It replaces, in this order of preference, an older answer to the same question, an empty or expired
// entry, an answer that a name does not exist, or any other. An answer that a name does not exist replaces only the
// first two of these, so that questions for invented names remove nothing else.
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

// kept is the answer as it is kept: without its records if they are too long for any datagram.
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
