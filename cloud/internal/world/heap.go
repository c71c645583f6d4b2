//go:build linux

package world

import (
	"runtime"
	"runtime/debug"
	"time"
)

// A cloud's processes are many and mostly idle: a smaller heap is worth the collector's extra work. In one that is busy,
// though, most of the time would be the collector's, so its heap may grow as long as it is.
const (
	idleHeap  = 40 // per cent of what is live, see debug.SetGCPercent
	busyHeap  = 300
	busyPause = time.Second // between two collections, in a process that is busy

	startTakes = 2 * time.Second // after which what a start has needed is given back
)

// heap sees each collection, and sets how much the heap may grow until the next.
type heap struct {
	last    time.Time
	percent int
}

// watchHeap begins with the heap of an idle process, which a start is to have, too.
func watchHeap() {
	h := &heap{last: time.Now()}
	h.set(idleHeap)
	time.AfterFunc(startTakes, func() {
		debug.FreeOSMemory()
		h.await(&collected{})
	})
}

// collected is an object that nothing refers to, so that each collection finds it.
type collected struct{ _ [16]byte }

func (h *heap) await(c *collected) {
	runtime.SetFinalizer(c, func(c *collected) {
		h.judge(time.Now())
		h.await(c)
	})
}

// judge sets the heap by the time since the last collection.
func (h *heap) judge(now time.Time) {
	percent := idleHeap
	if now.Sub(h.last) < busyPause {
		percent = busyHeap
	}
	h.last = now
	h.set(percent)
}

func (h *heap) set(percent int) {
	if percent != h.percent {
		debug.SetGCPercent(percent)
		h.percent = percent
	}
}
