package shifting

import (
	"slices"
	"time"

	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// retryPause is how long what failed waits for the next try.
const retryPause = time.Second

// Open ends the shifts whose time is over, from now on. What is shifted stands with the resources and needs no start.
func (r *Room) Open() { r.Spawn(r.keep) }

func (r *Room) keep() {
	watch := r.Watch(slices.Concat(r.resources.News(), []store.Topic{r.shifts.Any()})...)
	defer watch.Stop()
	for {
		next := watch.Next()
		var due <-chan time.Time
		if at, err := r.endShifts(); err != nil {
			r.Log.Error("end zonal shifts", "err", err)
			due = time.After(retryPause)
		} else if !at.IsZero() {
			due = time.After(time.Until(at))
		}
		select {
		case <-next:
		case <-due:
		case <-r.Context().Done():
			return
		}
	}
}

// endShifts ends the shifts that have expired, and those whose resource is gone or can no longer be shifted: to disable zonal shift cancels
// one that is active. It returns when the next one expires; the zero value for never.
func (r *Room) endShifts() (next time.Time, err error) {
	now := time.Now()
	for _, row := range r.shifts.All() {
		switch {
		case !row.active():
			continue
		case r.ended(nil, row, now) == "":
			if next.IsZero() || row.Expires.Before(next) {
				next = row.Expires
			}
			continue
		}
		if err := r.Update(func(tx *store.Tx) error { return r.end(tx, row.ID, now) }); err != nil {
			return next, err
		}
	}
	return next, nil
}

// end ends a shift, if it still has to.
func (r *Room) end(tx *store.Tx, id string, now time.Time) error {
	row, ok := r.shifts.GetTx(tx, id)
	if !ok || !row.active() {
		return nil
	}
	status := r.ended(tx, row, now)
	if status == "" {
		return nil
	}
	row.Status = status
	return r.put(tx, row)
}

// ended is the status that an active shift is to have; "" for the one that it has.
func (r *Room) ended(tx *store.Tx, row shiftRow, now time.Time) shifttypes.ZonalShiftStatus {
	if !row.Expires.After(now) {
		return shifttypes.ZonalShiftStatusExpired
	}
	if _, err := r.resource(tx, row.Resource); err != nil {
		return shifttypes.ZonalShiftStatusCanceled
	}
	return ""
}
