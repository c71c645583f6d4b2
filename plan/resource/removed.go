package resource

import (
	"context"
	"time"

	"github.com/understudy/understudy/account"
)

// removalTime bounds the wait until one resource can be removed: AWS keeps the network interfaces of a load
// balancer, and what they use, for some minutes after its deletion.
const removalTime = 15 * time.Minute

// Removed removes a resource, and tries again while others that are being removed still use it.
func Removed(ctx context.Context, r Resource) error {
	return account.Poll(ctx, "its removal", removalTime, func(ctx context.Context) (bool, error) {
		err := r.Remove(ctx)
		switch {
		case err == nil || account.IsNotFound(err):
			return true, nil
		case account.IsInUse(err):
			account.Tell(ctx, "others to stop using it: "+err.Error())
			return false, nil
		}
		return false, err
	})
}
