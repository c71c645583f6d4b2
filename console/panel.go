package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Panel is something that the page shows.
type Panel struct {
	Name  string
	Every time.Duration // how often it is read while somebody looks
	Read  func(context.Context) (any, error)
	After []string // the panels at whose change it is read at once
}

// patience bounds one reading of a panel: what takes longer is shown as an error.
const patience = time.Minute

// linger is how long panels are read after the last look, so that a page that is loaded again finds them as they are.
const linger = 5 * time.Second

// event is a panel's newest state.
type event struct {
	id   uint64
	body []byte
}

// shown is what the page gets of a panel: its value, or what keeps it from being read beside the last one that could be.
type shown struct {
	Panel string          `json:"panel"`
	At    int64           `json:"at"` // when the value was read first, in milliseconds since 1970
	Data  json.RawMessage `json:"data"`
	Error string          `json:"error,omitempty"`
}

// board reads panels while somebody looks, and numbers their changes.
type board struct {
	panels []Panel

	mu      sync.Mutex
	last    uint64
	state   map[string]*panelState
	changed chan struct{} // closed at the next change
	lookers int
	stop    context.CancelFunc // nil while nothing is read
	leaving *time.Timer
}

type panelState struct {
	shown
	event
	read time.Time     // when it was last read without an error
	wake chan struct{} // has one element when it is to be read at once
}

func newBoard(panels []Panel) *board {
	b := &board{panels: panels, state: map[string]*panelState{}, changed: make(chan struct{})}
	for _, p := range panels {
		b.state[p.Name] = &panelState{shown: shown{Panel: p.Name}, wake: make(chan struct{}, 1)}
	}
	return b
}

// look begins to read the panels unless they are being read already; left ends it a little later, unless others look then.
func (b *board) look() (left func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lookers++
	if b.leaving != nil {
		b.leaving.Stop()
	}
	if b.stop == nil {
		var ctx context.Context
		ctx, b.stop = context.WithCancel(context.Background())
		for _, p := range b.panels {
			go b.follow(ctx, p)
		}
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.lookers--; b.lookers == 0 {
			b.leaving = time.AfterFunc(linger, b.rest)
		}
	}
}

func (b *board) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lookers == 0 && b.stop != nil {
		b.stop()
		b.stop = nil
	}
}

// follow reads a panel until ctx ends.
func (b *board) follow(ctx context.Context, p Panel) {
	for ctx.Err() == nil {
		reading, cancel := context.WithTimeout(ctx, patience)
		value, err := p.Read(reading)
		cancel()
		if ctx.Err() != nil {
			return
		}
		b.put(p.Name, value, err)
		pause := time.NewTimer(p.Every)
		select {
		case <-ctx.Done():
		case <-pause.C:
		case <-b.state[p.Name].wake:
		}
		pause.Stop()
	}
}

// refresh has a panel read at once, and tells whether there is such a panel.
func (b *board) refresh(name string) bool {
	s, ok := b.state[name]
	if ok {
		select {
		case s.wake <- struct{}{}:
		default: // it is to be read already
		}
	}
	return ok
}

// put takes what was read of a panel. It is an event only where something differs from before.
func (b *board) put(name string, value any, err error) {
	data, encoding := json.Marshal(value)
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state[name]
	next := s.shown
	if err = cmp.Or(err, encoding); err != nil {
		next.Error = err.Error()
	} else {
		next.Error, s.read = "", time.Now()
		if !bytes.Equal(data, next.Data) {
			next.Data, next.At = data, s.read.UnixMilli()
		}
	}
	if next.Error == s.Error && bytes.Equal(next.Data, s.Data) && s.id != 0 {
		return
	}
	b.last++
	s.shown = next
	body, _ := json.Marshal(next) // of strings, numbers, and what is JSON already
	s.event = event{b.last, body}
	close(b.changed)
	b.changed = make(chan struct{})
	for _, p := range b.panels {
		if slices.Contains(p.After, name) {
			b.refresh(p.Name)
		}
	}
}

// since returns the newest event of each panel that has changed after the event with a number, in their order, and a channel that is closed
// at the next change.
func (b *board) since(id uint64) (events []event, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.state {
		if s.id > id {
			events = append(events, s.event)
		}
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.id, b.id) })
	return events, b.changed
}

// read tells when each panel was last read without an error, in milliseconds since 1970.
func (b *board) read() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]int64{}
	for name, s := range b.state {
		if !s.read.IsZero() {
			all[name] = s.read.UnixMilli()
		}
	}
	return all
}
