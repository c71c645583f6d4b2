package drill

import (
	"context"
	"slices"
	"time"
)

// wait is what waitAll waits for. Each request changes no more than its own user's part of it: thousands of users are not looked at again for
// each of the thousands of requests that they send.
type wait struct {
	region string    // that has to serve; "" is any
	after  time.Time // which the request has to have begun
	exempt []bool    // users that are not waited for
	met    []bool
	left   int // users that are waited for
	done   chan struct{}
}

func (w *wait) take(q Request) {
	met := q.Region != "" && (w.region == "" || q.Region == w.region) && !q.Start.Before(w.after)
	if n := q.Client; !w.exempt[n] && met != w.met[n] {
		if w.met[n] = met; met {
			w.left--
		} else {
			w.left++
		}
	}
}

// waitAll waits until the newest request of every client began after a moment and was served by the
// region, or by any where none is said. Clients who need not follow the name are waited for before the fault alone, when all begin.
func (r *recorder) waitAll(ctx context.Context, region string, after time.Time) error {
	w := r.await(region, after)
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waits = slices.DeleteFunc(r.waits, func(o *wait) bool { return o == w })
		return context.Cause(ctx)
	}
}

// await begins a wait.
func (r *recorder) await(region string, after time.Time) *wait {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.last)
	w := &wait{region: region, after: after, exempt: make([]bool, n), met: make([]bool, n), left: n, done: make(chan struct{})}
	for i, q := range r.last {
		if r.kinds[i].strays() && !after.IsZero() {
			w.exempt[i] = true
			w.left--
			continue
		}
		if !q.Start.IsZero() {
			w.take(q)
		}
	}
	r.waits = append(r.waits, w)
	r.end()
	return w
}

// end ends the waits that are over.
func (r *recorder) end() {
	r.waits = slices.DeleteFunc(r.waits, func(w *wait) bool {
		if w.left == 0 {
			close(w.done)
		}
		return w.left == 0
	})
}

// missing counts the clients that waitAll would wait for.
func (r *recorder) missing(region string, after time.Time) int {
	w := r.await(region, after)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = slices.DeleteFunc(r.waits, func(o *wait) bool { return o == w })
	return w.left
}
