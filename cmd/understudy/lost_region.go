package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
)

// regionControl kills and starts the regions of a local cloud, from its own process or from another.
type regionControl interface {
	KillRegion(ctx context.Context, name string) error
	StartRegion(ctx context.Context, name string) error
}

// lostRegion is the fault that only a local cloud can suffer whole: SIGKILL of a region's process, and
// with it of everything in the region.
type lostRegion struct {
	cloud  regionControl
	region string
}

var _ drill.Fault = lostRegion{}

// Kind implements drill.Fault.
func (lostRegion) Kind() string { return "region" }

// Prepare implements drill.Fault.
func (f lostRegion) Prepare(context.Context) (json.RawMessage, error) { return json.Marshal(f.region) }

// Break implements drill.Fault.
func (f lostRegion) Break(ctx context.Context, _ json.RawMessage) error {
	return f.cloud.KillRegion(ctx, f.region)
}

// Repair implements drill.Fault.
func (f lostRegion) Repair(ctx context.Context, _ json.RawMessage) error {
	return f.cloud.StartRegion(ctx, f.region)
}

// regionLost is the fault for the local cloud of this user that is running.
func regionLost(ctx context.Context, region string) (drill.Fault, error) {
	running, err := cloud.Attach(ctx, cloudDir())
	if err != nil {
		return nil, fmt.Errorf("only a local cloud can lose a whole region: %w", err)
	}
	return lostRegion{cloud: running, region: region}, nil
}
