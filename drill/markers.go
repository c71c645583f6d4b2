package drill

import (
	"context"
	"errors"
)

// Markers are the places of a stack's marker: one, or where both regions serve, and either may be broken, both. A marker is written to
// the first, which is not to be broken, and read from all.
type Markers []marks

// Read implements marks. A place that does not answer keeps nobody from the others.
func (m Markers) Read(ctx context.Context) (Entry, bool, error) {
	var unread error
	for _, one := range m {
		e, found, err := one.Read(ctx)
		if found {
			return e, true, err
		}
		unread = errors.Join(unread, err)
	}
	return Entry{}, false, unread
}

// Write implements marks. Of two drills that begin at once in different regions, at least one finds the other's and takes its own back.
func (m Markers) Write(ctx context.Context, e Entry) error {
	if err := m[0].Write(ctx, e); err != nil {
		return err
	}
	if other, found, err := m[1:].Read(ctx); err != nil || found {
		if found {
			err = errors.Join(ErrInForce, errors.New(other.String()))
		}
		return errors.Join(err, m[0].Clear(context.WithoutCancel(ctx), e.ID))
	}
	return nil
}

// Clear implements marks.
func (m Markers) Clear(ctx context.Context, id string) error {
	var unread error
	for _, one := range m {
		e, found, err := one.Read(ctx)
		if found && e.ID == id {
			return one.Clear(ctx, id)
		}
		unread = errors.Join(unread, err)
	}
	return unread
}

var _ marks = Markers{}
