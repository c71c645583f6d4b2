package dns

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// RateLimit bounds how often the same answer is sent by datagram to one block of addresses. So a server cannot be used to
// flood a victim by questions with the victim's forged address (response-rate limiting, as in BIND,
// NSD and Knot). Clients whose cookie proves their address, and clients that use TCP, are not limited.
//
// The zero value limits nothing. [DefaultRateLimit] is for a server on an open network.
type RateLimit struct {
	// PerSecond is how many answers of one kind are sent to a block of addresses in a second; so many may also be
	// sent at once. Answers to the same question are of one kind, and so are all name errors of a zone, and all errors
	// with the same rcode.
	PerSecond int
	// Slip is for questions above the rate: every Slip-th gets a short answer, so that the client can ask again by TCP or
	// with a cookie. 1 is all of them, 0 is none.
	Slip int
	// IPv4 and IPv6 are the prefix lengths, in bits, of a block of addresses.
	IPv4, IPv6 int
	// Exempt are not limited.
	Exempt []netip.Prefix
}

// DefaultRateLimit is well above what resolvers ask and below what a flood needs, and does not limit this
// machine's own clients.
var DefaultRateLimit = RateLimit{
	PerSecond: 100, Slip: 2, IPv4: 24, IPv6: 56,
	Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
}

// judgement is the limiter's decision on an answer.
type judgement int

const (
	pass judgement = iota
	slip           // answer, but as little as can be
	hold           // do not answer
)

// limiter counts in a table of fixed size. Two kinds in the same bucket share its rate, so that it may limit
// too much, but never too little. The hash's seed is secret, so nobody can choose questions for a bucket.
type limiter struct {
	RateLimit
	seed   maphash.Seed
	shards [limiterShards]limiterShard
}

const (
	limiterShards  = 64
	limiterBuckets = 1024 // in each shard
)

type limiterShard struct {
	sync.Mutex
	buckets [limiterBuckets]bucket
}

// bucket has how many answers of a kind may still be sent.
type bucket struct {
	at      int64 // when it was last looked at, in nanoseconds
	credit  int64 // in nanoseconds: each answer takes the time that the rate gives it
	limited uint32
}

// newLimiter returns nil where nothing is limited.
func newLimiter(c RateLimit) *limiter {
	if c.PerSecond <= 0 {
		return nil
	}
	return &limiter{RateLimit: c, seed: maphash.MakeSeed()}
}

// judge counts an answer to an address and decides whether it may be sent. A nil limiter allows all.
func (l *limiter) judge(to netip.Addr, p *packed, now time.Time) judgement {
	if l == nil || l.exempt(to) {
		return pass
	}
	h := l.kind(to, p)
	shard := &l.shards[h%limiterShards]
	shard.Lock()
	defer shard.Unlock()
	b := &shard.buckets[h/limiterShards%limiterBuckets]
	price, at := int64(time.Second)/int64(l.PerSecond), now.UnixNano()
	b.credit = min(b.credit+max(at-b.at, 0), int64(time.Second))
	b.at = at
	if b.credit >= price {
		b.credit -= price
		return pass
	}
	b.limited++
	if l.Slip > 0 && b.limited%uint32(l.Slip) == 0 {
		return slip
	}
	return hold
}

func (l *limiter) exempt(a netip.Addr) bool {
	for _, p := range l.Exempt {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// kind hashes what is counted together.
func (l *limiter) kind(to netip.Addr, p *packed) uint64 {
	bits := l.IPv6
	if to.Is4() {
		bits = l.IPv4
	}
	neighbourhood, _ := to.Prefix(bits)
	var h maphash.Hash
	h.SetSeed(l.seed)
	a := neighbourhood.Addr().As16()
	h.Write(a[:])
	h.WriteByte(byte(p.rcode))
	switch {
	case p.noName:
		h.WriteString(p.zone)
	case p.rcode == dns.RcodeSuccess:
		h.Write(p.message[headerSize : headerSize+int(p.question)])
	}
	return h.Sum64()
}
