package door

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/partition"
)

// Faults are what a door does to calls on purpose, and the list of the calls that it has seen. They last as long as
// the door's process.
type Faults struct {
	regions []string

	mu    sync.Mutex
	rules []*fault.InForce
	gone  map[string]chan struct{} // closed when the rule of the id is removed
	given int                      // how many ids have been given
	veil  fault.Veil
	calls []*Call
}

// NewFaults returns no faults, for a cloud of these regions, to which others of AWS's may come.
func NewFaults(regions []string) *Faults {
	return &Faults{regions: slices.Concat(regions, partition.Names()), gone: map[string]chan struct{}{}}
}

// Add puts a rule in force and returns it with its id, and with a seed where it had none.
func (f *Faults) Add(r fault.Rule) (fault.Rule, error) {
	if err := r.Check(f.regions); err != nil {
		return r, err
	}
	if r.Seed == 0 {
		r.Seed = newSeed()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.given++
	r.ID = "fault-" + strconv.Itoa(f.given)
	f.rules = append(f.rules, &fault.InForce{Rule: r})
	f.gone[r.ID] = make(chan struct{})
	return r, nil
}

// newSeed draws a seed that is short enough to be typed.
func newSeed() uint64 {
	var b [4]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return 1 + uint64(binary.NativeEndian.Uint32(b[:]))
}

// Remove ends the rules of these ids, or none where one is unknown. Calls that wait for them go on, and when no rule is
// left that hides things, all are seen.
func (f *Faults) Remove(ids ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if f.gone[id] == nil {
			return fmt.Errorf("fault %q is not in force%s", id, f.inForce())
		}
	}
	for _, id := range ids {
		if gone := f.gone[id]; gone != nil { // an id may be named twice
			close(gone)
			delete(f.gone, id)
		}
	}
	f.rules = slices.DeleteFunc(f.rules, func(r *fault.InForce) bool { return slices.Contains(ids, r.ID) })
	if !slices.ContainsFunc(f.rules, func(r *fault.InForce) bool { return r.Unseen > 0 }) {
		f.veil.Lift()
	}
	return nil
}

func (f *Faults) inForce() string {
	var ids []string
	for _, r := range f.rules {
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return ": none is"
	}
	return "; in force: " + strings.Join(ids, ", ")
}

// List returns the rules in force, in the order in which they were added.
func (f *Faults) List() []fault.InForce {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]fault.InForce, len(f.rules))
	for i, r := range f.rules {
		all[i] = *r
	}
	return all
}

// judge decides what happens to a call.
func (f *Faults) judge(c fault.Call) ([]fault.Rule, fault.Hidden) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fault.Judge(f.rules, c), f.veil.Over(time.Now())
}

// hide hides what a call has made, unless the rule was removed while it was carried out.
func (f *Faults) hide(r fault.Rule, operation string, form url.Values, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone[r.ID] != nil {
		f.veil.Made(operation, form, body, time.Now().Add(r.Unseen))
	}
}

// wait lets a time pass, all time where it is 0, but none once the rule is removed. It tells whether the client is still there.
func (f *Faults) wait(ctx context.Context, id string, d time.Duration) bool {
	f.mu.Lock()
	gone := f.gone[id]
	f.mu.Unlock()
	if gone == nil {
		return true
	}
	var over <-chan time.Time
	if d != 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
	case <-gone:
	case <-ctx.Done():
		return false
	}
	return true
}

// kill kills the process of a rule; one that has ended already needs no more.
func (d *door) kill(r fault.Rule) {
	p, err := os.FindProcess(r.Kill)
	if err == nil {
		err = p.Kill()
	}
	d.Log.Info("fault", "id", r.ID, "kill", r.Kill, "error", err)
}

// cut closes a call's connection without an answer.
func cut() { panic(http.ErrAbortHandler) }
