package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Flap breaks and repairs the primary in a rhythm, by another fault.
type Flap struct {
	Fault
	Times  int           // how often it breaks
	Period time.Duration // how long it is broken, and then works
}

var (
	_ Fault  = Flap{}
	_ noting = Flap{}
)

// Kind implements Fault.
func (Flap) Kind() string { return "flap" }

// Notes implements noting.
func (f Flap) Notes() []string {
	rhythm := fmt.Sprintf("the primary broke %d times by %s", f.Times, f.Fault.Kind())
	if f.Period > 0 {
		rhythm += fmt.Sprintf(", each time for %s, with as long in between", f.Period)
	}
	return append([]string{rhythm}, notes(f.Fault)...)
}

// lasts is how long the rhythm takes.
func (f Flap) lasts() time.Duration { return time.Duration(2*f.Times-1) * f.Period }

// flap goes on with the rhythm after the first Break. The journal stays, also while the primary works.
func (d *Drill) flap(ctx context.Context, f Flap, undo json.RawMessage, rec *recorder) error {
	for n := range f.Times {
		if n > 0 {
			d.Tell(Event{Phase: "fault", Text: fmt.Sprintf("%s once more: %s", f.Fault.Kind(), d.Primary), Served: rec.served()})
			if err := f.Break(ctx, undo); err != nil {
				return err
			}
		}
		if err := pause(ctx, f.Period); err != nil || n == f.Times-1 {
			return err
		}
		d.Tell(Event{Phase: "repair", Text: "the primary works for a while", Served: rec.served()})
		if err := f.Repair(ctx, undo); err != nil {
			return err
		}
		if err := pause(ctx, f.Period); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	end := time.NewTimer(d)
	defer end.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-end.C:
		return nil
	}
}
