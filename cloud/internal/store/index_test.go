package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// After every change, and within it, an index finds what a look at every row finds.
func TestIndexFindsWhatAScanFinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db, rows := openRows(t, path)
	byName := rows.Index(func(r row) string { return r.Name })
	names := []string{"", "one", "two", "three"}
	same := func(when string, tx *Tx, rows *Table[row], x *Index[row]) {
		t.Helper()
		for _, name := range names {
			want := slices.DeleteFunc(rows.AllTx(tx), func(r row) bool { return r.Name != name || name == "" })
			if got := x.AllTx(tx, name); len(got) != len(want) || slices.ContainsFunc(got, func(r row) bool { return r.Name != name }) {
				t.Fatalf("%s: %q has %v, want %v", when, name, got, want)
			}
		}
	}
	undone := errors.New("undone")
	draw := rand.New(rand.NewPCG(1, 2))
	for n := range 100 {
		err := db.Update(func(tx *Tx) error {
			for range 1 + draw.IntN(3) {
				key := fmt.Sprint(draw.IntN(8))
				err := rows.Put(tx, key, row{names[draw.IntN(len(names))]})
				if draw.IntN(3) == 0 {
					err = rows.Delete(tx, key)
				}
				if err != nil {
					return err
				}
				same("within a change", tx, rows, byName)
			}
			if draw.IntN(4) == 0 {
				return undone
			}
			return nil
		})
		if err != nil && !errors.Is(err, undone) {
			t.Fatal(err)
		}
		same(fmt.Sprintf("after change %d (%v)", n, err), nil, rows, byName)
	}
	db.Close()
	_, again := openRows(t, path)
	same("after reopening", nil, again, again.Index(func(r row) string { return r.Name }))
}
