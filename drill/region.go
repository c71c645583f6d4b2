package drill

import (
	"context"
	"encoding/json"
	"fmt"
)

// RegionControl kills and starts the regions of a local cloud.
type RegionControl interface {
	KillRegion(ctx context.Context, name string) error
	StartRegion(ctx context.Context, name string) error
}

// LoseRegion is a fault for local clouds only: it kills a region's process with SIGKILL, and with it everything in
// the region.
type LoseRegion struct {
	Control RegionControl
	Region  string
}

var _ Fault = LoseRegion{}

// Kind implements Fault.
func (LoseRegion) Kind() string { return "region" }

// Prepare implements Fault.
func (f LoseRegion) Prepare(context.Context) (json.RawMessage, error) { return json.Marshal(f.Region) }

// Break implements Fault.
func (f LoseRegion) Break(ctx context.Context, undo json.RawMessage) error {
	region, err := lost(undo)
	if err != nil {
		return err
	}
	return f.Control.KillRegion(ctx, region)
}

// Repair implements Fault. It starts the region that the journal names, even if the primary is another one now.
func (f LoseRegion) Repair(ctx context.Context, undo json.RawMessage) error {
	region, err := lost(undo)
	if err != nil {
		return err
	}
	return f.Control.StartRegion(ctx, region)
}

func lost(undo json.RawMessage) (region string, err error) {
	if err := json.Unmarshal(undo, &region); err != nil || region == "" {
		return "", fmt.Errorf("the journal names no region: %q", undo)
	}
	return region, nil
}
