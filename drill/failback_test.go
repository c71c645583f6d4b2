package drill

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

// lasting is a fault whose repair does all that it has to, and the region stays ill all the same, or the name does not lead back to it.
type lasting struct {
	*stage
	well     bool
	repaired *atomic.Bool
	after    func() // the repair
}

func (f lasting) Repair(context.Context, json.RawMessage) error {
	f.repaired.Store(true)
	f.down.Store(!f.well)
	f.after()
	return nil
}

// However long users may be without service while the primary is broken, a drill waits no longer for the way back than it has said.
func TestADrillEndsThoughUsersDoNotComeBack(t *testing.T) {
	for name, well := range map[string]bool{"the region stays ill": false, "the name does not lead back": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			d := s.drill(t)
			f := lasting{stage: s, well: well, repaired: new(atomic.Bool), after: func() { d.Patience = time.Millisecond }}
			d.Fault, d.AbortAfter, d.Patience, d.Settings.ClientTimeout = f, time.Hour, patience.Limit, 2*time.Second
			var promised atomic.Value
			d.Tell = func(e Event) {
				if strings.Contains(e.Text, " at most") {
					promised.Store(e.Text)
				}
			}
			ctx, stop := context.WithTimeout(t.Context(), patience.Limit)
			defer stop()
			r, err := d.Run(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{
				"until every user is served by the primary again: waited", "of 8 users", "not served by one",
				"the health check of one was " + wellOrIll(well), "the name led to two"} {
				if !strings.Contains(r.Unreturned, part) {
					t.Errorf("%q does not say %q", r.Unreturned, part)
				}
			}
			if r.FailbackMS != 0 || r.Aborted != "" || r.RepairAt.IsZero() || !f.repaired.Load() || inForce(t, d.Journal) {
				t.Errorf("repaired: %v, journal in force: %v, %+v", f.repaired.Load(), inForce(t, d.Journal), r)
			}
			if promised.Load() == nil {
				t.Error("nobody was told for how long the way back is waited for")
			}
		})
	}
}

// What a drill waits for beyond the way back is bounded by what users may be without service.
func TestOnlyTheTimeAwayIsAsLongAsUsersMayBeWithoutService(t *testing.T) {
	d := Drill{AbortAfter: time.Hour, Patience: time.Minute, kinds: kinds(nil, 1), Settings: Settings{Interval: time.Second, Threshold: 1, Speed: 1}}
	if d.limit() >= time.Hour || d.limitAway() < time.Hour {
		t.Errorf("%s, and %s while the primary is broken", d.limit(), d.limitAway())
	}
}
