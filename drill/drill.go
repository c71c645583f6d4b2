package drill

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/resolvers"
)

// Drill is one rehearsal. All fields without a default must be set.
type Drill struct {
	Stack     string
	URL       *url.URL        // the page that users ask for, by the failover name
	Primary   string          // region names: the one that is broken
	Secondary string          // and the one that serves then
	Lost      understudy.Side // the broken one's side
	// Draws is how often the name is asked until it is known where it leads, where both regions serve; zero where one does.
	Draws    int
	Fault    Fault
	Journal  Journal
	Marker   marks    // the entry for others, in the account; nil where nobody else can meet the drill
	Owner    string   // who is at work, for the marker
	Settings Settings // TTL is learnt from the answers

	// Users are the kinds of users, by their shares; without any all keep an answer for its TTL.
	Users []Part
	// WebSocket is the path of the page that those who speak it connect to.
	WebSocket string

	// Before is looked at before anything is broken. What is wrong refuses the drill, unless Force names the check.
	Before []Check
	Force  []string
	// Ill tells what is wrong with the secondary, or "". It is asked while the primary is broken; nil asks nothing.
	Ill func(context.Context) (string, error)
	// AbortAfter is how long any user may be without service before the drill repairs. By default, one in twenty may
	// be so for longer than predicted and a fifth.
	AbortAfter time.Duration
	// RTO is the longest that users are promised to be without service, at AWS's own speed; zero promises nothing.
	RTO time.Duration
	// Longest is how long the primary is broken at the most; the default is half an hour.
	Longest time.Duration

	// Port is where to connect, when it is not the URL's own, as on a local cloud.
	Port int
	// Authorities are those that users trust where the URL's scheme is https; nil is the system's.
	Authorities *x509.CertPool
	// Lookup resolves the failover name, without a cache.
	Lookup func(context.Context, string) (Answer, error)
	// LookupBoth does so for those who try addresses of both families; nil leaves them IPv4.
	LookupBoth func(context.Context, string) (Answer, error)
	// Upstream is whom resolvers ask that others wrote, for users of their kinds.
	Upstream resolvers.Upstream
	// Elsewhere is as a Resolver's, for such users.
	Elsewhere func(ctx context.Context, network, name string) (Answer, error)
	// Region tells which region an address belongs to, or "".
	Region func(netip.Addr) string
	// Check asks what Route 53's checkers find of the primary.
	Check func(context.Context) (Checked, error)

	// Clients is the number of users; the default is 40.
	Clients int
	// OpenLoop has each of them send its next request when that is due, whether or not the last one has ended.
	OpenLoop bool
	// Hold is how long traffic is watched while the secondary serves; the default is 3 s. Before and after that, it is
	// watched as long, but not longer than the default.
	Hold time.Duration
	// Patience bounds each wait for a change, beyond what is predicted; the default is one minute. While the primary is broken it is AbortAfter
	// where that is longer.
	Patience time.Duration
	// Tell receives each step as it begins or ends, and ten times a second in between who is served by
	// whom. It is called from several goroutines at once, and may be nil.
	Tell func(Event)

	kinds    []*UserKind // of each user
	programs programs    // that users ask
}

// Event is a step of a drill or, without Text, a count of its users.
type Event struct {
	Phase  string // baseline, fault, failover, abort, repair or failback
	Text   string
	Served Served
}

// Run carries out the drill. In any case, also when ctx ends early, it repairs what it broke before it returns; if
// the repair fails, the journal stays and the error says so. It returns a Refusal if something is wrong before it
// begins, and ErrInForce if the journal or the marker has an entry. A drill that was aborted has a report too.
func (d *Drill) Run(ctx context.Context) (*Report, error) {
	forced, err := d.prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.keepRhythm(); err != nil {
		return nil, err
	}

	if err := d.people(); err != nil {
		return nil, err
	}
	if err := d.startPrograms(ctx); err != nil {
		return nil, err
	}
	defer d.programs.close()
	traffic, stop := context.WithCancel(ctx)
	rec, w := newRecorder(d.kinds, d.Settings), newWatch()
	d.remember(rec)
	began := time.Now()
	users := d.startUsers(traffic, rec)
	users.Go(func() { d.look(traffic, rec) })
	users.Go(func() { d.watchAnswer(traffic, w) })
	users.Go(func() { d.watchCheck(traffic, w) })
	t, err := d.phases(ctx, rec, w)
	stop()
	users.Wait()
	died := d.programs.died()
	if err != nil {
		return nil, errors.Join(append(died, err)...)
	}
	t.notes = append(t.notes, texts(died)...)
	t.began, t.ended, t.propagation = began, time.Now(), d.Settings.timeout(Propagation)
	return d.report(rec, w, t, forced), nil
}

// prepare holds that the drill may begin, and learns for how long the name's answer is kept. It returns what was wrong and overridden.
func (d *Drill) prepare(ctx context.Context) (forced []Wrong, err error) {
	d.defaults()
	if err := d.alone(ctx); err != nil {
		return nil, err
	}
	if forced, err = examine(ctx, d.Before, d.Force); err != nil {
		return nil, err
	}
	first, err := d.Lookup(ctx, d.URL.Hostname())
	d.Settings.TTL = first.TTL
	return forced, err
}

// people gives each user its kind, and refuses users that the service cannot have.
func (d *Drill) people() error {
	d.kinds = kinds(d.Users, d.Clients)
	some := func(is func(*UserKind) bool) bool { return slices.ContainsFunc(d.kinds, is) }
	switch {
	case len(d.Users) > d.Clients:
		return errFewUsers
	case d.URL.Scheme != "https" && some(func(k *UserKind) bool { return k.HTTP2 }):
		return errHTTP2
	case d.WebSocket == "" && some(func(k *UserKind) bool { return k.WebSocket }):
		return errWebSocket
	}
	return Missing(d.Users)
}

// alone fails if another drill's fault is not repaired.
func (d *Drill) alone(ctx context.Context) error {
	if _, found, err := d.Journal.Read(); err != nil {
		return err
	} else if found {
		return fmt.Errorf("%w: %s", ErrInForce, d.Journal.Path)
	}
	if d.Marker == nil {
		return nil
	}
	e, found, err := d.Marker.Read(ctx)
	if err == nil && found {
		err = fmt.Errorf("%w: %s", ErrInForce, e)
	}
	return err
}

// keepRhythm gives a flap that has no rhythm the one that checkers can just follow, and refuses one that takes too long.
func (d *Drill) keepRhythm() error {
	f, ok := d.Fault.(Flap)
	if !ok {
		return nil
	}
	if f.Period <= 0 {
		f.Period = d.Settings.Detection() + d.Settings.timeout(Propagation)
		d.Fault = f
	}
	if f.lasts() > d.Longest {
		return fmt.Errorf("flap takes %s, and the primary may be broken for %s at the most", f.lasts().Round(time.Millisecond), d.Longest)
	}
	return nil
}

// remember keeps each step that is told.
func (d *Drill) remember(rec *recorder) {
	tell := d.Tell
	d.Tell = func(e Event) {
		if e.Text != "" {
			rec.note(Moment{At: time.Now(), Phase: e.Phase, Text: e.Text})
		}
		tell(e)
	}
}

func (d *Drill) report(rec *recorder, w *watch, t timeline, forced []Wrong) *Report {
	_, told := d.Fault.(undetected)
	r := &Report{
		Name: d.URL.Hostname(), Path: d.URL.RequestURI(), Fault: d.Fault.Kind(), Speed: max(d.Settings.Speed, 1),
		Primary: d.Primary, Secondary: d.Secondary, Shared: d.Draws > 0, Aborted: t.aborted, Unreturned: t.unreturned,
		Forced: forced, Undetected: told, OpenLoop: d.OpenLoop,
		Notes: append(notes(d.Fault), t.notes...),
	}
	r.promise(d.RTO, d.Settings)
	requests := byStart(rec.requests())
	r.summarise(requests, d.kinds, t, d.Settings)
	r.pace(requests, t)
	r.tell(requests, rec, w, t)
	r.resolvedBy(d.programs)
	return r
}

const defaultHold = 3 * time.Second

func (d *Drill) defaults() {
	if d.Clients == 0 {
		d.Clients = 40
	}
	if d.Hold == 0 {
		d.Hold = defaultHold
	}
	if d.Patience == 0 {
		d.Patience = time.Minute
	}
	if d.Longest == 0 {
		d.Longest = 30 * time.Minute
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
			kind: d.kinds[i], settings: d.Settings, socket: socket{path: d.WebSocket},
			id: i, target: d.URL, port: d.Port, trusts: d.Authorities, lookup: d.lookupOf(i), region: d.Region, looked: rec.look,
			timeout: d.Settings.ClientTimeout, every: d.Settings.ClientEvery, openLoop: d.OpenLoop,
		}
		users.Go(func() { c.run(ctx, rec.add) })
	}
	return &users
}

// lookupOf is how a user asks for the name.
func (d *Drill) lookupOf(user int) func(context.Context, string) (Answer, error) {
	k := d.kinds[user]
	switch {
	case k.Program != "":
		return d.askingAt(d.programOf(user)).Lookup
	case k.Addresses && d.LookupBoth != nil:
		return d.LookupBoth
	}
	return d.Lookup
}

// phases runs the drill's phases, while the users go on sending requests.
func (d *Drill) phases(ctx context.Context, rec *recorder, w *watch) (t timeline, err error) {
	by := d.servers()
	if err = await(ctx, "every user is served by "+by, d.limit(), func(ctx context.Context) error {
		return rec.waitAll(ctx, d.usual(), time.Time{})
	}); err != nil {
		return t, err
	}
	if err = d.hold(ctx, "baseline", "users are served by "+by, rec, min(d.Hold, defaultHold)); err != nil {
		return t, err
	}
	if d.Draws > 0 && rec.served()[d.Primary] == 0 {
		t.unused = true
		t.notes = append(t.notes, d.Primary+" served no user before the fault: from here the name leads to the other region")
	}
	undo, err := d.breakPrimary(ctx, &t)
	if err != nil {
		return t, err
	}
	err = d.away(ctx, undo, rec, w, &t)
	// The repair must also be done after an interruption, so it does not end with ctx.
	if repaired := d.repair(context.WithoutCancel(ctx), undo, &t); repaired != nil {
		return t, errors.Join(err, repaired)
	}
	if err != nil && ctx.Err() != nil {
		return t, err
	}
	var why aborted
	if errors.As(err, &why) {
		t.aborted = why.why
	} else if err != nil {
		t.aborted = err.Error()
	}
	w.urgent.Store(true)
	err = d.failback(ctx, rec, w, &t)
	var late tooLong
	if ctx.Err() == nil && errors.As(err, &late) { // all is repaired, and what was measured is worth its report
		t.unreturned, err = d.stillAway(err, rec, w, &t), nil
	}
	return t, err
}

func (d *Drill) breakPrimary(ctx context.Context, t *timeline) (json.RawMessage, error) {
	undo, err := d.Fault.Prepare(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	// After Longest the drill repairs, which may take settleTime.
	t.entry = Entry{
		Stack: d.Stack, Fault: d.Fault.Kind(), Side: d.Lost, Broken: now, Undo: undo,
		ID: rand.Text(), Owner: d.Owner, Expires: now.Add(d.Longest + settleTime),
	}
	if d.Marker != nil {
		if err := d.Marker.Write(ctx, t.entry); err != nil {
			return nil, err
		}
	}
	if err := d.writeDown(ctx, t.entry); err != nil {
		return nil, errors.Join(err, d.unmark(context.WithoutCancel(ctx), t))
	}
	d.Tell(Event{Phase: "fault", Text: fmt.Sprintf("%s: %s", d.Fault.Kind(), d.Primary)})
	t.fault = time.Now()
	if err := d.Fault.Break(ctx, undo); err != nil {
		return nil, errors.Join(err, d.repair(context.WithoutCancel(ctx), undo, t))
	}
	return undo, nil
}

// writeDown writes the journal, if nothing has become wrong while the users were waited for.
func (d *Drill) writeDown(ctx context.Context, e Entry) error {
	again := slices.DeleteFunc(slices.Clone(d.Before), func(c Check) bool { return !c.Again })
	if _, err := examine(ctx, again, d.Force); err != nil {
		return err
	}
	return d.Journal.Write(e)
}

// away is the time in which the primary is broken. It ends by itself, or is aborted when a bound is passed.
func (d *Drill) away(ctx context.Context, undo json.RawMessage, rec *recorder, w *watch, t *timeline) error {
	ctx, late := context.WithTimeoutCause(ctx, d.Longest, aborted{fmt.Sprintf("the primary was broken for %s, the longest time allowed", d.Longest)})
	defer late()
	ctx, abort := context.WithCancelCause(ctx)
	var guard sync.WaitGroup
	guard.Go(func() {
		if why := d.guard(ctx, rec.failing); why != nil {
			abort(why)
		}
	})
	err := d.failover(ctx, undo, rec, w, t)
	abort(nil)
	guard.Wait()
	if err != nil {
		d.Tell(Event{Phase: "abort", Text: err.Error(), Served: rec.served()})
	}
	return err
}

// failover waits for the check's status, the answer and the users at the same time.
func (d *Drill) failover(ctx context.Context, undo json.RawMessage, rec *recorder, w *watch, t *timeline) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var both sync.WaitGroup
	w.urgent.Store(true)
	both.Go(func() {
		t.detected = w.ill(watching, t.fault)
		w.urgent.Store(false)
	})
	both.Go(func() { t.changed = w.leads(watching, d.Secondary, t.fault) })
	err := d.settleAway(ctx, undo, rec, t, &both)
	stop()
	both.Wait()
	return err
}

// settleAway waits until users and checkers have followed the fault, and a while longer.
func (d *Drill) settleAway(ctx context.Context, undo json.RawMessage, rec *recorder, t *timeline, watchers *sync.WaitGroup) error {
	if f, ok := d.Fault.(Flap); ok {
		return d.flap(ctx, f, undo, rec)
	}
	err := await(ctx, "every user is served by the secondary", d.limitAway(), func(ctx context.Context) error {
		return rec.waitAll(ctx, d.Secondary, t.fault)
	})
	if err != nil {
		return err
	}
	t.moved = time.Now()
	d.Tell(Event{Phase: "failover", Text: fmt.Sprintf("every user is served by %s", d.Secondary), Served: rec.served()})
	if err := d.awaitDetection(ctx, t, watchers); err != nil {
		return err
	}
	return d.hold(ctx, "failover", "users are served by the secondary", rec, d.Hold)
}

// awaitDetection waits until the health check fails and the answer changes. After a fault that leaves established
// connections it may never fail: Route 53 then answers by the target health of its alias record alone.
func (d *Drill) awaitDetection(ctx context.Context, t *timeline, watchers *sync.WaitGroup) error {
	limit := d.limitAway()
	f, ok := d.Fault.(lingering)
	lingers := ok && f.Lingers()
	if lingers {
		limit = d.Settings.Detection() * 6 / 5
	}
	err := await(ctx, "the health check says that the primary is gone", limit, func(ctx context.Context) error { return waitGroup(ctx, watchers) })
	var late tooLong
	if lingers && errors.As(err, &late) {
		t.notes = append(t.notes, fmt.Sprintf("the primary's health check did not fail within %s, for checkers were still served over established "+
			"connections; the answer changed by the load balancer's target health", limit.Round(time.Millisecond)))
		return nil
	}
	return err
}

func (d *Drill) repair(ctx context.Context, undo json.RawMessage, t *timeline) error {
	d.Tell(Event{Phase: "repair", Text: "giving the primary back"})
	t.repair = time.Now()
	told := account.Watched(ctx, func(what string) { d.Tell(Event{Phase: "repair", Text: "waiting for " + what}) })
	if err := d.Fault.Repair(told, undo); err != nil {
		return fmt.Errorf("repair %s: %w (what was broken is in %s)", d.Fault.Kind(), err, d.Journal.Path)
	}
	if err := d.unmark(ctx, t); err != nil {
		t.notes = append(t.notes, fmt.Sprintf("the primary is repaired, but the drill's marker stays: %v; `understudy drill undo` removes it", err))
	}
	return d.Journal.Clear()
}

func (d *Drill) unmark(ctx context.Context, t *timeline) error {
	if d.Marker == nil {
		return nil
	}
	return d.Marker.Clear(ctx, t.entry.ID)
}

// usual is the region that serves all users while nothing is broken, or "" where both do.
func (d *Drill) usual() string {
	if d.Draws > 0 {
		return ""
	}
	return d.Primary
}

func (d *Drill) servers() string {
	if d.Draws > 0 {
		return "either region"
	}
	return "the primary"
}

// limit bounds a wait by the predicted downtime and Patience.
func (d *Drill) limit() time.Duration { return d.predicted() + d.Patience }

// limitAway does so while the primary is broken: users may be without service for as long as AbortAfter then.
func (d *Drill) limitAway() time.Duration { return d.predicted() + max(d.Patience, d.AbortAfter) }

// predicted is the longest that a user who follows the name needs for it.
func (d *Drill) predicted() time.Duration {
	slowest := time.Duration(0)
	for _, k := range d.kinds {
		if !k.strays() {
			slowest = max(slowest, k.extra(d.Settings))
		}
	}
	return d.Settings.Downtime() + slowest
}

// tooLong is how long something was waited for in vain.
type tooLong time.Duration

func (t tooLong) Error() string { return "waited " + time.Duration(t).Round(time.Millisecond).String() }

// await bounds a wait; its errors say what was waited for.
func await(ctx context.Context, what string, limit time.Duration, wait func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, tooLong(limit))
	defer cancel()
	if err := wait(ctx); err != nil {
		return fmt.Errorf("until %s: %w", what, err)
	}
	return nil
}

// hold lets a phase go on for a while.
func (d *Drill) hold(ctx context.Context, phase, text string, rec *recorder, while time.Duration) error {
	d.Tell(Event{Phase: phase, Text: text, Served: rec.served()})
	return pause(ctx, while)
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
