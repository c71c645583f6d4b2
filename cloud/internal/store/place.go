package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// place is where a store lives: its file, and in another folder, which a hand that empties the first one may spare,
// its mark and its copy.
type place struct{ file, mark, copy string }

func placeOf(path, kept string) place {
	if kept == "" {
		kept = filepath.Dir(path)
	}
	base := filepath.Join(kept, filepath.Base(path))
	return place{file: path, mark: base + ".mark", copy: base + ".kept"}
}

// Error says why a state file is refused. The file is as it was found.
type Error struct {
	Path string // the state file
	What string // what is wrong with it, or with getting at it
	// Damaged tells that the file itself is at fault, so that Restore is what helps.
	Damaged bool
	// Kept is when the copy that Restore goes back to was taken, zero where there is none.
	Kept time.Time
	Err  error // nil where What says all
}

func (e *Error) Error() string { return fmt.Sprintf("state %s is refused: %s", e.Path, e.What) }
func (e *Error) Unwrap() error { return e.Err }

// damaged refuses a file.
func (p place) damaged(format string, args ...any) *Error {
	e := &Error{Path: p.file, What: fmt.Sprintf(format, args...), Damaged: true}
	if info, err := os.Stat(p.copy); err == nil {
		e.Kept = info.ModTime()
	}
	return e
}

// unusable tells why a place cannot be worked in, though its file may be good.
func (p place) unusable(err error) *Error {
	return &Error{Path: p.file, What: err.Error(), Err: err}
}

// mark says beside a store which one it is and which transaction was its last, so that a file that is gone, another
// one or an older one in its place, is noticed. It never runs ahead of the file: it is written after each commit, over
// itself and without waiting for the disk, so that it outlives the process and may fall behind when power fails.
type mark struct {
	id         string
	generation uint64
}

const markForm = "%s %020d\n" // of one length, which is always there once the file is

// errNoMark means that what is there cannot be read as a mark.
var errNoMark = errors.New("not a mark")

func readMark(path string) (m mark, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if n, err := fmt.Sscanf(string(b), markForm, &m.id, &m.generation); n != 2 || err != nil {
		return m, errNoMark
	}
	return m, nil
}

func (m mark) String() string { return fmt.Sprintf(markForm, m.id, m.generation) }

// write replaces the mark, whole or not at all.
func (m mark) write(path string) error {
	return replace(path, func(f *os.File) error {
		_, err := io.Copy(f, strings.NewReader(m.String()))
		return err
	})
}

// replace writes a file that is there whole, and on the disk, or not at all.
func replace(path string, write func(*os.File) error) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(f.Name())))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir puts a folder's names on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
