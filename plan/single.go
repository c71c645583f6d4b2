package plan

import (
	"context"
	"errors"
	"time"

	"github.com/understudy/understudy/account"
)

// The longest times that a run waits. AWS documents much shorter ones.
const (
	shortTime = 2 * time.Minute  // things that are there nearly at once
	longTime  = 15 * time.Minute // machines, images, load balancers
)

// errGone means that a resource existed and was deleted.
var errGone = errors.New("gone")

// settled tells whether a resource that a call has just returned exists. AWS may need some seconds until a new
// resource is visible everywhere; one that is not visible after that was deleted earlier.
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
