package simulation

import (
	"math"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// entry is an actor's place in the queue.
type entry struct {
	at time.Duration
	n  int32
}

func (e entry) before(o entry) bool { return e.at < o.at || e.at == o.at && e.n < o.n }

// queue has the actors in the order of their times and, of one time, of their numbers. It is a heap in which each has four below it: most
// are moved to the end, and a flat one is quicker then.
type queue struct {
	heap  []entry
	place []int32 // in the heap, by number
}

// add adds an actor and returns its number.
func (q *queue) add(at time.Duration) int32 {
	n := int32(len(q.place))
	i := int32(len(q.heap))
	q.heap, q.place = append(q.heap, entry{at, n}), append(q.place, i)
	q.up(i)
	return n
}

// set gives an actor another time.
func (q *queue) set(n int32, at time.Duration) {
	i := q.place[n]
	later := at > q.heap[i].at
	q.heap[i].at = at
	if later {
		q.down(i)
	} else {
		q.up(i)
	}
}

// first is the actor whose time comes first.
func (q *queue) first() (n int32, at time.Duration) {
	if len(q.heap) == 0 {
		return -1, never
	}
	return q.heap[0].n, q.heap[0].at
}

func (q *queue) up(i int32) {
	e := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(q.heap[parent]) {
			break
		}
		q.put(i, q.heap[parent])
		i = parent
	}
	q.put(i, e)
}

func (q *queue) down(i int32) {
	e, size := q.heap[i], int32(len(q.heap))
	for {
		child := 4*i + 1
		if child >= size {
			break
		}
		for other := child + 1; other < min(child+4, size); other++ {
			if q.heap[other].before(q.heap[child]) {
				child = other
			}
		}
		if !q.heap[child].before(e) {
			break
		}
		q.put(i, q.heap[child])
		i = child
	}
	q.put(i, e)
}

func (q *queue) put(i int32, e entry) { q.heap[i], q.place[e.n] = e, i }

// rebuild orders the heap anew after many times have changed.
func (q *queue) rebuild() {
	for i := int32(len(q.heap)-2) / 4; i >= 0; i-- {
		q.down(i)
	}
}

// shot is what happens once.
type shot struct {
	at time.Duration
	do func(*world)
}

// shots are in the order in which they happen. There are few at a time.
type shots struct{ all []shot }

func (s *shots) add(at time.Duration, do func(*world)) {
	i := len(s.all)
	for i > 0 && s.all[i-1].at <= at { // the next one is the last of the list, and of one time the one that was planned first
		i--
	}
	s.all = append(s.all, shot{})
	copy(s.all[i+1:], s.all[i:])
	s.all[i] = shot{at, do}
}

func (s *shots) next() time.Duration {
	if len(s.all) == 0 {
		return never
	}
	return s.all[len(s.all)-1].at
}

func (s *shots) take() shot {
	last := len(s.all) - 1
	one := s.all[last]
	s.all[last].do = nil
	s.all = s.all[:last]
	return one
}
