package resource

import (
	"context"
	"errors"
	"time"

	"github.com/understudy/understudy/account"
)

// The longest times that a run waits. AWS documents much shorter ones.
const (
	ShortTime = 2 * time.Minute  // things that are there nearly at once
	LongTime  = 15 * time.Minute // machines, images, load balancers
)

// ErrGone means that a resource existed and was deleted.
var ErrGone = errors.New("gone")

// Settled tells whether a resource that a call has just returned exists. AWS may need some seconds until a new
// resource is visible everywhere; one that is not visible after that was deleted earlier.
func Settled(ctx context.Context, look func(context.Context) (bool, error)) (bool, error) {
	const enough = 10 * time.Second
	there := false
	began := time.Now()
	err := account.Poll(ctx, "what was made", ShortTime, func(ctx context.Context) (bool, error) {
		var err error
		there, err = look(ctx)
		return there || time.Since(began) > enough, err
	})
	if errors.Is(err, ErrGone) {
		return false, nil
	}
	return there, err
}

// NotServing is the error of a step whose instances do not come to serve.
type NotServing struct{ Cause error }

func (e *NotServing) Error() string { return e.Cause.Error() }

func (e *NotServing) Unwrap() error { return e.Cause }
