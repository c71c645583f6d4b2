package drill

import (
	"sync"
	"time"
)

// recorder keeps every request, and wakes who waits for what users find.
type recorder struct {
	mu    sync.Mutex
	all   []Request
	looks []Look
	told  []Moment
	last  []Request   // each client's newest
	ill   []time.Time // since when each client is without service, or the zero time
	kinds []*UserKind // of each client
	pace  Settings
	waits []*wait
}

func newRecorder(kinds []*UserKind, pace Settings) *recorder {
	n := len(kinds)
	return &recorder{last: make([]Request, n), ill: make([]time.Time, n), kinds: kinds, pace: pace}
}

func (r *recorder) add(q Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, q)
	if q.Start.Before(r.last[q.Client].Start) {
		return // of an open loop, a later one has ended before
	}
	r.last[q.Client] = q
	if q.Err == nil {
		r.ill[q.Client] = time.Time{}
	} else if r.ill[q.Client].IsZero() {
		r.ill[q.Client] = q.Start
	}
	for _, w := range r.waits {
		w.take(q)
	}
	r.end()
}

func (r *recorder) look(l Look) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = append(r.looks, l)
}

// note keeps a step of the drill.
func (r *recorder) note(m Moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, m)
}

func (r *recorder) requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.all...)
}

// Served counts the clients by the region that served their newest request; the key "" counts those whose
// newest request failed.
type Served map[string]int

func (r *recorder) served() Served {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Served{}
	for _, q := range r.last {
		if !q.Start.IsZero() {
			s[q.Region]++
		}
	}
	return s
}

// failing counts the clients that are without service for longer than a limit, and than their kind may be beyond it.
func (r *recorder) failing(now time.Time, limit time.Duration) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i, since := range r.ill {
		if k := r.kinds[i]; !since.IsZero() && !k.strays() && now.Sub(since) > limit+k.extra(r.pace) {
			n++
		}
	}
	return n
}
