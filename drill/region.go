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
	// Dir is the cloud's folder.
	Dir() string
}

// LoseRegion is a fault for local clouds only: it kills a region's process with SIGKILL, and with it everything in
// the region.
type LoseRegion struct {
	Control RegionControl // only to break
	Region  string        // only to break
	// Find finds the cloud that runs on a folder, to repair. It may be nil where Control is there.
	Find func(ctx context.Context, folder string) (RegionControl, error)
}

var _ Fault = LoseRegion{}

type lost struct {
	Region string `json:"region"`
	Cloud  string `json:"cloud"` // its folder
}

// Kind implements Fault.
func (LoseRegion) Kind() string { return "region" }

// Prepare implements Fault.
func (f LoseRegion) Prepare(context.Context) (json.RawMessage, error) {
	return json.Marshal(lost{f.Region, f.Control.Dir()})
}

// Break implements Fault.
func (f LoseRegion) Break(ctx context.Context, undo json.RawMessage) error {
	u, err := lostOf(undo)
	if err != nil {
		return err
	}
	return f.Control.KillRegion(ctx, u.Region)
}

// Repair implements Fault. It starts the region that the journal names, even if the primary is another one now.
func (f LoseRegion) Repair(ctx context.Context, undo json.RawMessage) error {
	u, err := lostOf(undo)
	if err != nil {
		return err
	}
	if f.Control == nil {
		if f.Control, err = f.Find(ctx, u.Cloud); err != nil {
			return err
		}
	}
	return f.Control.StartRegion(ctx, u.Region)
}

// lostOf reads what was lost. Journals of older versions have the region's name alone.
func lostOf(undo json.RawMessage) (u lost, err error) {
	if json.Unmarshal(undo, &u.Region) != nil {
		err = json.Unmarshal(undo, &u)
	}
	if err != nil || u.Region == "" {
		return u, fmt.Errorf("the journal names no region: %q", undo)
	}
	return u, nil
}
