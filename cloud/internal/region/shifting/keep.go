package shifting

import (
	"slices"
	"time"

	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// retryPause is how long what failed waits for the next try.
const retryPause = time.Second

// remembered is how long, at the cloud's speed, a shift is listed after its end. AWS does not say how long it lists them; for as long it
// has the calls that began and ended them in CloudTrail's event history.
const remembered = 90 * 24 * time.Hour

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
// one that is active. It forgets those that ended long ago, and returns when the next one is to be ended or forgotten; the zero value for never.
func (r *Room) endShifts() (next time.Time, err error) {
	now := time.Now()
	for _, row := range r.shifts.All() {
		due := row.over().Add(r.Speed.Of(remembered))
		if row.active() && r.ended(nil, row, now) == "" {
			due = row.Expires
		} else if row.active() {
			due = now
		}
		if due.After(now) {
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		if err := r.Update(func(tx *store.Tx) error { return r.end(tx, row.ID, now) }); err != nil {
			return next, err
		}
	}
	return next, nil
}

// end ends a shift, or forgets it, if that is still to be done.
func (r *Room) end(tx *store.Tx, id string, now time.Time) error {
	row, ok := r.shifts.GetTx(tx, id)
	if !ok {
		return nil
	}
	if !row.active() {
		if row.over().Add(r.Speed.Of(remembered)).After(now) {
			return nil
		}
		return r.shifts.Delete(tx, id)
	}
	status := r.ended(tx, row, now)
	if status == "" {
		return nil
	}
	if row.Status = status; status == shifttypes.ZonalShiftStatusCanceled {
		row.Ended = now.UTC()
	}
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
