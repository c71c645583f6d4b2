package room

import (
	"context"
	"sync"

	"github.com/understudy/understudy/cloud/internal/store"
)

// hub records who watches what.
type hub struct {
	mu       sync.Mutex
	watchers map[store.Topic]map[*Watch]bool
}

// Watch wakes one worker after changes of what it watches.
type Watch struct {
	hub    *hub
	topics []store.Topic
	mu     sync.Mutex
	next   chan struct{}
}

// everything is the topic of those who watch all tables.
const everything store.Topic = ""

// Watch begins to watch tables, rows and topics of a service's own, or, without any, everything. Stop it at
// the end.
func (b *Base) Watch(topics ...store.Topic) *Watch {
	if len(topics) == 0 {
		topics = []store.Topic{everything}
	}
	w := &Watch{hub: &b.hub, topics: topics}
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	if b.hub.watchers == nil {
		b.hub.watchers = map[store.Topic]map[*Watch]bool{}
	}
	for _, t := range topics {
		if b.hub.watchers[t] == nil {
			b.hub.watchers[t] = map[*Watch]bool{}
		}
		b.hub.watchers[t][w] = true
	}
	return w
}

// Stop ends a watch.
func (w *Watch) Stop() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	for _, t := range w.topics {
		delete(w.hub.watchers[t], w)
		if len(w.hub.watchers[t]) == 0 {
			delete(w.hub.watchers, t)
		}
	}
}

// Next returns a channel that is closed at the next change. Call it before reading the state, or a change between the
// two is missed.
func (w *Watch) Next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == nil {
		w.next = make(chan struct{})
	}
	return w.next
}

func (w *Watch) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != nil {
		close(w.next)
		w.next = nil
	}
}

// Wake wakes those who watch these topics, the tables that they are rows of, or everything. Update does this for stored
// state; call it for state that is not stored.
func (b *Base) Wake(topics ...store.Topic) {
	if len(topics) == 0 {
		return
	}
	b.hub.mu.Lock()
	woken := map[*Watch]bool{}
	for _, t := range append([]store.Topic{everything}, topics...) {
		for _, of := range []store.Topic{t, t.Table()} {
			for w := range b.hub.watchers[of] {
				woken[w] = true
			}
		}
	}
	b.hub.mu.Unlock()
	for w := range woken {
		w.wake()
	}
}

// Wait waits until done returns true. It calls done again after each change of the topics (or of anything, if there are
// none). It returns the error of ctx or of the control plane's context if one of them ends first.
func (b *Base) Wait(ctx context.Context, done func() bool, topics ...store.Topic) error {
	w := b.Watch(topics...)
	defer w.Stop()
	for {
		next := w.Next()
		if done() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
	}
}
