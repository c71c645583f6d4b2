package plan

import (
	"context"
	"time"

	"github.com/understudy/understudy/account"
)

// removalTime bounds the wait until one resource can be removed: AWS keeps the network interfaces of a load
// balancer, and what they use, for some minutes after its deletion.
const removalTime = 15 * time.Minute

// removed removes a resource, and tries again while others that are being removed still use it.
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
