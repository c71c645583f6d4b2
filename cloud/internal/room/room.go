// Package room is the ground floor of a control plane: who it is, its speed, its state, how its parts wake
// each other, and what all of AWS's services do alike with ids, pages, tags and parameters.
//
// A service stands on it by embedding a *Base. Three rules hold in every service. A method that takes a
// *store.Tx runs inside the caller's change and reads other services with that Tx; a method without one runs
// after the commit. Only the outermost handler calls Update: changes do not nest, and package store panics
// where they do. A commit wakes whoever watches a table or a row that it touched, and nobody else.
package room

import (
	"context"
	"log/slog"
	"sync"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Identity is what a control plane is told at its start and never changes.
type Identity struct {
	Region  string // us-east-1; empty for a global service
	Account string // twelve digits
	Speed   tempo.Speed
}

// Base is what the services of one control plane share: one store, one life.
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

// New makes a ground floor on an open store. A nil logger discards.
func New(id Identity, db *store.DB, log *slog.Logger) *Base {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &Base{Identity: id, Log: log, DB: db}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Context ends when the control plane does.
func (b *Base) Context() context.Context { return b.ctx }

// Stop ends the context. Drained returns once all that was spawned has returned; close the store after it.
func (b *Base) Stop() { b.cancel() }

// Drained waits for everything that Spawn runs. Call it after Stop.
func (b *Base) Drained() { b.work.Wait() }

// Spawn runs f in a goroutine that Drained waits for. f must end when the context does.
func (b *Base) Spawn(f func()) { b.work.Go(f) }

// Update commits a change and wakes whoever watches what it touched. The error is f's or the store's; nothing
// has changed then.
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

// UpdateThen is Update for a change that somebody who does not watch must know before it is acknowledged. tell tells him,
// after the commit and before the next change of this kind begins, so that what is told last is what was committed last.
// It may Update, but not UpdateThen.
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

// Find reads a row; missing is the error where there is none. Without a tx it is the row as last committed.
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
