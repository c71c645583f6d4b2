package zones

import (
	"maps"
	"sync"

	"github.com/understudy/understudy/cloud/internal/store"
)

// found is what was found of health checks lately and is not stored yet. It is written behind: answers do not wait for
// the disk, and what is lost with a process the checkers find again.
type found struct {
	mu      sync.Mutex
	pending map[string]bool
	new     chan struct{} // holds one element while something is pending
}

// note has a change stored soon.
func (f *found) note(changes map[string]bool) {
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

func (f *found) take() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.pending
	f.pending = nil
	return taken
}

// putBack has what could not be stored wait for the next change.
func (f *found) putBack(changes map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(changes, f.pending)
	f.pending = changes
}

// keepFound stores which checks are unhealthy; those that are not, or are no more, have no row.
func (p *plane) keepFound() {
	changes := p.found.take()
	err := p.state.db.Update(func(tx *store.Tx) error {
		for id, healthy := range changes {
			_, stored := p.state.unhealthy.GetTx(tx, id)
			_, exists := p.state.Checks.GetTx(tx, id)
			switch ill := exists && !healthy; {
			case ill == stored:
			case ill:
				if err := p.state.unhealthy.Put(tx, id, true); err != nil {
					return err
				}
			default:
				if err := p.state.unhealthy.Delete(tx, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		p.log.Error("keeping the health of checks failed", "checks", len(changes), "error", err)
		p.found.putBack(changes)
	}
}

// foundHealthy tells what was found of a check before the process ended.
func (s *state) foundHealthy(id string) bool {
	_, ill := s.unhealthy.Get(id)
	return !ill
}
