package health

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// schedule starts each checker when it is due. One goroutine and one timer serve all checkers, of which there
// are many more than ever probe at the same time.
type schedule struct {
	start func(*checker)
	mu    sync.Mutex
	due   queue
	late  time.Duration // the most that any was started after its time
	woken chan struct{} // holds one element while something earlier than the timer's may be due
}

func newSchedule(start func(*checker)) *schedule {
	return &schedule{start: start, woken: make(chan struct{}, 1)}
}

// add schedules a checker for a time. It must not be scheduled already.
func (s *schedule) add(k *checker, at time.Time) {
	s.mu.Lock()
	k.due = at.UnixNano()
	heap.Push(&s.due, k)
	first := s.due[0] == k
	s.mu.Unlock()
	if first {
		select {
		case s.woken <- struct{}{}:
		default:
		}
	}
}

// remove removes a checker from the schedule, if it is there.
func (s *schedule) remove(k *checker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.place >= 0 {
		heap.Remove(&s.due, int(k.place))
	}
}

// run starts checkers until ctx ends.
func (s *schedule) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if wait, due := s.startDue(time.Now()); due {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.woken:
		}
	}
}

// startDue starts the checkers that are due, and returns the time until the next one is.
func (s *schedule) startDue(now time.Time) (wait time.Duration, due bool) {
	for {
		s.mu.Lock()
		if len(s.due) == 0 {
			s.mu.Unlock()
			return 0, false
		}
		wait := time.Duration(s.due[0].due - now.UnixNano())
		if wait > 0 {
			s.mu.Unlock()
			return wait, true
		}
		s.late = max(s.late, -wait)
		k := heap.Pop(&s.due).(*checker)
		s.mu.Unlock()
		s.start(k)
	}
}

// latest returns the longest delay of a start since the last call of latest.
func (s *schedule) latest() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := s.late
	s.late = 0
	return late
}

// queue is a heap of checkers, by the times when they are due.
type queue []*checker

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due < q[j].due }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i), int32(j)
}

func (q *queue) Push(k any) {
	c := k.(*checker)
	c.place = int32(len(*q))
	*q = append(*q, c)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	k := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	k.place = -1
	return k
}
