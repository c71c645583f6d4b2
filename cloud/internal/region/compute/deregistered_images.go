package compute

import (
	"slices"
	"time"

	"github.com/understudy/understudy/cloud/internal/store"
)

// deregisteredRow is an image that was deregistered, and when. EC2 does not forget it at once: asked for by its id, it is an
// empty list while instances that were launched from it are listed and, as clients wait for that list, for some time in any
// case; only then an error (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html).
type deregisteredRow struct {
	ID   string
	When time.Time
}

// rememberedFor is how long a deregistered image is remembered in any case. AWS does not say it; it is as long as terminated
// instances are listed.
const rememberedFor = time.Hour

// wasDeregistered tells whether an id is of an image that is still remembered.
func (r *Room) wasDeregistered(id string) bool {
	row, ok := r.deregistered.Get(id)
	return ok && r.remembered(row, r.instances.All())
}

func (r *Room) remembered(row deregisteredRow, instances []Instance) bool {
	return time.Since(row.When) < r.Speed.Of(rememberedFor) || slices.ContainsFunc(instances, func(i Instance) bool { return i.Image == row.ID })
}

// remember notes an image as deregistered, and forgets those that need not be remembered any more.
func (r *Room) remember(tx *store.Tx, id string) error {
	instances := r.instances.AllTx(tx)
	for _, row := range r.deregistered.AllTx(tx) {
		if !r.remembered(row, instances) {
			if err := r.deregistered.Delete(tx, row.ID); err != nil {
				return err
			}
		}
	}
	return r.deregistered.Put(tx, id, deregisteredRow{ID: id, When: time.Now().UTC()})
}
