package drill

import (
	"context"
	"encoding/json"
)

// Fault is one way to break the primary. Prepare is called first and returns what Repair will need,
// for the journal; it changes nothing. Repair is idempotent, and may be called by another process than
// the one that called Break, on another machine, and after what was broken was deleted or made again.
type Fault interface {
	// Kind names the fault in journals and reports.
	Kind() string
	Prepare(context.Context) (undo json.RawMessage, err error)
	Break(ctx context.Context, undo json.RawMessage) error
	Repair(ctx context.Context, undo json.RawMessage) error
}

// noting is a fault whose report has to say more than its figures do: what it did not do, or does not show.
type noting interface{ Notes() []string }

// undetected is a fault that no checker has to detect, so that its drill measures no detection.
type undetected interface{ Undetected() }

// lingering is a fault that may leave established connections, so that checkers may never detect it.
type lingering interface{ Lingers() bool }

// notes returns what a report has to say of a fault.
func notes(f Fault) []string {
	if n, ok := f.(noting); ok {
		return n.Notes()
	}
	return nil
}
