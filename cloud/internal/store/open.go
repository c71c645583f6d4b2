package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

// Options say more of a store. The zero value will do.
type Options struct {
	// Kept is the folder of the mark by which a lost file is known, and of the last good copy. The default is the
	// state file's own.
	Kept string
	// Log hears when the copy cannot be taken. The default discards.
	Log *slog.Logger
}

// lockTimeout is how long Open waits for another process to let go of the file.
const lockTimeout = time.Second

// Open opens the file, or makes it where there has never been one. Every error is an [*Error]: a file that is damaged,
// older than it was or gone is refused and left alone, whatever holds it back.
func Open(path string, o Options) (*DB, error) {
	p := placeOf(path, o.Kept)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, dir := range []string{filepath.Dir(p.file), filepath.Dir(p.mark)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, p.unusable(err)
		}
	}
	if err := p.make(); err != nil {
		return nil, err
	}
	f, err := p.lock()
	if err != nil {
		return nil, err
	}
	held, err := p.judge(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b, err := open(f)
	if err != nil {
		return nil, p.unusable(err)
	}
	db := &DB{bolt: b, place: p, log: o.Log, header: held.header, generation: held.generation}
	if err := db.begin(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return db, nil
}

// open has bbolt take over an open file, with its lock, and closes it where bbolt does not.
func open(f *os.File) (*bbolt.DB, error) {
	return bbolt.Open(f.Name(), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 20,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return f, nil },
	})
}

// make makes the first file. One that is gone has left its mark.
func (p place) make() error {
	_, err := os.Stat(p.file)
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return nil // lock tells what else is wrong
	case exists(p.mark) || exists(p.copy):
		return p.damaged("it is missing, and was there before")
	}
	if err := create(p.file); err != nil {
		return p.unusable(err)
	}
	return nil
}

// lock opens the file for this process alone, waiting a little for one that is just ending. Nobody writes to it then, so
// what is wrong with it is wrong.
func (p place) lock() (*os.File, error) {
	if info, err := os.Stat(p.file); err == nil && !info.Mode().IsRegular() {
		return nil, p.damaged("it is no file but a %s", kindOf(info.Mode()))
	}
	f, err := os.OpenFile(p.file, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, &Error{Path: p.file, What: "this user may not read and write it: give it its owner and mode back", Err: err}
	}
	if err != nil {
		return nil, p.unusable(err)
	}
	deadline := time.Now().Add(lockTimeout)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			f.Close()
			return nil, &Error{Path: p.file, What: "another process has it open", Err: err}
		}
		time.Sleep(10 * time.Millisecond) // flock(2) has no time-out to wait with
	}
}

func kindOf(m fs.FileMode) string {
	if m.IsDir() {
		return "folder"
	}
	return "special file"
}

// judge tells whether a file is whole, and the one that was there last.
func (p place) judge(file *os.File) (found, error) {
	m, err := readMark(p.mark)
	marked := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoMark) {
		return found{}, p.unusable(err)
	}
	f, err := check(file)
	switch {
	case err != nil:
		return f, p.damaged("%v", err)
	case f.ID == "" && exists(p.mark):
		return f, p.damaged("it has no checksum of its rows")
	case marked && m.id != f.ID:
		return f, p.damaged("it is another store's")
	case marked && m.generation > f.generation:
		return f, p.damaged("it is older than what was there last: its last change is number %d, and there have been %d", f.generation, m.generation)
	}
	return f, nil
}

// create makes the first file, with its header, under another name until it is whole: a start that is killed has made
// all of it or nothing.
func create(path string) error {
	fresh := path + ".new"
	if err := ignoreMissing(os.Remove(fresh)); err != nil {
		return err
	}
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	b, err := open(f)
	if err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	err = b.Update(func(tx *bbolt.Tx) error { return newHeader(rand.Text()).put(tx) })
	if err = errors.Join(err, b.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func (h header) put(tx *bbolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists([]byte(headerBucket))
	if err != nil {
		return err
	}
	v, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return b.Put([]byte(headerKey), v)
}

// begin takes hold of the mark, and has a copy of what was good at the start. A store of before there were headers gets
// one.
func (db *DB) begin() error {
	if db.header.ID == "" {
		h := newHeader(rand.Text())
		h.Rows, h.Sum = db.header.Rows, h.Sum+db.header.Sum
		err := db.bolt.Update(func(tx *bbolt.Tx) error {
			db.generation = uint64(tx.ID())
			return h.put(tx)
		})
		if err != nil {
			return db.place.unusable(err)
		}
		db.header = h
	}
	m := mark{db.header.ID, db.generation}
	if old, err := readMark(db.place.mark); err != nil || old != m {
		if err := m.settle(db.place.mark, err == nil); err != nil {
			return db.place.unusable(err)
		}
	}
	var err error
	if db.marking, err = os.OpenFile(db.place.mark, os.O_WRONLY, 0); err != nil {
		return db.place.unusable(err)
	}
	if kept, err := checkPath(db.place.copy); err == nil {
		db.kept = kept.generation
	}
	db.keepNow()
	return nil
}

// settle brings a mark up to date: one that is there is written over, for which a full disk has room.
func (m mark) settle(path string, there bool) error {
	if !there {
		return m.write(path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(m.String()), 0)
	return errors.Join(err, f.Close())
}

// commit writes one transaction, and the mark after it.
func (db *DB) commit(f func(*bbolt.Tx) error) error {
	var generation uint64
	err := db.bolt.Update(func(tx *bbolt.Tx) error {
		generation = uint64(tx.ID())
		return f(tx)
	})
	if err != nil {
		return err
	}
	db.generation = generation
	// The change is made, whatever becomes of the mark, which is only behind where this fails.
	if _, err := db.marking.WriteAt([]byte(mark{db.header.ID, generation}.String()), 0); err != nil {
		db.log.Warn("mark the last change", "file", db.place.mark, "error", err)
	}
	return nil
}
