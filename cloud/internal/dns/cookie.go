package dns

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"
)

// Cookies (RFC 7873) tell an asker whose address is its own from one that forges another's. The server's
// are made as RFC 9018 has it, which name servers of other makes share: version, three zeros, the time in
// seconds, and SipHash-2-4 of the client's cookie, all that, and the client's address.
//
// The secret is another each day, and follows from a master secret: a cookie says by its time which one
// made it, so a change of secrets is seen by nobody, and name servers that share the master accept each
// other's.
type cookies struct {
	master  [32]byte
	current atomic.Pointer[secret] // the last one asked for
}

type secret struct {
	day int64
	key [16]byte
}

const (
	clientCookieSize = 8
	serverCookieSize = 16
	cookieSize       = clientCookieSize + serverCookieSize
	cookieVersion    = 1
)

// RFC 9018, 4.3: a cookie is good for an hour, and up to five minutes ahead of this clock; one older than
// half an hour is replaced.
const (
	cookieAge   = 3600 // seconds
	cookieAhead = 300
	cookieRenew = 1800
)

func newCookies() *cookies {
	c := new(cookies)
	rand.Read(c.master[:]) // never fails: crypto/rand
	return c
}

// cookie is one of ours, ready to be sent.
type cookie [cookieSize]byte

// answer returns the cookie to answer an asker's with, and whether theirs proves that the address is
// theirs.
func (c *cookies) answer(theirs []byte, from netip.Addr, now time.Time) (ours cookie, proven bool) {
	if len(theirs) == cookieSize && theirs[clientCookieSize] == cookieVersion {
		ours = cookie(theirs)
		age := int32(uint32(now.Unix()) - ours.made()) // serial arithmetic: the field wraps in 2106
		if -cookieAhead <= age && age <= cookieAge {
			ours.seal(c.key(now.Add(-time.Duration(age)*time.Second)), from)
			proven = subtle.ConstantTimeCompare(ours[:], theirs) == 1
			if proven && age <= cookieRenew {
				return ours, true
			}
		}
	}
	ours = cookie{clientCookieSize: cookieVersion}
	copy(ours[:], theirs[:clientCookieSize])
	binary.BigEndian.PutUint32(ours[clientCookieSize+4:], uint32(now.Unix()))
	ours.seal(c.key(now), from)
	return ours, proven
}

// made is when a cookie was made, in seconds.
func (c *cookie) made() uint32 { return binary.BigEndian.Uint32(c[clientCookieSize+4:]) }

// seal writes a cookie's hash. RFC 9018 has its bytes as SipHash writes them, the lowest first.
func (c *cookie) seal(key *[16]byte, from netip.Addr) {
	const hashed = clientCookieSize + 8
	var input [hashed + 16]byte
	n := copy(input[:], c[:hashed])
	if from.Is4() || from.Is4In6() {
		a := from.As4()
		n += copy(input[n:], a[:])
	} else {
		a := from.As16()
		n += copy(input[n:], a[:])
	}
	binary.LittleEndian.PutUint64(c[hashed:], sipHash(key, input[:n]))
}

// key returns the secret of a day.
func (c *cookies) key(at time.Time) *[16]byte {
	day := at.Unix() / (24 * 60 * 60)
	if s := c.current.Load(); s != nil && s.day == day {
		return &s.key
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(c.master[:len(c.master):len(c.master)], uint64(day)))
	s := &secret{day: day, key: [16]byte(sum[:])}
	c.current.Store(s)
	return &s.key
}
