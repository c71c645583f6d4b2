package console

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Panels are read while somebody looks, each change is an event with the next number, and who comes back gets what has changed since.
func TestBoardTellsWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var value, reads atomic.Int64
		var wrong atomic.Bool
		b := newBoard([]Panel{
			{Name: "count", Every: time.Second, Read: func(context.Context) (any, error) {
				if reads.Add(1); wrong.Load() {
					return nil, errors.New("no answer")
				}
				return value.Load(), nil
			}},
			{Name: "echo", Every: time.Hour, After: []string{"count"}, Read: func(context.Context) (any, error) { return value.Load(), nil }},
		})
		time.Sleep(time.Minute)
		if reads.Load() != 0 {
			t.Error("it is read although nobody looks")
		}
		left := b.look()
		synctest.Wait()
		events, more := b.since(0)
		if len(events) != 2 {
			t.Fatalf("%d events at first", len(events))
		}
		last := events[1].id
		time.Sleep(10 * time.Second)
		if again, _ := b.since(last); len(again) != 0 {
			t.Errorf("%d events although nothing changes", len(again))
		}
		value.Store(7)
		<-more
		synctest.Wait()
		events, _ = b.since(last)
		if len(events) != 2 || events[0].id != last+1 || !strings.Contains(string(events[0].body), `"data":7`) ||
			!strings.Contains(string(events[1].body), `"panel":"echo"`) {
			t.Errorf("a change: %v", events)
		}
		wrong.Store(true)
		time.Sleep(2 * time.Second)
		events, _ = b.since(last + 2)
		if len(events) != 1 || !strings.Contains(string(events[0].body), `"data":7,"error":"no answer"`) {
			t.Errorf("an error: %v", events)
		}
		left()
		time.Sleep(linger + time.Second)
		synctest.Wait()
		now := reads.Load()
		time.Sleep(time.Minute)
		if reads.Load() != now {
			t.Error("it is read although nobody looks any more")
		}
		b.look()()
		time.Sleep(linger + time.Second)
	})
}

// A panel that takes for ever does not keep others from being read, and is an error in the end.
func TestBoardWithAPanelThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard([]Panel{
			{Name: "hangs", Every: time.Second, Read: func(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }},
			{Name: "other", Every: time.Second, Read: func(context.Context) (any, error) { return time.Now(), nil }},
		})
		left := b.look()
		time.Sleep(patience + time.Second)
		synctest.Wait()
		events, _ := b.since(0)
		if len(events) != 2 {
			t.Errorf("%d events", len(events))
		}
		left()
		time.Sleep(linger + patience)
	})
}
