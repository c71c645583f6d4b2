package checks

import (
	"maps"
	"sync"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Found has the results of health checks that are not stored yet. They are stored later, so that answers do not wait
// for the disk; results that are lost with a process the checkers find again.
type Found struct {
	base    *room.Base
	tables  Tables
	mu      sync.Mutex
	pending map[string]bool
	new     chan struct{} // holds one element while something is pending
}

// NewFound returns a Found without results.
func NewFound(base *room.Base, t Tables) *Found {
	return &Found{base: base, tables: t, new: make(chan struct{}, 1)}
}

// Note records a change, which Run stores soon.
func (f *Found) Note(changes map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending == nil {
		f.pending = map[string]bool{}
	}
	maps.Copy(f.pending, changes)
	select {
	case f.new <- struct{}{}:
	default:
	}
}

func (f *Found) take() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.pending
	f.pending = nil
	return taken
}

// putBack keeps results that could not be stored until the next change.
func (f *Found) putBack(changes map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(changes, f.pending)
	f.pending = changes
}

// Run stores recorded changes until the control plane ends. Call Keep after it for the rest.
func (f *Found) Run() {
	for {
		select {
		case <-f.base.Context().Done():
			return
		case <-f.new:
			f.Keep()
		}
	}
}

// Keep stores which checks are unhealthy; healthy and deleted ones have no row.
func (f *Found) Keep() {
	changes := f.take()
	err := f.base.Update(func(tx *store.Tx) error {
		for id, healthy := range changes {
			_, stored := f.tables.Unhealthy.GetTx(tx, id)
			_, exists := f.tables.Checks.GetTx(tx, id)
			switch ill := exists && !healthy; {
			case ill == stored:
			case ill:
				if err := f.tables.Unhealthy.Put(tx, id, true); err != nil {
					return err
				}
			default:
				if err := f.tables.Unhealthy.Delete(tx, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		f.base.Log.Error("keeping the health of checks failed", "checks", len(changes), "error", err)
		f.putBack(changes)
	}
}

// Healthy tells whether a check was healthy before the process ended.
func (f *Found) Healthy(id string) bool {
	_, ill := f.tables.Unhealthy.Get(id)
	return !ill
}
