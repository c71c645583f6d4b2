package door

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Regions are a cloud's.
type Regions interface {
	// List returns their names.
	List() []string
	// Ask returns once a region is one of the cloud's, which may have to start it. A region that is lost is one of them, and
	// is not started. ErrFull is for one too many.
	Ask(ctx context.Context, name string) error
}

// ErrFull means that a cloud has as many regions as it can have.
var ErrFull = errors.New("it has as many regions as a cloud can have")

// Fixed are regions to which no others come.
type Fixed []string

var _ Regions = Fixed{}

// List implements Regions.
func (f Fixed) List() []string { return f }

// Ask implements Regions.
func (f Fixed) Ask(_ context.Context, name string) error {
	if !slices.Contains(f, name) {
		return ErrFull
	}
	return nil
}

// may tells whether a region is one of the cloud's, or could be.
func (d *door) may(region string) bool {
	return partition.Has(region) || slices.Contains(d.Regions.List(), region)
}

// asked carries a call out once its region is there. It is the last thing to stand before a call: one that is refused for another
// reason starts no region.
func (d *door) asked(c call) func(w http.ResponseWriter, r *http.Request, body []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		err := d.Regions.Ask(r.Context(), c.Region)
		switch {
		case err == nil:
			c.handle(w, r, body)
		case errors.Is(err, context.Canceled) && r.Context().Err() != nil: // the client is gone
		case errors.Is(err, ErrFull):
			refuse(w, r, c.service, d.oneTooMany(c.service, c.Region))
		default:
			d.Log.Error("start region", "region", c.Region, "error", err)
			refuse(w, r, c.service, &wire.Error{
				Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
				Message: "The region " + c.Region + " of this cloud does not start, which is tried again at the next request: " + err.Error(),
			})
		}
	}
}
