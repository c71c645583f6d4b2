package simulation

import (
	"math"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// queue has the actors' times, and which of them comes first; of one time that is the one with the lowest number. It is a tournament: each
// actor plays against its neighbour, the winners against theirs. Most are moved to the end, which costs as many matches as there are rounds,
// and moves nothing.
type queue struct {
	at      []time.Duration // by number, and never for numbers up to the next power of two
	winners []int32         // of each match: the last one is the first's, and 2n and 2n+1 meet in n
	actors  int32
}

// add adds an actor and returns its number.
func (q *queue) add(at time.Duration) int32 {
	n := q.actors
	if q.actors++; int(n) == len(q.at) {
		q.grow()
	}
	q.set(n, at)
	return n
}

// grow makes room for twice as many.
func (q *queue) grow() {
	size := max(2, 2*len(q.at))
	for len(q.at) < size {
		q.at = append(q.at, never)
	}
	q.winners = make([]int32, size)
	q.rebuild()
}

// set gives an actor another time.
func (q *queue) set(n int32, at time.Duration) {
	q.at[n] = at
	size := int32(len(q.at))
	winner := n &^ 1
	if q.at[n|1] < q.at[winner] {
		winner = n | 1
	}
	for i := (size + n) / 2; ; i /= 2 {
		if q.winners[i] == winner && winner != n {
			return // who won before has won again, by the same time
		}
		q.winners[i] = winner
		if i == 1 {
			return
		}
		winner = q.match(i &^ 1)
	}
}

// match is who wins of the winners of a match and of the next one.
func (q *queue) match(i int32) int32 {
	left, right := q.winners[i], q.winners[i+1]
	if q.at[right] < q.at[left] {
		return right
	}
	return left
}

// first is the actor whose time comes first.
func (q *queue) first() (n int32, at time.Duration) {
	if q.actors == 0 {
		return -1, never
	}
	n = q.winners[1]
	return n, q.at[n]
}

// rebuild has all matches played anew after many times have changed.
func (q *queue) rebuild() {
	size := int32(len(q.at))
	for n := int32(0); n < size; n += 2 {
		winner := n
		if q.at[n+1] < q.at[n] {
			winner = n + 1
		}
		q.winners[(size+n)/2] = winner
	}
	for i := size/2 - 1; i >= 1; i-- {
		q.winners[i] = q.match(2 * i)
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
