package compute_test

import (
	"testing"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
)

// desk is a region that is asked by the SDK's client.
type desk struct{ *regiontest.Desk }

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{regiontest.New(t)}
}
