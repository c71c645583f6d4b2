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
	seconds := uint32(now.Unix())
	if len(theirs) == cookieSize && theirs[clientCookieSize] == cookieVersion {
		made := binary.BigEndian.Uint32(theirs[clientCookieSize+4:])
		age := int32(seconds - made) // serial arithmetic: the field wraps in 2106
		if -cookieAhead <= age && age <= cookieAge {
			ours = c.make([clientCookieSize]byte(theirs), made, from, now.Add(-time.Duration(age)*time.Second))
			proven = subtle.ConstantTimeCompare(ours[:], theirs) == 1
			if proven && age <= cookieRenew {
				return ours, true
			}
		}
	}
	return c.make([clientCookieSize]byte(theirs), seconds, from, now), proven
}

// make makes the cookie of a moment.
func (c *cookies) make(client [clientCookieSize]byte, seconds uint32, from netip.Addr, at time.Time) (made cookie) {
	copy(made[:], client[:])
	made[clientCookieSize] = cookieVersion
	binary.BigEndian.PutUint32(made[clientCookieSize+4:], seconds)
	var input [clientCookieSize + 8 + 16]byte
	n := copy(input[:], made[:clientCookieSize+8])
	if from = from.Unmap(); from.Is4() {
		a := from.As4()
		n += copy(input[n:], a[:])
	} else {
		a := from.As16()
		n += copy(input[n:], a[:])
	}
	// RFC 9018 puts the hash's bytes as SipHash writes them, the lowest first.
	binary.LittleEndian.PutUint64(made[clientCookieSize+8:], sipHash(c.key(at), input[:n]))
	return made
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
