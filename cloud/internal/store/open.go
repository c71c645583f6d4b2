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

// Options are the settings of a store. The zero value has the defaults.
type Options struct {
	// Kept is the folder of the last good copy, and of the mark by which a lost file is noticed. The default is the
	// state file's folder.
	Kept string
	// Log gets an entry if a copy cannot be made. The default discards it.
	Log *slog.Logger
}

// lockTimeout is how long Open waits until another process unlocks the file.
const lockTimeout = time.Second

// Open opens the file, or makes it if there has never been one. Every error is an [*Error]. A file that is damaged, lost or
// older than the last change is refused, and not changed.
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

// open lets bbolt take over an open, locked file, and closes the file if bbolt fails.
func open(f *os.File) (*bbolt.DB, error) {
	return bbolt.Open(f.Name(), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 20,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return f, nil },
	})
}

// make makes the first file. If the file was lost, its mark is still there, and make fails.
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

// lock opens and locks the file, and waits up to lockTimeout for a process that is just ending. While it is locked nobody
// writes to it, so an error in it is not a change in progress.
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

// judge tells whether a file is undamaged, and has the last change.
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

// create makes the first file, with its header, under another name, and renames it when it is complete. So a start that is
// killed has made either the whole file or none.
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

// begin opens the mark, and makes a copy of the state at the start. A store from before there were headers gets
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

// settle updates the mark. An existing one is overwritten, which needs no space on the disk.
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
	// The change is committed even if writing the mark fails; the mark is then only older than the file.
	if _, err := db.marking.WriteAt([]byte(mark{db.header.ID, generation}.String()), 0); err != nil {
		db.log.Warn("mark the last change", "file", db.place.mark, "error", err)
	}
	return nil
}
