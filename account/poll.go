package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The pauses between two calls of Poll's look. AWS takes seconds for most things, and the SDK's waiters ask
// after 15 s for the first time; a local cloud takes milliseconds. Each pause is a fifth longer than the one
// before, so the last pause is at most about a fifth of the whole wait.
const (
	firstPause = 25 * time.Millisecond
	lastPause  = 5 * time.Second
)

// TimeoutError is the error of a Poll in whose time the thing did not come about.
type TimeoutError struct {
	What string
	Most time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("wait for %s: not within %v", e.What, e.Most)
}

// IsTimeout tells whether a Poll ended because its time was over.
func IsTimeout(err error) bool {
	var timeout *TimeoutError
	return errors.As(err, &timeout)
}

// Poll calls look until it is done or fails, the context ends, or the time most has passed. In an error of
// Poll, what names what was waited for.
func Poll(ctx context.Context, what string, most time.Duration, look func(context.Context) (done bool, err error)) error {
	began := time.Now()
	Tell(ctx, what)
	for pause := firstPause; ; pause = min(pause+pause/5, lastPause) {
		done, err := look(immediate(ctx))
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if done {
			return nil
		}
		if time.Since(began) > most {
			return &TimeoutError{what, most}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-time.After(pause):
		}
	}
}
