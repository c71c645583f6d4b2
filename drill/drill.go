package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Drill is one rehearsal. All fields without a default must be set.
type Drill struct {
	Stack     string
	URL       *url.URL // the page that users ask for, by the failover name
	Primary   string   // region names
	Secondary string
	Fault     Fault
	Journal   Journal
	Settings  Settings // TTL is learnt from the answers

	// Port is where to connect, when it is not the URL's own, as on a local cloud.
	Port int
	// Lookup resolves the failover name, without a cache.
	Lookup func(context.Context, string) (Answer, error)
	// Region tells which region an address belongs to, or "".
	Region func(netip.Addr) string
	// Healthy asks for the measured state of the primary's health check.
	Healthy func(context.Context) (bool, error)

	// Clients is the number of users; the default is 40.
	Clients int
	// Hold is how long traffic is watched in each steady phase; the default is 3 s.
	Hold time.Duration
	// Patience bounds each wait for a change, beyond what is predicted; the default is one minute.
	Patience time.Duration
	// Tell receives each step as it begins or ends, and ten times a second in between who is served by
	// whom. It is called from several goroutines at once, and may be nil.
	Tell func(Event)
}

// Event is a step of a drill or, without Text, a count of its users.
type Event struct {
	Phase  string // baseline, fault, failover, repair or failback
	Text   string
	Served Served
}

// Run carries out the drill. In any case, also when ctx ends early, it repairs what it broke before it returns; if
// the repair fails, the journal stays and the error says so. It returns ErrInForce if the journal has an entry.
func (d *Drill) Run(ctx context.Context) (*Report, error) {
	d.defaults()
	if _, found, err := d.Journal.Read(); err != nil {
		return nil, err
	} else if found {
		return nil, fmt.Errorf("%w: %s", ErrInForce, d.Journal.Path)
	}
	first, err := d.Lookup(ctx, d.URL.Hostname())
	if err != nil {
		return nil, err
	}
	d.Settings.TTL = first.TTL

	traffic, stop := context.WithCancel(ctx)
	rec := newRecorder(d.Clients)
	users := d.startUsers(traffic, rec)
	users.Go(func() { d.look(traffic, rec) })
	t, err := d.phases(ctx, rec)
	stop()
	users.Wait()
	if err != nil {
		return nil, err
	}
	r := &Report{Name: d.URL.Hostname(), Fault: d.Fault.Kind(), Speed: max(d.Settings.Speed, 1), Primary: d.Primary, Secondary: d.Secondary}
	r.summarise(rec.requests(), d.Clients, t, d.Settings)
	return r, nil
}

func (d *Drill) defaults() {
	if d.Clients == 0 {
		d.Clients = 40
	}
	if d.Hold == 0 {
		d.Hold = 3 * time.Second
	}
	if d.Patience == 0 {
		d.Patience = time.Minute
	}
	if d.Port == 0 {
		d.Port = defaultPort(d.URL)
	}
	if d.Tell == nil {
		d.Tell = func(Event) {}
	}
}

func defaultPort(u *url.URL) int {
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err == nil {
			return n
		}
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

func (d *Drill) startUsers(ctx context.Context, rec *recorder) *sync.WaitGroup {
	var users sync.WaitGroup
	for i := range d.Clients {
		c := &client{
			id: i, target: d.URL, port: d.Port, lookup: d.Lookup, region: d.Region,
			timeout: d.Settings.ClientTimeout, every: d.Settings.ClientEvery,
		}
		users.Go(func() { c.run(ctx, rec.add) })
	}
	return &users
}

// phases runs the drill's phases, while the users go on sending requests.
func (d *Drill) phases(ctx context.Context, rec *recorder) (t timeline, err error) {
	if err = d.await(ctx, "every user is served by the primary", func(ctx context.Context) error {
		return rec.waitAll(ctx, d.Primary, time.Time{})
	}); err != nil {
		return t, err
	}
	if err = d.hold(ctx, "baseline", "users are served by the primary", rec); err != nil {
		return t, err
	}
	undo, err := d.breakPrimary(ctx, &t)
	if err != nil {
		return t, err
	}
	err = d.failover(ctx, rec, &t)
	// The repair must also be done after an interruption, so it does not end with ctx.
	if repaired := d.repair(context.WithoutCancel(ctx), undo, &t); repaired != nil {
		return t, errors.Join(err, repaired)
	}
	if err != nil {
		return t, err
	}
	return t, d.failback(ctx, rec, &t)
}

func (d *Drill) breakPrimary(ctx context.Context, t *timeline) (json.RawMessage, error) {
	undo, err := d.Fault.Prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.Journal.Write(Entry{Stack: d.Stack, Fault: d.Fault.Kind(), Broken: time.Now(), Undo: undo}); err != nil {
		return nil, err
	}
	d.Tell(Event{Phase: "fault", Text: fmt.Sprintf("%s: %s", d.Fault.Kind(), d.Primary)})
	t.fault = time.Now()
	if err := d.Fault.Break(ctx, undo); err != nil {
		return nil, errors.Join(err, d.repair(context.WithoutCancel(ctx), undo, t))
	}
	return undo, nil
}

// failover waits for the check's status, the answer and the users at the same time.
func (d *Drill) failover(ctx context.Context, rec *recorder, t *timeline) error {
	watch, stop := context.WithCancel(ctx)
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		t.detected = pollUntil(watch, d.Settings.grain(), func(ctx context.Context) bool {
			ok, err := d.Healthy(ctx)
			return err == nil && !ok
		})
	})
	both.Go(func() {
		t.changed = pollUntil(watch, d.Settings.grain(), func(ctx context.Context) bool { return d.answers(ctx, d.Secondary) })
	})
	err := d.await(ctx, "every user is served by the secondary", func(ctx context.Context) error {
		return rec.waitAll(ctx, d.Secondary, t.fault)
	})
	t.moved = time.Now()
	if err == nil {
		d.Tell(Event{Phase: "failover", Text: fmt.Sprintf("every user is served by %s", d.Secondary), Served: rec.served()})
		err = d.await(ctx, "the health check says that the primary is gone", func(ctx context.Context) error {
			return waitGroup(ctx, &both)
		})
	}
	if err == nil {
		err = d.hold(ctx, "failover", "users are served by the secondary", rec)
	}
	stop()
	both.Wait()
	return err
}

func (d *Drill) repair(ctx context.Context, undo json.RawMessage, t *timeline) error {
	d.Tell(Event{Phase: "repair", Text: "giving the primary back"})
	t.repair = time.Now()
	if err := d.Fault.Repair(ctx, undo); err != nil {
		return fmt.Errorf("repair %s: %w (what was broken is in %s)", d.Fault.Kind(), err, d.Journal.Path)
	}
	return d.Journal.Clear()
}

func (d *Drill) failback(ctx context.Context, rec *recorder, t *timeline) error {
	err := d.await(ctx, "every user is served by the primary again", func(ctx context.Context) error {
		return rec.waitAll(ctx, d.Primary, t.repair)
	})
	if err != nil {
		return err
	}
	t.returned = time.Now()
	d.Tell(Event{Phase: "failback", Text: fmt.Sprintf("every user is served by %s again", d.Primary), Served: rec.served()})
	return d.hold(ctx, "failback", "users are served by the primary", rec)
}

// answers tells whether the failover name now resolves to the region's addresses.
func (d *Drill) answers(ctx context.Context, region string) bool {
	a, err := d.Lookup(ctx, d.URL.Hostname())
	if err != nil {
		return false
	}
	for _, addr := range a.Addresses {
		if d.Region(addr) != region {
			return false
		}
	}
	return true
}

// await bounds a wait by the predicted downtime and Patience; its errors say what was waited for.
func (d *Drill) await(ctx context.Context, what string, wait func(context.Context) error) error {
	limit := d.Settings.Downtime() + d.Patience
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("waited %s", limit.Round(time.Millisecond)))
	defer cancel()
	if err := wait(ctx); err != nil {
		return fmt.Errorf("until %s: %w", what, err)
	}
	return nil
}

// hold lets a phase go on for the time Hold.
func (d *Drill) hold(ctx context.Context, phase, text string, rec *recorder) error {
	d.Tell(Event{Phase: phase, Text: text, Served: rec.served()})
	end := time.NewTimer(d.Hold)
	defer end.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-end.C:
		return nil
	}
}

// look reports how many users each region serves, until the traffic ends.
func (d *Drill) look(ctx context.Context, rec *recorder) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.Tell(Event{Served: rec.served()})
		}
	}
}

// grain is the interval of polling for changes, and so the error of detect_ms and answer_changed_ms: a
// tenth of the probes' interval. At real speed that is one question a second, well below what Route 53's
// API allows an account (five a second).
func (s Settings) grain() time.Duration {
	return max(10*time.Millisecond, s.divide(s.Interval)/10)
}

// pollUntil asks every grain until the answer is yes and returns when that was, or the zero time.
func pollUntil(ctx context.Context, grain time.Duration, yes func(context.Context) bool) time.Time {
	tick := time.NewTicker(grain)
	defer tick.Stop()
	for {
		if yes(ctx) {
			return time.Now()
		}
		select {
		case <-ctx.Done():
			return time.Time{}
		case <-tick.C:
		}
	}
}

func waitGroup(ctx context.Context, wg *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-done:
		return nil
	}
}
