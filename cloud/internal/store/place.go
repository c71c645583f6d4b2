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

// place is where a store's files are: the state file, and in another folder its mark and its copy, which remain if somebody
// empties the first folder.
type place struct{ file, mark, copy string }

func placeOf(path, kept string) place {
	if kept == "" {
		kept = filepath.Dir(path)
	}
	base := filepath.Join(kept, filepath.Base(path))
	return place{file: path, mark: base + ".mark", copy: base + ".kept"}
}

// Error is why a state file is refused. The file is not changed.
type Error struct {
	Path string // the state file
	What string // what is wrong with it, or with getting at it
	// Damaged tells whether the file itself is wrong, so that Restore helps.
	Damaged bool
	// Kept is when the copy was made that Restore would use; zero if there is none.
	Kept time.Time
	Err  error // nil where What says all
}

func (e *Error) Error() string { return fmt.Sprintf("state %s is refused: %s", e.Path, e.What) }
func (e *Error) Unwrap() error { return e.Err }

// damaged is the error for a damaged file.
func (p place) damaged(format string, args ...any) *Error {
	e := &Error{Path: p.file, What: fmt.Sprintf(format, args...), Damaged: true}
	if info, err := os.Stat(p.copy); err == nil {
		e.Kept = info.ModTime()
	}
	return e
}

// unusable is the error for a place that cannot be used, although its file may be undamaged.
func (p place) unusable(err error) *Error {
	return &Error{Path: p.file, What: err.Error(), Err: err}
}

// mark records a store's ID and its last transaction, so that a lost file, or another or older file in its place, is
// noticed. It is never newer than the file: it is overwritten after each commit, without fsync. So it is right after the
// process is killed, and may be too old after a power failure.
type mark struct {
	id         string
	generation uint64
}

const markForm = "%s %020d\n" // of one length, which is always there once the file is

// errNoMark means that a file is not a mark.
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

// write replaces the mark, completely or not at all.
func (m mark) write(path string) error {
	return replace(path, func(f *os.File) error {
		_, err := io.Copy(f, strings.NewReader(m.String()))
		return err
	})
}

// replace writes a file, with fsync, completely or not at all.
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

// syncDir does fsync of a folder, so that its names are on the disk.
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
