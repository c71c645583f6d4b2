// Package metrics keeps CloudWatch's data points and judges its alarms.
//
// Data is kept in memory only, in periods of the four lengths that CloudWatch keeps, each for as long as
// CloudWatch keeps it ("Metrics retention" in the CloudWatch user guide), and at most maxBuckets in all. An
// alarm's new state is a pure function of the data points of its evaluation range and its present state.
//
// All periods pass at the cloud's speed: at speed 30, one of 60 s is two seconds of the clock.
package metrics

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Metric is what data points belong to. Its dimensions are shown in the order in which they were said, which is no part of its identity.
type Metric struct {
	Namespace, Name string
	Dimensions      []Dimension
}

// Dimension is a part of a metric's identity.
type Dimension struct{ Name, Value string }

// Sorted are its dimensions in the order of their names.
func (m Metric) Sorted() []Dimension {
	byName := func(a, b Dimension) int { return strings.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(m.Dimensions, byName) {
		return m.Dimensions
	}
	return slices.SortedFunc(slices.Values(m.Dimensions), byName)
}

// key is the metric's identity. The separator is in no name: names are printable.
func (m Metric) key() string {
	var b strings.Builder
	b.WriteString(m.Namespace + "\x00" + m.Name)
	for _, d := range m.Sorted() {
		b.WriteString("\x00" + d.Name + "\x00" + d.Value)
	}
	return b.String()
}

// tier is one length of period, and for how long it is kept.
type tier struct{ width, keep time.Duration }

const day = 24 * time.Hour

var tiers = [...]tier{
	{time.Second, 3 * time.Hour}, // high-resolution metrics only
	{time.Minute, 15 * day},
	{5 * time.Minute, 63 * day},
	{time.Hour, 455 * day},
}

// maxBuckets is the most periods with data that a store keeps. If there would be more, it drops the metric
// that has had no data for the longest time.
const maxBuckets = 1_000_000

// Put takes data points of a metric.
type Put func(m Metric, unit string, data Summary)

// Store holds metrics.
type Store struct {
	speed tempo.Speed

	mu      sync.Mutex
	metrics map[string]*series
	buckets int
}

// series is one metric's data.
type series struct {
	metric Metric
	last   time.Time // when the newest data point was put
	units  []string
	tiers  [len(tiers)]map[slot]*Summary
	pruned [len(tiers)]int // how many periods each tier had after it was last pruned
}

// slot is a period by its number since the epoch, and a unit: data points of unlike units do not mix.
type slot struct {
	period int64
	unit   string
}

// NewStore returns an empty Store.
func NewStore(speed tempo.Speed) *Store { return &Store{speed: speed, metrics: map[string]*series{}} }

// Put adds a data point at a time. High-resolution data is also kept in periods of one second.
func (s *Store) Put(m Metric, unit string, at, now time.Time, highResolution bool, data Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := m.key()
	d := s.metrics[key]
	if d == nil {
		d = &series{metric: m}
		for i := range d.tiers {
			d.tiers[i] = map[slot]*Summary{}
		}
		s.metrics[key] = d
	}
	d.last = now
	if !slices.Contains(d.units, unit) {
		d.units = append(d.units, unit)
	}
	for i, t := range tiers {
		if i == 0 && !highResolution {
			continue
		}
		at := slot{s.number(at, t.width), unit}
		b := d.tiers[i][at]
		if b == nil {
			s.prune(d, i, now)
			b = &Summary{}
			d.tiers[i][at] = b
			s.buckets++
		}
		b.add(data)
	}
	for s.buckets > maxBuckets && len(s.metrics) > 1 {
		s.forgetOldest()
	}
}

// number is the number, since the epoch, of the period of this length that a time is in.
func (s *Store) number(at time.Time, width time.Duration) int64 {
	return at.UnixNano() / int64(s.speed.Of(width))
}

// prune drops the expired periods of a tier, when there may be enough of them to be worth it.
func (s *Store) prune(d *series, i int, now time.Time) {
	if len(d.tiers[i]) < d.pruned[i]+d.pruned[i]/8+64 {
		return
	}
	oldest := s.number(now.Add(-s.speed.Of(tiers[i].keep)), tiers[i].width)
	for at := range d.tiers[i] {
		if at.period < oldest {
			delete(d.tiers[i], at)
			s.buckets--
		}
	}
	d.pruned[i] = len(d.tiers[i])
}

func (s *Store) forgetOldest() {
	oldest := ""
	for key, d := range s.metrics {
		if oldest == "" || d.last.Before(s.metrics[oldest].last) {
			oldest = key
		}
	}
	for _, t := range s.metrics[oldest].tiers {
		s.buckets -= len(t)
	}
	delete(s.metrics, oldest)
}

// Point is the data of one period of a query.
type Point struct {
	Start time.Time
	Unit  string
	Summary
}

// Points returns the data of each period from start up to end, oldest first; a period without data is left
// out. Periods count from start. If unit is empty, the data of every unit is returned separately.
func (s *Store) Points(m Metric, unit string, start, end time.Time, period time.Duration, now time.Time) []Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.metrics[m.key()]
	if d == nil {
		return nil
	}
	i := s.tierFor(start, period, now)
	width, length := int64(s.speed.Of(tiers[i].width)), int64(s.speed.Of(period))
	found := map[slot]*Point{}
	for at, b := range d.within(i, unit, ceil(start.UnixNano(), width), ceil(end.UnixNano(), width)) {
		n := slot{(at.period*width - start.UnixNano()) / length, at.unit}
		if found[n] == nil {
			found[n] = &Point{Start: time.Unix(0, start.UnixNano()+n.period*length).UTC(), Unit: at.unit}
		}
		found[n].add(*b)
	}
	var all []Point
	for _, p := range found {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Point) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(a.Unit, b.Unit)
	})
	return all
}

// ceil is the number of the first period that begins at a time or after it.
func ceil(at, width int64) int64 { return (at + width - 1) / width }

// within visits a tier's periods from one number up to another, of one unit or of all, in no order: by their
// numbers, or where the tier has fewer than there are numbers, all of it.
func (d *series) within(i int, unit string, from, to int64) iter.Seq2[slot, *Summary] {
	units := d.units
	if unit != "" {
		units = []string{unit}
	}
	return func(yield func(slot, *Summary) bool) {
		if int64(len(d.tiers[i])) < (to-from)*int64(len(units)) {
			for at, b := range d.tiers[i] {
				if (unit == "" || at.unit == unit) && at.period >= from && at.period < to && !yield(at, b) {
					return
				}
			}
			return
		}
		for n := from; n < to; n++ {
			for _, u := range units {
				if b := d.tiers[i][slot{n, u}]; b != nil && !yield(slot{n, u}, b) {
					return
				}
			}
		}
	}
}

// tierFor is the tier with the shortest periods that divide the query's period and are still kept at its start.
func (s *Store) tierFor(start time.Time, period time.Duration, now time.Time) int {
	age := now.Sub(start)
	switch {
	case period < time.Minute:
		return 0
	case period < 5*time.Minute || age <= s.speed.Of(tiers[1].keep) || period%(5*time.Minute) != 0:
		return 1
	case period < time.Hour || age <= s.speed.Of(tiers[2].keep) || period%time.Hour != 0:
		return 2
	}
	return 3
}

// Floor is the latest time, not after t, at which a period of this length begins.
func (s *Store) Floor(t time.Time, period time.Duration) time.Time {
	length := int64(s.speed.Of(period))
	return time.Unix(0, t.UnixNano()/length*length).UTC()
}

// Metrics returns every metric that has had data since a time, in no order.
func (s *Store) Metrics(since time.Time) []Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Metric
	for _, d := range s.metrics {
		if !d.last.Before(since) {
			all = append(all, d.metric)
		}
	}
	return all
}

// Window returns the data of the n periods up to end, oldest first, nil for a period without any. If unit is empty,
// the data of all units is combined.
func (s *Store) Window(m Metric, unit string, end time.Time, period time.Duration, n int, now time.Time) []*Summary {
	length := s.speed.Of(period)
	start := end.Add(-time.Duration(n) * length)
	window := make([]*Summary, n)
	for _, p := range s.Points(m, unit, start, end, period, now) {
		i := int(p.Start.Sub(start) / length)
		if window[i] == nil {
			window[i] = &Summary{}
		}
		window[i].add(p.Summary)
	}
	return window
}
