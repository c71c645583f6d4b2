package store

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

type row struct{ Name string }

func openRows(t *testing.T, path string) (*DB, *Table[row]) {
	t.Helper()
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	rows, err := Load[row](db, "rows")
	if err != nil {
		t.Fatal(err)
	}
	return db, rows
}

func TestCommittedRowsSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db, rows := openRows(t, path)
	if err := db.Update(func(tx *Tx) error { return rows.Put(tx, "a", row{"one"}) }); err != nil {
		t.Fatal(err)
	}
	db.Close()
	_, again := openRows(t, path)
	if got, ok := again.Get("a"); !ok || got.Name != "one" {
		t.Errorf("after reopening: %v, %v", got, ok)
	}
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db, rows := openRows(t, path)
	stop := errors.New("stop")
	err := db.Update(func(tx *Tx) error {
		if err := rows.Put(tx, "a", row{"one"}); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("error %v, want %v", err, stop)
	}
	if _, ok := rows.Get("a"); ok {
		t.Error("memory holds a row that was not committed")
	}
}

func TestChangeSeesItsOwnWrites(t *testing.T) {
	db, rows := openRows(t, filepath.Join(t.TempDir(), "state.db"))
	err := db.Update(func(tx *Tx) error {
		if err := rows.Put(tx, "a", row{"one"}); err != nil {
			return err
		}
		if got, ok := rows.GetTx(tx, "a"); !ok || got.Name != "one" {
			t.Errorf("own write: %v, %v", got, ok)
		}
		if n := len(rows.AllTx(tx)); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
		if err := rows.Delete(tx, "a"); err != nil {
			return err
		}
		if _, ok := rows.GetTx(tx, "a"); ok {
			t.Error("deleted row is still there")
		}
		if n := len(rows.AllTx(tx)); n != 0 {
			t.Errorf("%d rows, want 0", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	openRows(t, path)
	if db, err := Open(path, Options{}); err == nil {
		db.Close()
		t.Error("the same file was opened twice")
	}
}

// A change within a change would wait for itself for ever.
func TestUpdateWithinUpdatePanics(t *testing.T) {
	db, rows := openRows(t, filepath.Join(t.TempDir(), "state.db"))
	var said any
	err := db.Update(func(tx *Tx) error {
		func() {
			defer func() { said = recover() }()
			_ = db.Update(func(tx *Tx) error { return rows.Put(tx, "b", row{"inner"}) })
		}()
		return rows.Put(tx, "a", row{"outer"})
	})
	if err != nil || said == nil {
		t.Fatalf("outer change: %v; the inner one panicked with %v, want a panic", err, said)
	}
	if _, ok := rows.Get("b"); ok {
		t.Error("the inner change was made")
	}
	if err := db.Update(func(tx *Tx) error { return rows.Put(tx, "c", row{"after"}) }); err != nil {
		t.Error(err) // the lock is free again
	}
}

func TestWhatIsKeptElsewhereChangesWithTheRows(t *testing.T) {
	db, rows := openRows(t, filepath.Join(t.TempDir(), "state.db"))
	failure := errors.New("refused")
	for name, c := range map[string]struct {
		put  bool
		err  error
		want bool
	}{"committed": {true, nil, true}, "refused": {true, failure, false}, "nothing changed": {false, nil, false}} {
		ran := false
		err := db.Update(func(tx *Tx) error {
			tx.Then(func() { ran = true })
			if ran {
				t.Error("it ran before the commit")
			}
			if !c.put {
				return c.err
			}
			return errors.Join(rows.Put(tx, "a", row{"one"}), c.err)
		})
		if !errors.Is(err, c.err) || ran != c.want {
			t.Errorf("%s: ran %v, %v", name, ran, err)
		}
	}
}

func TestChangeTellsWhatItTouched(t *testing.T) {
	db, rows := openRows(t, filepath.Join(t.TempDir(), "state.db"))
	if err := db.Update(func(tx *Tx) error {
		if err := errors.Join(rows.Put(tx, "a/b", row{"one"}), rows.Delete(tx, "c")); err != nil {
			return err
		}
		touched := tx.Touched()
		slices.Sort(touched)
		if want := []Topic{rows.Row("a/b"), rows.Row("c")}; !slices.Equal(touched, want) {
			t.Errorf("touched %v, want %v", touched, want)
		}
		if touched[0].Table() != rows.Any() || rows.Any().Table() != rows.Any() {
			t.Errorf("%s is of table %s, want %s", touched[0], touched[0].Table(), rows.Any())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
