// Package store keeps a control plane's state: an acknowledged change survives SIGKILL and a full disk.
//
// The invariant: what a reader sees in memory is on the disk. Update commits to disk (bbolt,
// with fsync) before memory changes; if the commit fails, memory does not change and the caller
// gets the error, so the API can refuse the request.
//
// A file that is not what was last committed is refused, with an [Error]. bbolt has a checksum of its first two pages only,
// so a header among the rows has a checksum over all of them, and a mark beside the file records the last change. A copy of
// the last good state is kept, which Restore restores.
package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// DB is one process's state in one file.
type DB struct {
	bolt  *bbolt.DB
	place place
	log   *slog.Logger

	mu sync.RWMutex // guards every table's rows
	wr sync.Mutex   // one writer at a time; guards what follows

	writer  atomic.Int64  // the goroutine that holds wr for an Update; 0 for none
	changes atomic.Uint64 // that can be seen

	header     header
	generation uint64   // the last transaction's number
	marking    *os.File // the mark, open
	kept       uint64   // the copy's generation, 0 where there is none
	keeping    *time.Timer
	took       time.Duration // how long the last copy took
}

// Close keeps a copy of the state and closes the file. Updates after it fail.
func (db *DB) Close() error {
	db.wr.Lock()
	defer db.wr.Unlock()
	if db.keeping != nil {
		db.keeping.Stop()
		db.keeping = nil
	}
	if db.marking == nil {
		return nil // closed already
	}
	db.keepNow()
	err := errors.Join(db.bolt.Close(), db.marking.Close())
	db.marking = nil
	return err
}

// Table has all rows of one kind, in memory and on disk as JSON. A row is never changed in place:
// Put a changed copy.
type Table[T any] struct {
	db      *DB
	name    []byte
	rows    map[string]T
	indexes []*Index[T]
}

// Load reads a table, and makes it if it does not exist. Call it once for each table, before any use.
func Load[T any](db *DB, name string) (*Table[T], error) {
	t := &Table[T]{db: db, name: []byte(name), rows: map[string]T{}}
	missing := false
	err := db.bolt.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(t.name)
		if missing = b == nil; missing {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			var row T
			if err := json.Unmarshal(v, &row); err != nil {
				return fmt.Errorf("row %s: %w", k, err)
			}
			t.rows[string(k)] = row
			return nil
		})
	})
	if err != nil {
		return nil, db.place.damaged("table %s: %v", name, err)
	}
	if missing { // else nothing is written: what is stored can be read from a full disk
		err = db.commit(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket(t.name)
			return err
		})
	}
	if err != nil {
		return nil, db.place.unusable(fmt.Errorf("make table %s: %w", name, err))
	}
	return t, nil
}

// Get returns one row as last committed.
func (t *Table[T]) Get(key string) (T, bool) {
	t.db.mu.RLock()
	defer t.db.mu.RUnlock()
	row, ok := t.rows[key]
	return row, ok
}

// All returns every row as last committed, in no order.
func (t *Table[T]) All() []T {
	t.db.mu.RLock()
	defer t.db.mu.RUnlock()
	all := make([]T, 0, len(t.rows))
	for _, row := range t.rows {
		all = append(all, row)
	}
	return all
}

// Rows returns every row as last committed, by its key, in no order.
func (t *Table[T]) Rows() iter.Seq2[string, T] {
	t.db.mu.RLock()
	defer t.db.mu.RUnlock()
	return maps.All(maps.Clone(t.rows))
}

// Len returns the number of rows.
func (t *Table[T]) Len() int {
	t.db.mu.RLock()
	defer t.db.mu.RUnlock()
	return len(t.rows)
}

// Tx is a transaction. Its reads see its own writes.
type Tx struct {
	bolt   *bbolt.Tx
	header header         // of what the tables hold with the change
	apply  []func()       // memory changes, done after the commit
	dirty  map[string]any // "table/key" -> row, or nil where deleted
}

// errUnchanged rolls back a transaction without changes, since bbolt would write to the disk even for such a one.
var errUnchanged = errors.New("unchanged")

// Update runs f and commits its changes: all of them or, if f or the commit fails, none. Updates
// run one at a time, so f may check and then act. f must not call Get or All of its own DB's
// tables to read what it has itself changed: use tx. An Update within an Update panics.
func (db *DB) Update(f func(*Tx) error) error {
	me := goroutine()
	if db.writer.Load() == me {
		panic("store: Update within an Update: a method without a Tx was called inside a change")
	}
	db.wr.Lock()
	defer db.wr.Unlock()
	if db.marking == nil {
		return bbolterrors.ErrDatabaseNotOpen
	}
	db.writer.Store(me)
	defer db.writer.Store(0)
	tx := &Tx{dirty: map[string]any{}, header: db.header}
	if err := db.commit(func(b *bbolt.Tx) error {
		tx.bolt = b
		if err := f(tx); err != nil {
			return err
		}
		if len(tx.dirty) == 0 {
			return errUnchanged
		}
		return tx.header.put(b)
	}); errors.Is(err, errUnchanged) {
		return nil
	} else if err != nil {
		return err
	}
	db.header = tx.header
	db.keepSoon()
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, change := range tx.apply {
		change()
	}
	db.changes.Add(1)
	return nil
}

// Changes counts the changes that can be seen. Reads of several rows between two equal counts are of one moment.
func (db *DB) Changes() uint64 { return db.changes.Load() }

// GetTx reads a row within a change; without one, as Get does.
func (t *Table[T]) GetTx(tx *Tx, key string) (T, bool) {
	if tx == nil {
		return t.Get(key)
	}
	if v, ok := tx.dirty[t.key(key)]; ok {
		row, live := v.(T)
		return row, live
	}
	return t.Get(key)
}

// AllTx reads every row within a change, in no order; without one, as All does.
func (t *Table[T]) AllTx(tx *Tx) []T {
	if tx == nil {
		return t.All()
	}
	t.db.mu.RLock()
	defer t.db.mu.RUnlock()
	var all []T
	for k, row := range t.rows {
		if !tx.touched(t.key(k)) {
			all = append(all, row)
		}
	}
	return append(all, t.own(tx)...)
}

// own are the rows that a change has put, in no order.
func (t *Table[T]) own(tx *Tx) (all []T) {
	prefix := t.key("")
	for k, v := range tx.dirty {
		if row, live := v.(T); live && strings.HasPrefix(k, prefix) {
			all = append(all, row)
		}
	}
	return all
}

// Put writes a row.
func (t *Table[T]) Put(tx *Tx, key string, row T) error {
	v, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("table %s, row %s: %w", t.name, key, err)
	}
	tx.forget(t.name, key)
	tx.header.Rows++
	tx.header.Sum += hash(string(t.name), []byte(key), v)
	if err := tx.bolt.Bucket(t.name).Put([]byte(key), v); err != nil {
		return fmt.Errorf("table %s, row %s: %w", t.name, key, err)
	}
	tx.dirty[t.key(key)] = row
	tx.apply = append(tx.apply, func() { t.set(key, row) })
	return nil
}

// Delete removes a row; a missing one is no error.
func (t *Table[T]) Delete(tx *Tx, key string) error {
	tx.forget(t.name, key)
	if err := tx.bolt.Bucket(t.name).Delete([]byte(key)); err != nil {
		return fmt.Errorf("table %s, row %s: %w", t.name, key, err)
	}
	tx.dirty[t.key(key)] = nil
	tx.apply = append(tx.apply, func() { t.unset(key) })
	return nil
}

// set puts a committed row into memory. The caller holds DB.mu.
func (t *Table[T]) set(key string, row T) {
	t.unset(key)
	t.rows[key] = row
	for _, x := range t.indexes {
		x.add(key, row)
	}
}

// unset takes a row out of memory. The caller holds DB.mu.
func (t *Table[T]) unset(key string) {
	old, ok := t.rows[key]
	if !ok {
		return
	}
	delete(t.rows, key)
	for _, x := range t.indexes {
		x.remove(key, old)
	}
}

// Then runs f when the transaction's changes become visible in the tables, and not if the commit fails. It is for other
// data in memory that is made from rows, such as an index. f must not read a table; it is not run for a transaction that
// changed no row.
func (tx *Tx) Then(f func()) { tx.apply = append(tx.apply, f) }

// forget removes a row that is replaced or deleted from the header's sum.
func (tx *Tx) forget(table []byte, key string) {
	if old := tx.bolt.Bucket(table).Get([]byte(key)); old != nil {
		tx.header.Rows--
		tx.header.Sum -= hash(string(table), []byte(key), old)
	}
}

func (t *Table[T]) key(k string) string { return string(t.name) + "/" + k }

// Topic names what a change concerns: a table, or one row of it.
type Topic string

// Any is the topic of all rows of a table.
func (t *Table[T]) Any() Topic { return Topic(t.name) }

// Row is the topic of one row.
func (t *Table[T]) Row(key string) Topic { return Topic(t.key(key)) }

// Table returns the topic of the table of a row; a table's topic is returned unchanged.
func (t Topic) Table() Topic {
	table, _, _ := strings.Cut(string(t), "/")
	return Topic(table)
}

// touched tells whether a change has put or deleted a row, by the row's topic.
func (tx *Tx) touched(row string) bool {
	_, ok := tx.dirty[row]
	return ok
}

// Touched returns the topics of the rows that a change has put or deleted so far, in no order.
func (tx *Tx) Touched() []Topic {
	topics := make([]Topic, 0, len(tx.dirty))
	for k := range tx.dirty {
		topics = append(topics, Topic(k))
	}
	return topics
}

// goroutine returns the number of the calling goroutine, which Go has only in stack traces: "goroutine 7 [running]:".
func goroutine() int64 {
	var buf [64]byte
	text := buf[len("goroutine "):runtime.Stack(buf[:], false)]
	n, err := strconv.ParseInt(string(text[:bytes.IndexByte(text, ' ')]), 10, 64)
	if err != nil {
		panic(err) // since Go 1.0 it has been so
	}
	return n
}
