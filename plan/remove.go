package plan

import (
	"context"
	"time"

	"github.com/understudy/understudy/account"
)

// removalTime bounds the wait for one thing to go: AWS keeps the network interfaces of a load balancer
// for some minutes after it, and what they use with them.
const removalTime = 15 * time.Minute

// removed removes a thing, again and again while others that are about to go still use it.
func removed(ctx context.Context, r resource) error {
	return account.Poll(ctx, "its removal", removalTime, func(ctx context.Context) (bool, error) {
		err := r.remove(ctx)
		switch {
		case err == nil || account.IsNotFound(err):
			return true, nil
		case account.IsInUse(err):
			return false, nil
		}
		return false, err
	})
}
