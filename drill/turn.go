package drill

import "context"

// turn is a mutex for which nobody waits longer than his context lasts. The zero value blocks for ever: newTurn makes one.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) leave() { <-t }
