package dnssec

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// A signature is valid from the beginning of a day, less the difference that clocks may have, until nine days later. So
// at any time of the day it is valid for at least eight more days. That is longer than a week, the longest that
// records of signed zones may be cached (MaxTTL), so no record is in a cache longer than its signature is valid.
const (
	day      = 24 * time.Hour
	skew     = time.Hour
	validity = 9 * day
)

// MaxTTL is the longest TTL in a signed zone, in seconds (Developer Guide, dns-configuring-dnssec: "Route 53
// enforces a TTL of one week").
const MaxTTL = 7 * 24 * 3600

// Fresh returns the time until which a signature that is made now is used.
func Fresh(now time.Time) time.Time { return now.UTC().Truncate(day).Add(day) }

// Signer signs record sets, and caches the signatures of one day. It can be used concurrently.
type Signer struct {
	mu sync.Mutex
	// kept has the newest signatures, before the ones that were the newest earlier: when kept is full, it replaces
	// before, and a new map is begun. So the size of both is bounded.
	kept, before map[signed]*dns.RRSIG
}

// keptSignatures is how many signatures each map of kept has at most: about 4 MB.
const keptSignatures = 1 << 13

// signed identifies a signature: key, day and content.
type signed [sha256.Size]byte

// NewSigner returns a signer with an empty cache.
func NewSigner() *Signer { return &Signer{kept: map[signed]*dns.RRSIG{}} }

// Sign returns a key's signature of a record set at a time. The records have one name, class and type.
func (s *Signer) Sign(zone string, key *Key, set []dns.RR, now time.Time) (*dns.RRSIG, error) {
	begin := now.UTC().Truncate(day)
	id, err := identify(zone, key, set, begin)
	if err != nil {
		return nil, err
	}
	if sig := s.find(id); sig != nil {
		return sig, nil
	}
	sig := &dns.RRSIG{
		Hdr:       dns.RR_Header{Ttl: set[0].Header().Ttl},
		Algorithm: dns.ECDSAP256SHA256, KeyTag: key.tag, SignerName: zone,
		Inception: uint32(begin.Add(-skew).Unix()), Expiration: uint32(begin.Add(validity).Unix()),
	}
	if err := sig.Sign(key.private, set); err != nil {
		return nil, fmt.Errorf("sign %s %s: %w", set[0].Header().Name, dns.Type(set[0].Header().Rrtype), err)
	}
	s.keep(id, sig)
	return sig, nil
}

// identify computes a hash of everything that a signature depends on.
func identify(zone string, key *Key, set []dns.RR, begin time.Time) (signed, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d\n", zone, key.record.PublicKey, begin.Unix())
	buffer := make([]byte, 1024)
	for _, rr := range set {
		if n := dns.Len(rr); n > len(buffer) {
			buffer = make([]byte, n)
		}
		end, err := dns.PackRR(rr, buffer, 0, nil, false)
		if err != nil {
			return signed{}, fmt.Errorf("sign %s: %w", rr.Header().Name, err)
		}
		h.Write(buffer[:end])
	}
	var id signed
	h.Sum(id[:0])
	return id, nil
}

func (s *Signer) find(id signed) *dns.RRSIG {
	s.mu.Lock()
	defer s.mu.Unlock()
	sig := s.kept[id]
	if sig == nil {
		sig = s.before[id]
	}
	return sig
}

func (s *Signer) keep(id signed, sig *dns.RRSIG) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= keptSignatures {
		s.kept, s.before = map[signed]*dns.RRSIG{}, s.kept
	}
	s.kept[id] = sig
}
