// Package controls is Application Recovery Controller's routing control: clusters, control panels,
// routing controls, safety rules, and the states of routing controls, which health checks of the type
// RECOVERY_CONTROL follow.
//
// The invariant: an acknowledged state is on disk, has satisfied every safety rule that was not
// overridden, and was reported to the health checks.
package controls

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"time"

	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what Open needs.
type Config struct {
	Account string
	Dir     string // holds controls.db
	Kept    string // holds its mark and copy, see package store; empty for Dir
	// Endpoint is the URL of the cloud's front door, which is all five endpoints of each cluster.
	Endpoint string
	// Speed divides wait periods.
	Speed tempo.Speed
	Log   *slog.Logger
	// Changed is called within the request with the states that have changed, by the routing controls' ARNs: once for
	// each transaction, and with every state before Open returns. A new control is off, and so is a deleted one.
	Changed func(states map[string]bool)
	// HealthChecks returns the ids of the health checks that follow a routing control.
	HealthChecks func(controlARN string) []string
	// Now is the clock; the default is time.Now.
	Now func() time.Time
}

// Room is a running routing control, with its own store.
type Room struct {
	*room.Base
	cfg  Config
	told map[string]bool // the states that Changed was told; guarded by what keeps the order of UpdateThen

	clusters kept[clusterRow]
	panels   kept[panelRow]
	controls kept[controlRow]
	rules    kept[ruleRow]
	tokens   *store.Table[tokenRow]
}

// Rows are stored by ARN.

type clusterRow struct {
	ARN, Name string
	Tags      map[string]string
}

type panelRow struct {
	ARN, Cluster, Name string
	Default            bool // made with its cluster
	Tags               map[string]string
}

type controlRow struct {
	ARN, Panel, Name string
	State            control
	Tags             map[string]string
}

type ruleRow struct {
	ARN, Panel, Name  string
	Gating            bool
	Controls, Targets []string
	Type              configtypes.RuleType
	Threshold         int32
	Inverted          bool
	WaitMs            int32
	Tags              map[string]string
}

// tokenRow remembers a create call by its client token.
type tokenRow struct {
	Key     string // the operation and the token
	ARN     string // of what it made
	Request string // its digest
	Used    time.Time
}

func (row clusterRow) is() identity { return identity{row.ARN, row.Name, ""} }
func (row panelRow) is() identity   { return identity{row.ARN, row.Name, row.Cluster} }
func (row controlRow) is() identity { return identity{row.ARN, row.Name, row.Panel} }
func (row ruleRow) is() identity    { return identity{row.ARN, row.Name, row.Panel} }

func (row clusterRow) tags() map[string]string { return row.Tags }
func (row panelRow) tags() map[string]string   { return row.Tags }
func (row controlRow) tags() map[string]string { return row.Tags }
func (row ruleRow) tags() map[string]string    { return row.Tags }

func (row clusterRow) tagged(tags map[string]string) clusterRow { row.Tags = tags; return row }
func (row panelRow) tagged(tags map[string]string) panelRow     { row.Tags = tags; return row }
func (row controlRow) tagged(tags map[string]string) controlRow { row.Tags = tags; return row }
func (row ruleRow) tagged(tags map[string]string) ruleRow       { row.Tags = tags; return row }

// Open reads the state and reports it to Config.Changed.
func Open(cfg Config) (*Room, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Changed == nil {
		cfg.Changed = func(map[string]bool) {}
	}
	if cfg.HealthChecks == nil {
		cfg.HealthChecks = func(string) []string { return nil }
	}
	db, err := store.Open(filepath.Join(cfg.Dir, "controls.db"), store.Options{Kept: cfg.Kept, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	r := &Room{Base: room.New(room.Identity{Account: cfg.Account, Pace: tempo.At(cfg.Speed)}, db, cfg.Log), cfg: cfg}
	r.clusters.kind, r.panels.kind, r.controls.kind, r.rules.kind = kindCluster, kindPanel, kindControl, kindRule
	room.LoadTable(db, "clusters", &r.clusters.Table, &err)
	room.LoadTable(db, "control-panels", &r.panels.Table, &err)
	room.LoadTable(db, "routing-controls", &r.controls.Table, &err)
	room.LoadTable(db, "safety-rules", &r.rules.Table, &err)
	room.LoadTable(db, "client-tokens", &r.tokens, &err)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open routing control: %w", err), db.Close())
	}
	r.told = r.States()
	cfg.Changed(maps.Clone(r.told))
	return r, nil
}

// Close closes the state.
func (r *Room) Close() error {
	r.Stop()
	return r.DB.Close()
}

// arn returns a resource's ARN, which has no region.
func (r *Room) arn(resource string) string { return r.ARN("route53-recovery-control", resource) }

// States returns the state of every routing control by its ARN.
func (r *Room) States() map[string]bool {
	states := map[string]bool{}
	for _, row := range r.controls.All() {
		states[row.ARN] = row.State.On
	}
	return states
}

// Exists tells whether there is such a routing control, for a health check that is to follow it.
func (r *Room) Exists(controlARN string) bool {
	_, ok := r.controls.Get(controlARN)
	return ok
}
