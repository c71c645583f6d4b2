package plan

import (
	"context"
	"errors"
	"time"

	"github.com/understudy/understudy/account"
)

// How long things may take before a run gives up on them. AWS's own figures are far below.
const (
	shortTime = 2 * time.Minute  // things that are there nearly at once
	longTime  = 15 * time.Minute // machines, images, load balancers
)

// errGone says that a thing was there once, and will not be again.
var errGone = errors.New("gone")

// settled tells whether a thing that a call has just named is there. AWS may need some seconds to know
// of a new thing everywhere; what is not there by then is of an earlier life.
func settled(ctx context.Context, look func(context.Context) (bool, error)) (bool, error) {
	const enough = 10 * time.Second
	there := false
	began := time.Now()
	err := account.Poll(ctx, "what was made", shortTime, func(ctx context.Context) (bool, error) {
		var err error
		there, err = look(ctx)
		return there || time.Since(began) > enough, err
	})
	if errors.Is(err, errGone) {
		return false, nil
	}
	return there, err
}
