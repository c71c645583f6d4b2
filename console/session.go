package console

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

const (
	sessionLife  = 12 * time.Hour
	mostSessions = 25 // the oldest goes when there are more
)

// sessions are the browsers that have shown a key. They are kept in memory: they end with the console.
type sessions struct {
	cookie string // its name has the console's: cookies do not tell ports apart, and several consoles may run on a host
	issued func(key string)

	mu  sync.Mutex
	key string // good for one session
	all []session
}

type session struct {
	id   string
	ends time.Time
}

// newSessions gives issued the first key, and each following one when the one before is used.
func newSessions(name string, issued func(key string)) *sessions {
	s := &sessions{cookie: "understudy-" + name, issued: issued, key: rand.Text()}
	issued(s.key)
	return s
}

// enter exchanges a key for a session's cookie. A second use of a key is refused.
func (s *sessions) enter(key string) (*http.Cookie, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.key)) != 1 {
		return nil, false
	}
	s.key = rand.Text()
	s.issued(s.key)
	if len(s.all) == mostSessions {
		s.all = s.all[1:]
	}
	made := session{rand.Text(), time.Now().Add(sessionLife)}
	s.all = append(s.all, made)
	return &http.Cookie{
		Name: s.cookie, Value: made.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife.Seconds()),
	}, true
}

// has tells whether a request is of a session that has not ended.
func (s *sessions) has(r *http.Request) bool {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if subtle.ConstantTimeCompare([]byte(one.id), []byte(c.Value)) == 1 {
			return time.Now().Before(one.ends)
		}
	}
	return false
}
