package world

import (
	"runtime/debug"
	"testing"
	"time"
)

func TestHeapMayGrowWhileTheProcessIsBusy(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	now := time.Now()
	h := heap{last: now}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{time.Minute, idleHeap}, {busyPause / 2, busyHeap}, {busyPause / 2, busyHeap}, {2 * busyPause, idleHeap}} {
		now = now.Add(step.after)
		h.judge(now)
		if set := debug.SetGCPercent(h.percent); h.percent != step.want || set != step.want {
			t.Errorf("a collection %v after the last: the heap may grow by %d%% and is set to %d%%, want %d%%", step.after, h.percent, set, step.want)
		}
	}
}
