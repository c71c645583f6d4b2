package door_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// growing are regions to which one comes when start succeeds.
type growing struct {
	door.Fixed
	start func(name string) error
	asked int
}

func (g *growing) Ask(_ context.Context, name string) error {
	if slices.Contains(g.Fixed, name) {
		return nil
	}
	g.asked++
	if err := g.start(name); err != nil {
		return err
	}
	g.Fixed = append(g.Fixed, name)
	return nil
}

// A call waits for its region to be started; where it does not start, the call is told why and the next one has it tried again.
func TestCallsStartTheirRegion(t *testing.T) {
	broken := errors.New("the disk is full")
	g := &growing{Fixed: door.Fixed{"us-east-1", "us-west-2"}, start: func(string) error { return broken }}
	e := open(t, func(c *door.Config) { c.Regions = g })
	for range 2 {
		refused(t, describeVpcs(t, e.good("eu-west-1")), 503, "ServiceUnavailable",
			"The region eu-west-1 of this cloud does not start, which is tried again at the next request: the disk is full")
	}
	g.start = func(name string) error {
		serveUnix(t, filepath.Join(e.dir, name), wire.NewMux(nil)) // it has no operation
		return nil
	}
	for range 2 {
		refused(t, describeVpcs(t, e.good("eu-west-1")), 400, "UnsupportedOperation", "DescribeVpcs")
	}
	if g.asked != 3 {
		t.Errorf("the region was started %d times, want twice in vain and once", g.asked)
	}
	g.asked = 0
	if err := identify(t, e.good("sa-east-1")); err != nil {
		t.Error(err)
	}
	refused(t, describeVpcs(t, e.config("sa-east-1", keyID, "guess", "")), 401, "AuthFailure", "")
	if _, err := e.faults.Add(fault.Rule{Region: "sa-east-1", Error: fault.Throttling}); err != nil {
		t.Fatal(err)
	}
	refused(t, describeVpcs(t, e.good("sa-east-1")), 503, "RequestLimitExceeded", "")
	if g.asked != 0 {
		t.Error("a call that no region carries out starts one")
	}
}
