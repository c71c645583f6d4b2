package room_test

import (
	"testing"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// A reading in which a change falls is made again.
func TestSteadyReadsOneMoment(t *testing.T) {
	base, _ := roomtest.Open(t, t.TempDir(), 1)
	names, err := store.Load[string](base.DB, "names")
	if err != nil {
		t.Fatal(err)
	}
	tags, err := store.Load[string](base.DB, "tags")
	if err != nil {
		t.Fatal(err)
	}
	both := func(change func(tx *store.Tx, t *store.Table[string]) error) {
		t.Helper()
		if err := base.Update(func(tx *store.Tx) error {
			if err := change(tx, names); err != nil {
				return err
			}
			return change(tx, tags)
		}); err != nil {
			t.Fatal(err)
		}
	}
	both(func(tx *store.Tx, t *store.Table[string]) error { return t.Put(tx, "a", "x") })
	reads, named, tagged := 0, false, false
	base.Steady(func() {
		reads++
		_, named = names.Get("a")
		if reads == 1 {
			both(func(tx *store.Tx, t *store.Table[string]) error { return t.Delete(tx, "a") })
		}
		_, tagged = tags.Get("a")
	})
	if reads != 2 || named != tagged {
		t.Errorf("after %d readings: named %t, tagged %t", reads, named, tagged)
	}
}
