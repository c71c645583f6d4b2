package resource

import (
	"context"
	"errors"
)

// Peer finds another region of the cloud: the unix socket at which it serves the others. It may have to be started first. The
// error says why there is no such region. A nil Peer finds none.
type Peer func(ctx context.Context, region string) (socket string, err error)

// Find asks p.
func (p Peer) Find(ctx context.Context, region string) (socket string, err error) {
	if p == nil {
		return "", errors.New("this cloud has no such region")
	}
	return p(ctx, region)
}
