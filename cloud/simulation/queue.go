package simulation

import (
	"math"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// queue has the actors in the order of their times and, of one time, of their numbers.
type queue struct {
	at    []time.Duration // by number
	place []int32         // in the heap, by number
	heap  []int32         // numbers
}

// add adds an actor and returns its number.
func (q *queue) add(at time.Duration) int32 {
	n := int32(len(q.at))
	q.at, q.place, q.heap = append(q.at, at), append(q.place, n), append(q.heap, n)
	q.place[n] = int32(len(q.heap) - 1)
	q.up(q.place[n])
	return n
}

// set gives an actor another time.
func (q *queue) set(n int32, at time.Duration) {
	later := at > q.at[n]
	q.at[n] = at
	if later {
		q.down(q.place[n])
	} else {
		q.up(q.place[n])
	}
}

// first is the actor whose time comes first.
func (q *queue) first() (n int32, at time.Duration) {
	if len(q.heap) == 0 {
		return -1, never
	}
	return q.heap[0], q.at[q.heap[0]]
}

func (q *queue) before(a, b int32) bool { return q.at[a] < q.at[b] || q.at[a] == q.at[b] && a < b }

func (q *queue) up(i int32) {
	for i > 0 {
		parent := (i - 1) / 2
		if !q.before(q.heap[i], q.heap[parent]) {
			return
		}
		q.swap(i, parent)
		i = parent
	}
}

func (q *queue) down(i int32) {
	for {
		least := i
		for _, child := range [2]int32{2*i + 1, 2*i + 2} {
			if int(child) < len(q.heap) && q.before(q.heap[child], q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		q.swap(i, least)
		i = least
	}
}

func (q *queue) swap(i, j int32) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.place[q.heap[i]], q.place[q.heap[j]] = i, j
}

// rebuild orders the heap anew after many times have changed.
func (q *queue) rebuild() {
	for i := int32(len(q.heap)/2) - 1; i >= 0; i-- {
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
