// Package room has what every control plane needs: its identity, speed and state, notifications between its
// parts, and the rules for ids, pages, tags and parameters that all of AWS's services share.
//
// A service uses it by embedding a *Base. Three rules hold in every service. A method that takes a
// *store.Tx runs inside the caller's change and reads other services with that Tx; a method without one runs
// after the commit. Only the outermost handler calls Update: changes do not nest, and package store panics
// if they do. A commit wakes those who watch a table or a row that it changed, and nobody else.
package room

import (
	"context"
	"log/slog"
	"sync"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Identity is what a control plane gets at its start and what never changes.
type Identity struct {
	Region  string // us-east-1; empty for a global service
	Account string // twelve digits
	tempo.Pace
	Quotas map[string]int // by their codes in Service Quotas, where they are other than usual
}

// Base is what the services of one control plane share: the store, and the context that ends with the control plane.
type Base struct {
	Identity
	Log *slog.Logger
	DB  *store.DB

	ctx    context.Context // ends with Stop
	cancel context.CancelFunc
	work   sync.WaitGroup // every goroutine of Spawn
	hub    hub
	order  sync.Mutex // of UpdateThen
}

// New makes a Base on an open store. A nil logger discards.
func New(id Identity, db *store.DB, log *slog.Logger) *Base {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &Base{Identity: id, Log: log, DB: db}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Context is cancelled when the control plane ends.
func (b *Base) Context() context.Context { return b.ctx }

// Stop cancels the context. Drained returns when everything that was spawned has returned; close the store after it.
func (b *Base) Stop() { b.cancel() }

// Drained waits for everything that Spawn runs. Call it after Stop.
func (b *Base) Drained() { b.work.Wait() }

// Spawn runs f in a goroutine that Drained waits for. f must return when the context is cancelled.
func (b *Base) Spawn(f func()) { b.work.Go(f) }

// Update commits a change and wakes those who watch what it changed. It returns f's error or the store's; then
// nothing has changed.
func (b *Base) Update(f func(*store.Tx) error) error {
	var touched []store.Topic
	if err := b.DB.Update(func(tx *store.Tx) error {
		err := f(tx)
		touched = tx.Touched()
		return err
	}); err != nil {
		return err
	}
	b.Wake(touched...)
	return nil
}

// UpdateThen is Update for a change that a part which does not watch must know before the change is acknowledged. It calls
// tell after the commit, and before another UpdateThen begins, so that tell's calls come in the order of the
// commits. tell may call Update, but not UpdateThen.
func (b *Base) UpdateThen(f func(*store.Tx) error, tell func()) error {
	b.order.Lock()
	defer b.order.Unlock()
	if err := b.Update(f); err != nil {
		return err
	}
	tell()
	return nil
}

// ARN names one of this region's resources, or of a global service's: ARN("ec2", "vpc/vpc-1").
func (b *Base) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + b.Region + ":" + b.Account + ":" + resource
}

// Find reads a row; missing is the error if there is none. With a nil tx it reads the last committed row.
func Find[T any](tx *store.Tx, t *store.Table[T], key string, missing func(key string) error) (T, error) {
	row, ok := t.GetTx(tx, key)
	if !ok {
		return row, missing(key)
	}
	return row, nil
}

// LoadTable reads one table unless one before it failed.
func LoadTable[T any](db *store.DB, name string, into **store.Table[T], failed *error) {
	if *failed == nil {
		*into, *failed = store.Load[T](db, name)
	}
}
