package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// keepEvery is how long after a change, in real time, the copy is made. Copies of a large file are less frequent:
// they take at most a hundredth of the time.
const (
	keepEvery = time.Minute
	keepShare = 100
)

// keepSoon schedules a copy, unless one is scheduled. The caller holds db.wr.
func (db *DB) keepSoon() {
	if db.keeping == nil {
		db.keeping = time.AfterFunc(max(keepEvery, keepShare*db.took), func() {
			db.wr.Lock()
			defer db.wr.Unlock()
			if db.keeping != nil { // else Close has come first
				db.keeping = nil
				db.keepNow()
			}
		})
	}
}

// keepNow replaces the copy if the state has changed since. If that fails, the last copy stays, and the error is logged:
// a disk without space for a copy has none for changes either. The caller holds db.wr, or is Open.
func (db *DB) keepNow() {
	if db.kept == db.generation || db.header.Rows == 0 && db.kept == 0 {
		return
	}
	began := time.Now()
	if err := db.keep(); err != nil {
		db.log.Warn("keep a copy of the state", "file", db.place.copy, "error", err)
		return
	}
	db.kept, db.took = db.generation, time.Since(began)
}

// keep writes the copy, reads it back, and replaces the last one only if it is undamaged.
func (db *DB) keep() error {
	return replace(db.place.copy, func(f *os.File) error {
		if err := db.bolt.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(f); return err }); err != nil {
			return err
		}
		_, err := check(f)
		return err
	})
}

// Restored is what Restore has done.
type Restored struct {
	Path  string    `json:"path"`            // the state file
	Taken time.Time `json:"taken,omitzero"`  // when the copy was taken that is in use now; zero where there is no state any more
	Aside string    `json:"aside,omitempty"` // where the refused file is now; empty where there was none
}

// ErrSound means that a state file is not refused, so that there is nothing to restore.
var ErrSound = errors.New("the state is sound")

// ErrNoCopy means that there is no good copy to restore.
var ErrNoCopy = errors.New("there is no good copy of the state")

// Restore replaces a file that Open refuses by the last good copy, and keeps the file under another name. Changes that came
// after the copy are lost. It fails with ErrSound if Open does not refuse the file, and with
// ErrNoCopy if there is no good copy. No process may have the file open.
func Restore(path string, o Options) (Restored, error) {
	p, err := refused(path, o)
	if err != nil {
		return Restored{}, err
	}
	info, err := os.Stat(p.copy)
	if err != nil {
		return Restored{}, fmt.Errorf("%w: %w", ErrNoCopy, err)
	}
	good, err := checkPath(p.copy)
	if err != nil {
		return Restored{}, fmt.Errorf("%w: %s: %w", ErrNoCopy, p.copy, err)
	}
	r := Restored{Path: p.file, Taken: info.ModTime()}
	if r.Aside, err = putAside(p.file); err != nil {
		return r, err
	}
	// If the process is killed between these steps, Open refuses the state (there is no file, or it is older than the
	// mark), and Restore can be called again.
	if err := replace(p.file, func(f *os.File) error { return copyFile(f, p.copy) }); err != nil {
		return r, err
	}
	return r, mark{good.ID, good.generation}.write(p.mark)
}

// StartAnew is like Restore, but with an empty state: the next Open makes one. The copy is renamed, too.
func StartAnew(path string, o Options) (Restored, error) {
	p, err := refused(path, o)
	if err != nil {
		return Restored{}, err
	}
	r := Restored{Path: p.file}
	if r.Aside, err = putAside(p.file); err != nil {
		return r, err
	}
	if _, err := putAside(p.copy); err != nil {
		return r, err
	}
	if err := ignoreMissing(os.Remove(p.mark)); err != nil {
		return r, err
	}
	return r, syncDir(filepath.Dir(p.mark))
}

// refused is the place of a file that Open refuses as damaged.
func refused(path string, o Options) (place, error) {
	db, err := Open(path, o)
	if err == nil {
		return place{}, errors.Join(fmt.Errorf("%w: %s", ErrSound, path), db.Close())
	}
	var e *Error
	if !errors.As(err, &e) || !e.Damaged {
		return place{}, err
	}
	return placeOf(path, o.Kept), nil
}

// putAside renames a file, if it exists, to a name with the time in it.
func putAside(path string) (string, error) {
	if !exists(path) {
		return "", nil
	}
	aside := path + ".refused-" + time.Now().UTC().Format("20060102T150405.000000")
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	return aside, syncDir(filepath.Dir(path))
}

func copyFile(to *os.File, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}
