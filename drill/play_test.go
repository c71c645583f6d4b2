package drill

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy"
)

const east, west = "us-east-1", "us-west-2"

// stood is a play of two users at AWS's own speed, in which all is well for an hour.
func stood() (*Play, *recorder, *sights, time.Time) {
	d := &Drill{Primary: east, Secondary: west, Clients: 2, Settings: Settings{Interval: 10 * time.Second, Threshold: 3}.onAWS()}
	d.kinds = kinds(nil, d.Clients)
	began := time.Unix(1_000_000, 0)
	s := &sights{began: began, probes: map[string][]Request{}, leads: []seen[string]{{began.Add(-time.Minute), began.Add(-time.Minute), east}}}
	rec := newRecorder(d.kinds, d.Settings)
	for n := range 360 {
		at := began.Add(time.Duration(n) * 10 * time.Second)
		for _, region := range []string{east, west} {
			s.probes[region] = append(s.probes[region], Request{Start: at, End: at.Add(time.Second)})
		}
		s.healthy = append(s.healthy, seen[int]{at, at, 2})
		rec.add(Request{Client: n % 2, Start: at, End: at.Add(time.Second), Asked: east, Region: east})
	}
	limits := Never{Stranded: 3 * time.Minute, Moves: 3, Within: time.Hour, Bare: 5 * time.Minute, Settle: 15 * time.Minute}
	return &Play{Drill: d, Never: limits, Needs: 2}, rec, s, began
}

func TestWhatMustNeverBeIsSeen(t *testing.T) {
	errIll := errors.New("status 500")
	ill := func(rec *recorder, from, to int) {
		for n := from; n < to; n++ {
			rec.all[n].Err, rec.all[n].Region = errIll, ""
		}
	}
	out := func(s *sights, region string, from, to int) {
		for n := from; n < to; n++ {
			s.probes[region][n].Err = errIll
		}
	}
	move := func(s *sights, at time.Time, region string) { s.leads = append(s.leads, seen[string]{at, at, region}) }
	for name, c := range map[string]struct {
		is   func(p *Play, rec *recorder, s *sights, began time.Time)
		want string
	}{
		"all is well": {func(*Play, *recorder, *sights, time.Time) {}, ""},
		"users stay at an ill region": {func(_ *Play, rec *recorder, s *sights, _ time.Time) {
			ill(rec, 10, 40)
			out(s, east, 10, 40)
		}, brokenStranded},
		"not for as long": {func(_ *Play, rec *recorder, _ *sights, _ time.Time) { ill(rec, 10, 26) }, ""},
		"while the other is ill too": {func(_ *Play, rec *recorder, s *sights, _ time.Time) {
			ill(rec, 10, 40)
			out(s, west, 24, 26)
		}, ""},
		"users who keep an answer for longer": {func(p *Play, rec *recorder, _ *sights, _ time.Time) {
			ill(rec, 10, 40)
			p.kinds = []*UserKind{kindNamed("floor300"), kindNamed("floor300")}
		}, ""},
		"the name comes and goes": {func(_ *Play, _ *recorder, s *sights, began time.Time) {
			for n, region := range []string{west, east, west, east} {
				move(s, began.Add(time.Duration(n)*19*time.Minute), region)
			}
		}, brokenPingPong},
		"within more than an hour": {func(_ *Play, _ *recorder, s *sights, began time.Time) {
			for n, region := range []string{west, east, west, east} {
				move(s, began.Add(time.Duration(n)*21*time.Minute), region)
			}
		}, ""},
		"a standby that is needed has too little": {func(_ *Play, _ *recorder, s *sights, began time.Time) {
			move(s, began.Add(time.Minute), west)
			for n := 10; n < 42; n++ {
				s.healthy[n].What = 1
			}
		}, brokenBare},
		"one that a fault of its own strikes": {func(_ *Play, _ *recorder, s *sights, began time.Time) {
			move(s, began.Add(time.Minute), west)
			for n := 10; n < 42; n++ {
				s.healthy[n].What = 1
			}
			s.struck = []Struck{{Region: west, from: began.Add(200 * time.Second), to: began.Add(300 * time.Second)}}
		}, ""},
		"one that nobody needs": {func(_ *Play, _ *recorder, s *sights, _ time.Time) {
			for n := range s.healthy {
				s.healthy[n].What = 0
			}
		}, ""},
		"one that is needed where the primary is ill": {func(_ *Play, _ *recorder, s *sights, _ time.Time) {
			out(s, east, 10, 50)
			for n := range s.healthy {
				s.healthy[n].What = 0
			}
		}, brokenBare},
		"the name has no answer": {func(_ *Play, _ *recorder, s *sights, began time.Time) { s.empty = []time.Time{began} }, brokenEmpty},
		"a user is not served in the end": {func(_ *Play, rec *recorder, s *sights, began time.Time) {
			ill(rec, 358, 359)
			s.over, s.settled = began.Add(40*time.Minute), true
		}, brokenStuck},
		"the end is not known": {func(_ *Play, rec *recorder, s *sights, began time.Time) { ill(rec, 358, 359) }, ""},
	} {
		p, rec, s, began := stood()
		c.is(p, rec, s, began)
		var got []string
		for _, b := range p.judge(rec, s) {
			got = append(got, b.Broke)
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%s: broken are %v, want %q", name, got, c.want)
		}
	}
}

// one is a fault that counts.
type one struct{ breaks, repairs int }

func (*one) Kind() string                                     { return "one" }
func (*one) Prepare(context.Context) (json.RawMessage, error) { return json.RawMessage(`{}`), nil }
func (o *one) Break(context.Context, json.RawMessage) error   { o.breaks++; return nil }
func (o *one) Repair(context.Context, json.RawMessage) error  { o.repairs++; return nil }

func TestBeatsAreInTheOrderOfTime(t *testing.T) {
	strokes := []Stroke{
		{Kind: "one", At: time.Minute, For: time.Minute}, {Kind: "one", At: 0, For: time.Minute},
		{Kind: "one", At: 90 * time.Second, For: time.Minute},
	}
	want := []beat{
		{0, 1, true}, {time.Minute, 1, false}, {time.Minute, 0, true},
		{90 * time.Second, 2, true}, {2 * time.Minute, 0, false}, {150 * time.Second, 2, false},
	}
	got := beats(strokes)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	o := &one{}
	s := &Sequence{parts: []*portion{{Kind: "one", fault: o}}}
	for _, b := range got {
		if err := s.strike(t.Context(), strokes[b.stroke], b.on); err != nil {
			t.Fatal(err)
		}
	}
	if o.breaks != 2 || o.repairs != 2 {
		t.Errorf("of two strokes that overlap and one before, %d broke and %d repaired; want 2 and 2", o.breaks, o.repairs)
	}
}

// twoRegions is a local cloud that keeps the order in which regions are started.
type twoRegions struct{ started []string }

func (*twoRegions) KillRegion(context.Context, string) error { return nil }
func (r *twoRegions) StartRegion(_ context.Context, name string) error {
	r.started = append(r.started, name)
	return nil
}
func (*twoRegions) Dir() string { return "cloud" }

// What a killed play has broken is repaired by its journal, of both sides; a marker that could not be read before the repair is cleared after it.
func TestUndoRepairsASequenceOfBothSides(t *testing.T) {
	cloud := &twoRegions{}
	control := func(context.Context, string) (RegionControl, error) { return cloud, nil }
	var of func(side understudy.Side) Primary
	of = func(understudy.Side) Primary { return Primary{Regions: control, Sides: of} }
	undo, err := json.Marshal([]portion{
		{Kind: "region", Side: understudy.Primary, Undo: json.RawMessage(`{"region":"us-east-1"}`)},
		{Kind: "region", Side: understudy.Secondary, Undo: json.RawMessage(`{"region":"us-west-2"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	j := Journal{Path: t.TempDir() + "/drill.json"}
	e := Entry{ID: "1", Stack: "hello", Fault: "schedule", Undo: undo}
	if err := j.Write(e); err != nil {
		t.Fatal(err)
	}
	m := &revived{memory{held: &e}, cloud}
	if _, found, err := Undo(t.Context(), j, m, func(Entry) Primary { return of(understudy.Primary) }); err != nil || !found {
		t.Fatalf("%v, %v", found, err)
	}
	if !slices.Equal(cloud.started, []string{east, west}) || m.held != nil {
		t.Errorf("started %v, and the marker is %v", cloud.started, m.held)
	}
	if _, found, err := j.Read(); found || err != nil {
		t.Errorf("the journal stays: %v, %v", found, err)
	}
}

// revived is a marker in a region that answers once it was started.
type revived struct {
	memory
	cloud *twoRegions
}

func (r *revived) Read(ctx context.Context) (Entry, bool, error) {
	if len(r.cloud.started) == 0 {
		return Entry{}, false, errors.New("lost")
	}
	return r.memory.Read(ctx)
}

func TestSequenceOfAnUnknownKindIsRefused(t *testing.T) {
	_, err := NewSequence(t.Context(), []Stroke{{Kind: "ill"}}, func(understudy.Side) Primary { return Primary{} })
	if !errors.Is(err, ErrUnknownKind) {
		t.Errorf("got %v", err)
	}
}
