package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/internal/chance"
	"go.etcd.io/bbolt"
)

// fill makes a store of two tables, one of many pages, and returns its path and what its big table holds.
func fill(t *testing.T, rows int) (string, Options, map[string]row) {
	t.Helper()
	dir := t.TempDir()
	path, o := filepath.Join(dir, "state", "state.db"), Options{Kept: filepath.Join(dir, "kept")}
	db, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	big, err := Load[row](db, "rows")
	if err != nil {
		t.Fatal(err)
	}
	small, err := Load[row](db, "small")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if err := db.Update(func(tx *Tx) error {
			for i := range rows / 20 {
				if err := big.Put(tx, fmt.Sprintf("%d-%d", n, i), row{strings.Repeat("x", i%300)}); err != nil {
					return err
				}
			}
			if n > 2 {
				if err := big.Delete(tx, fmt.Sprintf("%d-1", n-2)); err != nil {
					return err
				}
			}
			return small.Put(tx, "only", row{fmt.Sprint(n)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	held := maps.Collect(big.Rows())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path, o, held
}

func contents(db *DB) (map[string]row, error) {
	rows, err := Load[row](db, "rows")
	if err != nil {
		return nil, err
	}
	return maps.Collect(rows.Rows()), nil
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Each damage is refused, says what it is, changes nothing, and is what Restore goes back from.
func TestDamagedFilesAreRefusedAndRestored(t *testing.T) {
	t.Parallel()
	size := os.Getpagesize()
	for _, d := range []struct {
		name, want string
		do         func(t *testing.T, path string, whole []byte)
	}{
		{"empty", "it is empty", func(t *testing.T, path string, _ []byte) { write(t, path, nil) }},
		{"missing", "it is missing, and was there before", func(t *testing.T, path string, _ []byte) { os.Remove(path) }},
		{"missing with its folder", "it is missing", func(t *testing.T, path string, _ []byte) { os.RemoveAll(filepath.Dir(path)) }},
		{"one byte", "cut short at 1 bytes", func(t *testing.T, path string, b []byte) { write(t, path, b[:1]) }},
		{"half a page", "cut short", func(t *testing.T, path string, b []byte) { write(t, path, b[:size/2]) }},
		{"two pages", "cut short", func(t *testing.T, path string, b []byte) { write(t, path, b[:2*size]) }},
		{"five pages and a half", "cut short", func(t *testing.T, path string, b []byte) { write(t, path, b[:5*size+size/2]) }},
		{"garbage", "it is no state file", func(t *testing.T, path string, _ []byte) { write(t, path, []byte(strings.Repeat("garbage", 10_000))) }},
		{"zeros", "it is no state file", func(t *testing.T, path string, b []byte) { write(t, path, make([]byte, len(b))) }},
		{"a folder", "it is no file but a folder", func(t *testing.T, path string, _ []byte) {
			os.Remove(path)
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}},
		{"a byte of a value", "checksum", func(t *testing.T, path string, b []byte) {
			write(t, path, []byte(strings.Replace(string(b), "xxxx", "xxyx", -1)))
		}},
		{"its newer first page", "it is older than what was there last", func(t *testing.T, path string, b []byte) {
			newer := 0
			if native.Uint64(b[size+pageHeader+48:]) > native.Uint64(b[pageHeader+48:]) {
				newer = size
			}
			b[newer+pageHeader+20] ^= 1
			write(t, path, b)
		}},
		{"both first pages", "neither of its two first pages is whole", func(t *testing.T, path string, b []byte) {
			b[pageHeader+20] ^= 1
			b[size+pageHeader+20] ^= 1
			write(t, path, b)
		}},
		{"another store", "it is another store's", func(t *testing.T, path string, _ []byte) {
			other, _, _ := fill(t, 40)
			write(t, path, read(t, other))
		}},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			path, o, held := fill(t, 2000)
			d.do(t, path, read(t, path))
			_, err := Open(path, o)
			var e *Error
			if !errors.As(err, &e) || !e.Damaged || !strings.Contains(e.Error(), d.want) || e.Kept.IsZero() {
				t.Fatalf("error %v, %+v; want %q", err, e, d.want)
			}
			t.Logf("%s", strings.ReplaceAll(e.Error(), filepath.Dir(path), "…"))
			r, err := Restore(path, o)
			if err != nil || !r.Taken.Equal(e.Kept) {
				t.Fatalf("restore: %+v, %v", r, err)
			}
			if d.name != "missing" && d.name != "missing with its folder" && !exists(r.Aside) {
				t.Errorf("the refused file is not at %q", r.Aside)
			}
			db, err := Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if got, err := contents(db); err != nil || !maps.Equal(got, held) {
				t.Errorf("after going back: %d rows, %v; want %d", len(got), err, len(held))
			}
		})
	}
}

// Whatever byte is changed, the file is refused or is the same; and where it is not refused bbolt finds nothing either.
func TestNoChangedByteGoesUnnoticed(t *testing.T) {
	t.Parallel()
	path, o, held := fill(t, 400)
	whole, random := read(t, path), chance.New(t)
	used := 0
	for at := range whole {
		if whole[at] != 0 {
			used = at
		}
	}
	// Each bit of the first two pages' headers, whose numbers are multiplied, and others by chance.
	type change struct {
		at  int
		bit byte
	}
	var tries []change
	for n := range 2 * pageHeader * 8 {
		tries = append(tries, change{n/(pageHeader*8)*os.Getpagesize() + n/8%pageHeader, byte(1) << (n % 8)})
	}
	for range 1000 {
		tries = append(tries, change{random.IntN(used), byte(1) << random.IntN(8)})
	}
	refused := 0
	for _, c := range tries {
		at, bit := c.at, c.bit
		changed := append([]byte(nil), whole...)
		changed[at] ^= bit
		write(t, path, changed)
		db, err := Open(path, o)
		if err != nil {
			if !errors.As(err, new(*Error)) {
				t.Fatalf("byte %d ^ %d: %v", at, bit, err)
			}
			refused++
			continue
		}
		got, err := contents(db)
		if err != nil || !maps.Equal(got, held) {
			t.Errorf("byte %d ^ %d: %d rows, %v; want %d", at, bit, len(got), err, len(held))
		}
		if err := db.bolt.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				t.Errorf("byte %d ^ %d: %v", at, bit, err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of %d refused, the others changed nothing", refused, len(tries))
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// A file of before there were headers and marks is taken as it is, once.
func TestStoreWithoutHeaderGetsOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	b, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Update(func(tx *bbolt.Tx) error {
		rows, err := tx.CreateBucket([]byte("rows"))
		if err != nil {
			return err
		}
		return rows.Put([]byte("a"), []byte(`{"Name":"one"}`))
	}); err != nil {
		t.Fatal(err)
	}
	b.Close()
	for range 2 {
		db, rows := openRows(t, path)
		if got, _ := rows.Get("a"); got.Name != "one" {
			t.Errorf("%+v", got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := checkPath(path); err != nil || f.ID == "" || f.Rows != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestOlderCopyIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	db, rows := openRows(t, path)
	put := func(key string) {
		t.Helper()
		if err := db.Update(func(tx *Tx) error { return rows.Put(tx, key, row{"one"}) }); err != nil {
			t.Fatal(err)
		}
	}
	put("a")
	older := read(t, path)
	put("b")
	// No orderly end: the mark alone knows of b.
	db.bolt.Close()
	write(t, path, older)
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "it is older than what was there last") {
		t.Errorf("an older file: %v", err)
	}
}

// Whatever of the first start was done when it was killed, the next one works.
func TestKilledFirstStartIsNoLoss(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]func(t *testing.T, path string){
		"half a file":    func(t *testing.T, path string) { write(t, path+".new", []byte("half")) },
		"file, no mark":  func(t *testing.T, path string) { openRows(t, path); os.Remove(path + ".mark") },
		"half a mark":    func(t *testing.T, path string) { openRows(t, path); write(t, path+".mark", []byte("AB")) },
		"mark, and .new": func(t *testing.T, path string) { openRows(t, path); write(t, path+".mark.new", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			t.Run("killed", func(t *testing.T) { left(t, path) }) // which closes what it opened
			openRows(t, path)
			if m, err := readMark(path + ".mark"); err != nil || m.generation == 0 {
				t.Errorf("mark %+v, %v", m, err)
			}
		})
	}
}

func TestKilledRestoreIsHadAgain(t *testing.T) {
	t.Parallel()
	path, o, held := fill(t, 40)
	p := placeOf(path, o.Kept)
	if _, err := putAside(path); err != nil { // all that a killed one did
		t.Fatal(err)
	}
	if _, err := Restore(path, o); err != nil {
		t.Fatal(err)
	}
	m := mark{id: mustMark(t, p).id, generation: 1 << 40} // as if the new mark had not been written
	if err := m.write(p.mark); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(path, o); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, err := contents(db); err != nil || !maps.Equal(got, held) {
		t.Errorf("%d rows, %v; want %d", len(got), err, len(held))
	}
	if _, err := Restore(path, o); err == nil || errors.Is(err, ErrSound) {
		t.Errorf("restore of a file that is open: %v", err)
	}
	db.Close()
	if _, err := Restore(path, o); !errors.Is(err, ErrSound) {
		t.Errorf("restore of a sound file: %v", err)
	}
}

func mustMark(t *testing.T, p place) mark {
	t.Helper()
	m, err := readMark(p.mark)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStartAnewIsEmpty(t *testing.T) {
	t.Parallel()
	path, o, _ := fill(t, 40)
	write(t, path, nil)
	write(t, placeOf(path, o.Kept).copy, []byte("garbage"))
	if _, err := Restore(path, o); !errors.Is(err, ErrNoCopy) {
		t.Errorf("restore with a damaged copy: %v", err)
	}
	if r, err := StartAnew(path, o); err != nil || !exists(r.Aside) {
		t.Fatalf("%+v, %v", r, err)
	}
	db, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, err := contents(db); err != nil || len(got) != 0 {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

// The copy has a change within a minute, and one that cannot be taken leaves the last.
func TestCopyFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		db, rows := openRows(t, path)
		put := func(key string) {
			t.Helper()
			if err := db.Update(func(tx *Tx) error { return rows.Put(tx, key, row{"one"}) }); err != nil {
				t.Fatal(err)
			}
		}
		kept := func() int {
			f, err := checkPath(path + ".kept")
			if err != nil {
				t.Fatal(err)
			}
			return f.Rows
		}
		put("a")
		time.Sleep(keepEvery)
		synctest.Wait()
		if n := kept(); n != 1 {
			t.Errorf("the copy has %d rows", n)
		}
		put("b")
		if err := os.Mkdir(path+".kept.new", 0o700); err != nil { // in the new copy's way
			t.Fatal(err)
		}
		time.Sleep(keepEvery)
		synctest.Wait()
		if n := kept(); n != 1 {
			t.Errorf("the copy has %d rows", n)
		}
		os.Remove(path + ".kept.new")
		db.Close()
		if n := kept(); n != 2 {
			t.Errorf("after the end the copy has %d rows", n)
		}
	})
}
