package room

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

func open(t *testing.T) (*Base, *store.Table[int]) {
	t.Helper()
	db, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var rows *store.Table[int]
	LoadTable(db, "rows", &rows, &err)
	if err != nil {
		t.Fatal(err)
	}
	return New(Identity{Region: "us-east-1", Account: "111122223333", Pace: tempo.At(1)}, db, nil), rows
}

func woken(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestChangeWakesWhomItConcerns(t *testing.T) {
	b, rows := open(t)
	all, table, one, other := b.Watch(), b.Watch(rows.Any()), b.Watch(rows.Row("a"), "news"), b.Watch(rows.Row("b"))
	next := func() [4]<-chan struct{} {
		return [4]<-chan struct{}{all.Next(), table.Next(), one.Next(), other.Next()}
	}
	expect := func(when string, ch [4]<-chan struct{}, want [4]bool) {
		t.Helper()
		var got [4]bool
		for i := range ch {
			got[i] = woken(ch[i])
		}
		if got != want {
			t.Errorf("%s woke %v, want %v (all, table, one, other)", when, got, want)
		}
	}
	put := func(key string, failure error) {
		t.Helper()
		if err := b.Update(func(tx *store.Tx) error { return errors.Join(rows.Put(tx, key, 1), failure) }); !errors.Is(err, failure) {
			t.Fatal(err)
		}
	}
	ch := next()
	put("a", nil)
	expect("a change of row a", ch, [4]bool{true, true, true, false})
	ch = next()
	put("b", errors.New("no"))
	expect("a change that failed", ch, [4]bool{})
	b.Wake("news")
	expect("news", ch, [4]bool{true, false, true, false})
	ch = next()
	one.Stop()
	put("a", nil)
	expect("a change after row a's watch stopped", ch, [4]bool{true, true, false, false})
}

func TestWaitAsksAfterEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Identity{}, nil, nil)
		asked, goal := 0, make(chan error, 1)
		go func() { goal <- b.Wait(t.Context(), func() bool { asked++; return asked == 3 }, "news") }()
		for range 2 {
			synctest.Wait()
			b.Wake("gossip")
			synctest.Wait()
			b.Wake("news")
		}
		if err := <-goal; err != nil || asked != 3 {
			t.Errorf("asked %d times, error %v; want 3 times", asked, err)
		}
		go func() { goal <- b.Wait(t.Context(), func() bool { return false }, "news") }()
		synctest.Wait()
		b.Stop()
		if err := <-goal; err == nil {
			t.Error("waiting went on after the end")
		}
		if n := len(b.hub.watchers); n != 0 {
			t.Errorf("%d topics are watched still", n)
		}
	})
}

// Whoever is told is told in the order of the commits, and nothing of a change that failed.
func TestWhatIsToldLastWasCommittedLast(t *testing.T) {
	b, rows := open(t)
	told := 0
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if err := b.UpdateThen(func(tx *store.Tx) error { return rows.Put(tx, "a", i) }, func() { told, _ = rows.Get("a") }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if last, _ := rows.Get("a"); told != last {
		t.Errorf("told %d last, committed %d", told, last)
	}
	failure := errors.New("refused")
	if err := b.UpdateThen(func(*store.Tx) error { return failure }, func() { t.Error("it was told of a change that failed") }); !errors.Is(err, failure) {
		t.Error(err)
	}
}

func TestTagLimits(t *testing.T) {
	long := func(n int) string { return string(make([]rune, n)) }
	for _, c := range []struct {
		tags [][2]string
		want TagFault
	}{
		{[][2]string{{"a", ""}, {"A", long(256)}, {long(128), "x"}}, TagFits},
		{[][2]string{{"a", ""}, {"", ""}}, EmptyKey},
		{[][2]string{{long(129), ""}}, LongKey},
		{[][2]string{{"a", long(257)}}, LongValue},
		{[][2]string{{"AWS:x", ""}}, ReservedKey},
		{[][2]string{{"a", "1"}, {"a", "2"}}, DuplicateKey},
	} {
		if at, got := CheckTags(c.tags, func(t [2]string) (key, value *string) { return &t[0], &t[1] }); got != c.want {
			t.Errorf("%.20q: fault %d at %.20q, want %d", c.tags, got, at, c.want)
		}
	}
}

func TestPagesSurviveChanges(t *testing.T) {
	p := Paging{
		Usual: 2, Least: 1, Most: 3,
		BadSize: func(int32) error { return errors.New("size") }, BadToken: func(string) error { return errors.New("token") },
	}
	page := func(rows []string, size *int32, token *string) ([]string, *string, error) {
		return Page(rows, func(s string) string { return s }, size, token, p)
	}
	first, token, err := page([]string{"d", "b", "a", "c"}, nil, nil)
	if err != nil || len(first) != 2 || first[1] != "b" || token == nil {
		t.Fatalf("first page %v, token %v, error %v", first, token, err)
	}
	rest, end, err := page([]string{"e", "aa", "c"}, new(int32(3)), token) // a and b are gone, aa has come
	if err != nil || len(rest) != 2 || rest[0] != "c" || end != nil {
		t.Errorf("second page %v, token %v, error %v; want c and e", rest, end, err)
	}
	if _, _, err := page(nil, new(int32(4)), nil); err == nil || err.Error() != "size" {
		t.Errorf("too large a page: %v", err)
	}
	if _, _, err := page(nil, nil, new("Yg")); err == nil || err.Error() != "token" {
		t.Errorf("a made-up token: %v", err)
	}
}

// What is read by programs that cut a link out of a text has it as it is.
func TestJSONIsWrittenAsItIs(t *testing.T) {
	v := map[string]string{"a": "OK -> ALARM & <b>"}
	if text, err := JSON(v, ""); err != nil || text != `{"a":"OK -> ALARM & <b>"}` {
		t.Errorf("%v: %s", err, text)
	}
	if text, err := JSON(v, "  "); err != nil || text != "{\n  \"a\": \"OK -> ALARM & <b>\"\n}" {
		t.Errorf("indented %v: %s", err, text)
	}
}
