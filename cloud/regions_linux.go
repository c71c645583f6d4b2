package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/partition"
	"golang.org/x/sync/singleflight"
)

// regions are a running cloud's: those of its folder, and each further one of AWS's once it has been asked for. None leaves.
type regions struct {
	// begin starts a region, whose place is after the others' and which the folder is to keep. Where it fails, nothing of
	// the region runs.
	begin func(name string, all []string) error

	starts singleflight.Group
	turn   sync.Mutex // held while one starts: the place of the next one is known once it has
	closed bool       // guarded by turn

	mu    sync.Mutex
	names []string // a region's place in it decides its public range, see package address
}

var _ door.Regions = (*regions)(nil)

// List implements door.Regions.
func (r *regions) List() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

// index is the place of a region's public range in the address plan; 0 for what is no region of the cloud.
func (r *regions) index(name string) int { return 1 + slices.Index(r.List(), name) }

// Ask implements door.Regions. Those who ask for the same region at a time have it started once, and wait for it as long as
// they like.
func (r *regions) Ask(ctx context.Context, name string) error {
	if r.index(name) > 0 {
		return nil
	}
	started := r.starts.DoChan(name, func() (any, error) { return nil, r.add(name) })
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case s := <-started:
		return s.Err
	}
}

func (r *regions) add(name string) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	all := r.List()
	switch {
	case r.closed:
		return errors.New("the cloud ends")
	case slices.Contains(all, name):
		return nil
	case !partition.Has(name):
		return unknownRegion(name, all)
	case len(all) >= address.Regions:
		return fmt.Errorf("region %q is not of this cloud: %w: %s", name, door.ErrFull, strings.Join(all, ", "))
	}
	all = append(all, name)
	if err := r.begin(name, all); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = all
	return nil
}

// close lets no further region start, and returns when none does.
func (r *regions) close() {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.closed = true
}

// beginRegion starts a region that is new to the cloud, and keeps it in the folder before anybody is answered: its public range is
// its own for ever.
func (c *Cloud) beginRegion(name string, all []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err := c.startProcess(ctx, name, len(all))
	if err == nil {
		kept := c.settings
		kept.Regions = all
		err = kept.save(c.dir)
	}
	if err != nil {
		err = errors.Join(err, c.endRegion(context.Background(), name))
	}
	return err
}
