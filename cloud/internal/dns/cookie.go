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

// Cookies (RFC 7873) show whether a client's source address is its own or forged. The server's cookies have the format of
// RFC 9018, which other name servers use too: version, three zeros, the time in
// seconds, and SipHash-2-4 of the client's cookie, all that, and the client's address.
//
// Each day has its own secret, which follows from a master secret. The time in a cookie tells which secret
// made it, so clients do not notice a change of secrets, and name servers with the same master secret accept each
// other's cookies.
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

// RFC 9018, 4.3: a cookie is valid for an hour, and up to five minutes ahead of this clock; one older than
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

// cookie is a server cookie together with the client's, as in the option.
type cookie [cookieSize]byte

// answer returns the cookie to answer a client's cookie with, and whether the client's cookie proves that its source
// address is its own.
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

// seal writes a cookie's hash, with its lowest byte first, as SipHash and RFC 9018 do.
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
