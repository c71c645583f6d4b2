package simulation

import (
	"bytes"
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"
)

// dense are years of faults within a day, so that they meet.
func dense(seed uint64) []Fault {
	const years = 10
	all := RandomFaults(seed, years)
	for n := range all {
		all[n].At = Span(calmBefore) + all[n].At/(years*366)
		all[n].For = max(Span(10*time.Second), all[n].For/10)
	}
	return all
}

// A day full of faults is the same, to the last nanosecond of the last user, whether what cannot change anything is skipped or not.
func TestYearsAreTheSameWithAndWithoutSkipping(t *testing.T) {
	grows := Default()
	grows.Standby.Min, grows.Standby.Desired = 1, 1
	sick := Default()
	sick.Sick = Span(2 * time.Minute)
	grows.Watch = &Watch{Every: Span(10 * time.Second), Hold: true, After: Span(10 * time.Minute), Grow: true, Calm: Span(5 * time.Minute)}
	for name, s := range map[string]System{
		"as declared": Default(), "held and growing": grows, "the standby is sick": sick,
		"both, by weights": active(0.7, false), "both, the nearer one": active(0.4, true),
	} {
		m := &Model{System: s, Keeper: func(s System) Keeper { return &simpleKeeper{watch: *s.Watch} }}
		for seed := range uint64(3) {
			run := func(skips bool) (*auditor, *world) {
				a := newAuditor(DefaultLimits())
				w := newWorld(m, seed, skips, a)
				w.addUsers()
				a.after(w)
				for _, f := range dense(seed) {
					w.inject(f)
				}
				w.run(24 * time.Hour)
				a.finish(w, true)
				a.tallied = 0 // it is looked at more often by one than by the other
				return a, w
			}
			slow, all := run(false)
			fast, few := run(true)
			if !reflect.DeepEqual(slow, fast) {
				t.Errorf("%s, seed %d: not skipping\n%+v\nskipping\n%+v", name, seed, slow, fast)
			}
			if slow.total == 0 || slow.lost == 0 || few.events > all.events/2 {
				t.Errorf("%s, seed %d: %d moves, %s lost, %d events of %d", name, seed, slow.total, slow.lost, few.events, all.events)
			}
		}
	}
}

// Whoever rests is idle after every change, unless the change has roused them.
func TestNobodyRestsWhoIsNotIdle(t *testing.T) {
	sick := Default()
	sick.Sick = Span(2 * time.Minute)
	for name, s := range map[string]System{
		"as declared": Default(), "the standby is sick": sick, "both, by weights": active(0.7, false), "both, the nearer one": active(0.4, true),
	} {
		seen := &vigilant{auditor: newAuditor(DefaultLimits()), t: t, name: name}
		w := newWorld(&Model{System: s}, 1, true, seen)
		w.addUsers()
		for _, f := range dense(1) {
			w.inject(f)
		}
		w.run(24 * time.Hour)
		if seen.looks == 0 {
			t.Errorf("%s: nobody rested", name)
		}
	}
}

// vigilant looks after each change at those who rest.
type vigilant struct {
	*auditor
	t     *testing.T
	name  string
	looks int
}

func (v *vigilant) after(w *world) {
	v.auditor.after(w)
	for n := range w.actors {
		a := &w.actors[n]
		if a.rests.as == 0 || a.rests.as&w.roused != 0 {
			continue
		}
		if v.looks++; !w.idle(a) {
			v.t.Errorf("%s: at %s actor %d, %+v, rests", v.name, w.now, n, *a)
		}
	}
}

// simpleKeeper is a watch with the least that one has to do.
type simpleKeeper struct {
	watch Watch
	well  time.Time
}

func (k *simpleKeeper) Failed(Side) {}

func (k *simpleKeeper) Look(s Sight) (o Orders) {
	switch {
	case !s.PrimaryOK:
		k.well = time.Time{}
	case k.well.IsZero():
		k.well = s.At
	}
	held := s.Switch == Standby
	switch {
	case s.Switch == Primary && s.Answer == Standby:
		o.Turn = Standby
	case held && k.watch.After > 0 && s.PrimaryOK && s.At.Sub(k.well) >= time.Duration(k.watch.After):
		o.Turn = Primary
	}
	o.Grow = !s.Grown && s.Answer == Standby
	o.Shrink = s.Grown && s.Answer == Primary && !held && s.PrimaryOK
	return o
}

func TestSameSeedGivesTheSameYears(t *testing.T) {
	text := func(seed uint64) []byte {
		r, err := (&Model{System: Default()}).Simulate(seed, 40, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := text(1)
	if !bytes.Equal(first, text(1)) {
		t.Error("the same seed gives other years the second time")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 3} {
		if runtime.GOMAXPROCS(processors); !bytes.Equal(first, text(1)) {
			t.Errorf("the same seed gives other years on %d processors", processors)
		}
	}
	if bytes.Equal(first, text(2)) {
		t.Error("another seed gives the same years")
	}
}

func TestYearsAddUp(t *testing.T) {
	r, err := (&Model{System: Default()}).Simulate(3, 60, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if !(r.Low < r.Availability && r.Availability < r.High) || r.Nines < 3 || r.Nines > 6 || r.Moves == 0 {
		t.Errorf("%+v", r)
	}
	sum := func(rows []Row) (ms, share float64) {
		for _, row := range rows {
			ms, share = ms+row.SumMS, share+row.Share
		}
		return ms, share
	}
	byCause, all := sum(r.Ledger)
	byFault, _ := sum(r.ByFault)
	minutes := r.MinutesAYear * float64(r.Years)
	if all < 0.999 || all > 1.001 || byCause/byFault < 0.999 || byCause/byFault > 1.001 || byCause/60_000/minutes < 0.999 || byCause/60_000/minutes > 1.001 {
		t.Errorf("lost are %.1f minutes, by cause %.1f, by fault %.1f, shares of %.3f", minutes, byCause/60_000, byFault/60_000, all)
	}
}

func found(t *testing.T, s System, l Limits, deep int) map[string]Schedule {
	t.Helper()
	f, err := (&Model{System: s, Keeper: func(s System) Keeper { return &simpleKeeper{watch: *s.Watch} }}).Search(1, l, Searched{Faults: deep, Tries: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Schedule{}
	for _, one := range f.Schedules {
		all[one.Broke] = one
	}
	return all
}

// Design faults that somebody has planted are found, each with the shortest sequence of faults that shows it.
func TestPlantedDesignFaultsAreFound(t *testing.T) {
	if broken := found(t, Default(), DefaultLimits(), 1); len(broken) > 0 {
		t.Errorf("one fault breaks a system that has none planted: %v", broken)
	}
	for _, c := range []struct {
		name  string
		plant func(*System)
		broke string
		deep  int
		kinds []string // that show it, any of them
	}{
		{"a TTL of an hour", func(s *System) { s.TTL = Span(time.Hour) }, BrokenStranded, 1, Whole},
		{"an empty standby", func(s *System) { s.Standby.Min, s.Standby.Desired = 0, 0 }, BrokenBare, 1, Whole},
		{"a check that asks what tells nothing", func(s *System) { s.Check.Shallow, s.Target.Shallow = true, true }, BrokenStranded, 1,
			[]string{FaultIll, FaultIsolate, FaultSlow}},
		{"a check that asks another page than users do", func(s *System) { s.Check.Apart = true }, BrokenStranded, 1, []string{FaultPages}},
		{"failback without a latch", func(*System) {}, BrokenPingPong, 2, nil},
	} {
		s := Default()
		c.plant(&s)
		got, ok := found(t, s, DefaultLimits(), c.deep)[c.broke]
		if !ok || len(got.Faults) != c.deep {
			t.Errorf("%s: want %d faults that break %q, got %v", c.name, c.deep, c.broke, got)
			continue
		}
		if c.kinds != nil && !slices.Contains(c.kinds, got.Faults[0].Kind) {
			t.Errorf("%s is shown by %v", c.name, got.Faults)
		}
		m := &Model{System: got.System}
		if by := m.Surely(got); !got.Sure || by == 0 || by > 2 {
			t.Errorf("%s: sure is %v, and it is to be stretched %g times", c.name, got.Sure, by)
		}
		if again := m.Try(got.Seed, got.Faults, got.Limits); !slices.ContainsFunc(again, func(v Violation) bool { return v.Broke == c.broke }) {
			t.Errorf("%s: its schedule breaks %v when it is run again", c.name, again)
		}
		for n := range got.Faults {
			fewer := slices.Delete(slices.Clone(got.Faults), n, n+1)
			if again := m.Try(got.Seed, fewer, got.Limits); slices.ContainsFunc(again, func(v Violation) bool { return v.Broke == c.broke }) {
				t.Errorf("%s: without %s it breaks too", c.name, got.Faults[n])
			}
		}
	}
}

// With the latch, what made the name come and go does so no more.
func TestLatchEndsThePingPong(t *testing.T) {
	without := found(t, Default(), DefaultLimits(), 2)[BrokenPingPong]
	s := Default()
	s.Watch = &Watch{Every: Span(10 * time.Second), Hold: true, Returns: Span(2 * time.Hour)}
	m := &Model{System: s, Keeper: func(s System) Keeper { return &simpleKeeper{watch: *s.Watch} }}
	for _, v := range m.Try(without.Seed, without.Faults, without.Limits) {
		if v.Broke == BrokenPingPong {
			t.Errorf("%v breaks it with the latch too: %s", without.Faults, v)
		}
	}
}

func TestScheduleIsReadAsItWasWritten(t *testing.T) {
	s := Schedule{Schema: ScheduleSchema, Seed: 5, System: Default(), Limits: DefaultLimits(), Broke: BrokenStranded, How: "the shortest: one fault",
		Faults: []Fault{{Kind: FaultPartition, Region: Standby, At: Span(time.Minute), For: Span(90 * time.Second), Share: 0.5}}}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSchedule(b)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%v\n%+v", err, got)
	}
	for _, wrong := range []string{
		`{`, `{"schema": 9}`, `{"schema": 1}`,
		string(bytes.Replace(b, []byte(`"partition"`), []byte(`"earthquake"`), 1)),
		string(bytes.Replace(b, []byte(`"standby","at"`), []byte(`"moon","at"`), 1)),
		string(bytes.Replace(b, []byte(`"1m30s"`), []byte(`"soon"`), 1)),
		string(bytes.Replace(b, []byte(`0.5`), []byte(`2`), 1)),
	} {
		if _, err := ReadSchedule([]byte(wrong)); err == nil {
			t.Errorf("is read: %s", wrong)
		}
	}
}
