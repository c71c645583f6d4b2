package drill

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stage is two regions on loopback that share a port, and the name in front of them.
type stage struct {
	primary, secondary netip.Addr
	port               int
	down               atomic.Bool // the primary refuses
	moved              atomic.Bool // the name points at the secondary
	felt               sync.Once   // a user was refused, after which the name is changed
}

// answerChange is how long after the first refusal the name is changed.
const answerChange = 30 * time.Millisecond

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{primary: netip.MustParseAddr("127.250.1.7"), secondary: netip.MustParseAddr("127.250.2.7")}
	l, err := net.Listen("tcp", s.primary.String()+":0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	serve(t, l, func(w http.ResponseWriter, _ *http.Request) {
		if s.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			s.felt.Do(func() { time.AfterFunc(answerChange, func() { s.moved.Store(true) }) })
		}
	})
	l, err = net.Listen("tcp", net.JoinHostPort(s.secondary.String(), strconv.Itoa(s.port)))
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, func(http.ResponseWriter, *http.Request) {})
	return s
}

func serve(t *testing.T, l net.Listener, h http.HandlerFunc) {
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
}

func (s *stage) lookup(context.Context, string) (Answer, error) {
	a := s.primary
	if s.moved.Load() {
		a = s.secondary
	}
	return Answer{Addresses: []netip.Addr{a}, TTL: 20 * time.Millisecond}, nil
}

func (s *stage) region(a netip.Addr) string {
	switch a {
	case s.primary:
		return "one"
	case s.secondary:
		return "two"
	}
	return ""
}

func (s *stage) Kind() string                                     { return "stage" }
func (s *stage) Prepare(context.Context) (json.RawMessage, error) { return json.RawMessage("{}"), nil }
func (s *stage) Break(context.Context, json.RawMessage) error {
	s.down.Store(true)
	return nil
}
func (s *stage) Repair(context.Context, json.RawMessage) error {
	s.down.Store(false)
	s.moved.Store(false)
	return nil
}

func (s *stage) drill(t *testing.T) *Drill {
	u, err := url.Parse("http://hello.test/")
	if err != nil {
		t.Fatal(err)
	}
	return &Drill{
		Stack: "hello", URL: u, Port: s.port, Primary: "one", Secondary: "two", Fault: s,
		Journal: Journal{Path: filepath.Join(t.TempDir(), "drill.json")},
		Settings: Settings{Interval: 10 * time.Second, Threshold: 3, Speed: 1000,
			ClientTimeout: time.Minute, ClientEvery: 5 * time.Millisecond},
		Lookup: s.lookup, Region: s.region,
		Check: func(context.Context) (Checked, error) {
			return Checked{Seen: []Observation{{"checker", !s.down.Load(), time.Now()}}}, nil
		},
		Clients: 8, Hold: 20 * time.Millisecond, Patience: 2 * time.Minute,
	}
}

func TestDrillFollowsUsersThereAndBack(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.ServedBy["one"] == 0 || r.ServedBy["two"] == 0 {
		t.Errorf("served by %v, want both regions", r.ServedBy)
	}
	if r.Failed == 0 || r.DowntimeMS.Max <= 0 {
		t.Errorf("failed %d, downtime %v: the outage was not felt", r.Failed, r.DowntimeMS)
	}
	if r.FailedOutside != 0 {
		t.Errorf("%d requests failed outside of the outage", r.FailedOutside)
	}
	if r.StrayedAfter != 0 {
		t.Errorf("the primary served %d requests after the failover", r.StrayedAfter)
	}
	if r.DetectMS < 0 || r.AnswerChangedMS < float64(answerChange.Milliseconds()) {
		t.Errorf("detected after %v ms, answer changed after %v ms", r.DetectMS, r.AnswerChangedMS)
	}
	if _, found, _ := d.Journal.Read(); found {
		t.Error("the journal was left behind")
	}
}

func TestInterruptedDrillRepairs(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	ctx, cancel := context.WithCancel(t.Context())
	d.Tell = func(e Event) {
		if e.Phase == "failover" {
			cancel()
		}
	}
	if _, err := d.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want %v", err, context.Canceled)
	}
	if s.down.Load() {
		t.Error("the primary was left broken")
	}
	if _, found, _ := d.Journal.Read(); found {
		t.Error("the journal was left behind")
	}
}

func TestDrillRefusesToBeginOverAnother(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	if err := d.Journal.Write(Entry{Stack: "hello", Fault: "isolate"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(t.Context()); !errors.Is(err, ErrInForce) {
		t.Errorf("error %v, want %v", err, ErrInForce)
	}
	if s.down.Load() {
		t.Error("the primary was broken all the same")
	}
}

func TestDrillIsAbortedWhenTheStandbyFallsIll(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	d.Hold = time.Hour // it does not end by itself
	d.Ill = func(context.Context) (string, error) {
		if s.moved.Load() {
			return "no target is healthy", nil
		}
		return "", nil
	}
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Aborted, "both regions are ill") || s.down.Load() || inForce(t, d.Journal) {
		t.Errorf("aborted: %q, broken: %v, journal in force: %v", r.Aborted, s.down.Load(), inForce(t, d.Journal))
	}
	if r.RepairAt.IsZero() || r.FailbackMS <= 0 {
		t.Errorf("an aborted drill still tells when users were back: %+v", r)
	}
}

func TestDrillIsAbortedAfterItsLongestTime(t *testing.T) {
	s := newStage(t)
	s.felt.Do(func() {}) // the name never changes
	d := s.drill(t)
	d.Longest = 50 * time.Millisecond
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Aborted, "longest time") || s.down.Load() || r.DetectMS < 0 || r.AnswerChangedMS != 0 {
		t.Errorf("broken: %v, %+v", s.down.Load(), r)
	}
}

func TestFlapBreaksAndRepairsInARhythm(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	var seen sync.Map
	n := atomic.Int32{}
	d.Fault = Flap{Fault: counting{s, &n}, Times: 3, Period: 20 * time.Millisecond}
	d.Tell = func(e Event) { seen.Store(e.Text, true) }
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n.Load() != 3 || s.down.Load() || inForce(t, d.Journal) || r.Fault != "flap" || len(r.Notes) == 0 {
		t.Errorf("broke %d times, is broken: %v, %+v", n.Load(), s.down.Load(), r)
	}
	d.Longest = 99 * time.Millisecond
	if _, err := d.Run(t.Context()); err == nil || n.Load() != 3 {
		t.Errorf("a rhythm that takes longer than allowed: %v, broke %d times", err, n.Load())
	}
}

// counting counts how often a stage breaks.
type counting struct {
	*stage
	n *atomic.Int32
}

func (c counting) Break(ctx context.Context, undo json.RawMessage) error {
	c.n.Add(1)
	return c.stage.Break(ctx, undo)
}
