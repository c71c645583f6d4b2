package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/move"
	"github.com/understudy/understudy/parity"
)

const watchHelp = `Watch a stack for as long as this runs, from the standby's region. It changes nothing but the switch,
and the size of a standby that is declared smaller than the primary: it grows when the primary is lost,
and returns to its size when users have been back for five minutes.

When an automatic failover has happened and failover.failback is declared manual, it sets the switch
to the standby, so that a primary that comes and goes does not take its users back until
"understudy failback". With failback: {after: 10m} it sets the switch back when the primary has
answered its own requests for that time without interruption. A switch that failover or hold
has set stays as it is.

It also compares the regions, and serves metrics for Prometheus on loopback. Nothing of it needs
the primary's region or Route 53's API, except the comparison.

Exit codes: 0 it was told to end; 1 it could not begin; 2 the declaration or a flag is wrong.`

func watchCommand() *cobra.Command {
	var (
		m       moving
		every   time.Duration
		compare time.Duration
		metrics string
	)
	c := &cobra.Command{
		Use: "watch", Short: "Hold users at the standby after an automatic failover", Long: watchHelp, Args: cobra.NoArgs,
		Example: "  understudy watch\n  understudy watch --metrics 127.0.0.1:9187 --parity 10m",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := m.open(c.Context(), understudy.Secondary)
			if err != nil {
				return err
			}
			w := &watcher{scene: s, say: teller(c.ErrOrStderr()), every: every, parityEvery: compare}
			if w.every == 0 {
				w.every = time.Duration(float64(s.stack.Declaration.Failover.Interval) * float64(time.Second) / s.outside.speed)
			}
			return w.run(c.Context(), metrics)
		},
	}
	m.on.flags(c)
	c.Flags().DurationVar(&every, "every", 0, "time between two looks; 0 is the interval of the health checks")
	c.Flags().DurationVar(&compare, "parity", 10*time.Minute, "time between two comparisons of the regions; 0 is never")
	c.Flags().StringVar(&metrics, "metrics", "", "serve metrics for Prometheus at this `address` of loopback, for example 127.0.0.1:9187")
	return c
}

// watcher is a watch that runs.
type watcher struct {
	*scene
	say         func(string, ...any)
	every       time.Duration
	parityEvery time.Duration
	latch       move.Latch
	growth      move.Growth
	front       string            // the primary's load balancer; once it is known it stays known, also when its region is lost
	said        string            // what was said last
	leads       []understudy.Side // where the name leads, where both regions serve
	opposite    understudy.Side   // the position of the primary's switch then

	mu       sync.Mutex
	seen     move.Sight
	turns    map[understudy.Side]int
	findings int // of the last comparison; -1 if it could not be made
}

func (w *watcher) run(ctx context.Context, metrics string) error {
	w.turns, w.findings = map[understudy.Side]int{}, -1
	if metrics != "" {
		stop, err := w.serve(ctx, metrics)
		if err != nil {
			return err
		}
		defer stop()
	}
	w.growth = move.Growth{Threshold: w.stack.Declaration.Failover.Threshold, Calm: time.Duration(float64(calmTime) / w.outside.speed)}
	back := w.stack.Declaration.Failover.Failback
	switch w.latch.After = back.After; {
	case !back.Manual:
		w.say("failback is declared automatic: the switch is left alone")
	case back.After > 0:
		w.say("after an automatic failover, users stay at the standby until the primary has been healthy for %s", back.After)
	default:
		w.say("after an automatic failover, users stay at the standby until `understudy failback`")
	}
	var comparing sync.WaitGroup
	comparing.Go(func() { w.compare(ctx) })
	defer comparing.Wait()
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		w.look(ctx, back.Manual)
		select {
		case <-ctx.Done():
			return nil // as it was told to
		case <-tick.C:
		}
	}
}

// look looks once, and sets the switch where the latch says so.
func (w *watcher) look(ctx context.Context, may bool) {
	s := w.sight(ctx)
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	w.seen = s
	w.mu.Unlock()
	if w.stack.Declaration.Failover.Active() {
		w.tell("the name leads to %s; %s; the primary %s", sidesOf(w.leads), w.heldBy(s.Switch), answersOurs(s.PrimaryOK))
		return // health alone brings users back: nothing is to be latched
	}
	w.tell("the switch is at the %s, the name leads to the %s, the primary %s", orUnknown(s.Switch), orUnknown(s.Answer), answersOurs(s.PrimaryOK))
	defer w.tend(ctx, s) // the switch comes first
	to := w.latch.Next(s)
	if to == "" || !may {
		return
	}
	near, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	if err := w.stack.Turn(near, w.standby, to, watchName); err != nil {
		w.tell("%v", err) // the next look tries again: the name leads where it did
		w.latch.Failed(to)
		return
	}
	w.mu.Lock()
	w.turns[to]++
	w.mu.Unlock()
	w.tell("the switch is set to the %s", to)
}

// watchName is who has set the switch.
const watchName = "watch"

// sight looks at all that the latch decides by.
func (w *watcher) sight(ctx context.Context) move.Sight {
	s := move.Sight{}
	near, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	standby, err := w.stack.Standby(near, understudy.Secondary)
	if err != nil {
		w.tell("%v", err)
	} else {
		w.standby = standby
		s.Switch, s.ByLatch = standby.Switch.Position, standby.Switch.By == watchName
	}
	if s.Answer, err = w.lookUp(near); err != nil {
		w.tell("where the name leads cannot be told: %v", err)
	}
	s.PrimaryOK = w.primaryAnswers(ctx)
	s.At = time.Now()
	return s
}

// primaryAnswers sends a request of our own. The load balancer's name is asked for until it is known.
func (w *watcher) primaryAnswers(ctx context.Context) bool {
	if w.front == "" {
		far, cancel := context.WithTimeout(ctx, brief)
		defer cancel()
		front, err := w.stack.Front(far, understudy.Primary)
		if err != nil {
			return false
		}
		w.front = front
	}
	return w.probe(ctx, w.front) == nil
}

// tell says what has changed.
func (w *watcher) tell(format string, args ...any) {
	if now := fmt.Sprintf(format, args...); now != w.said {
		w.said = now
		w.say("%s", now)
	}
}

func orUnknown(side understudy.Side) string {
	if side == "" {
		return "unknown side"
	}
	return string(side)
}

func answersOurs(ok bool) string {
	if ok {
		return "answers"
	}
	return "does not answer"
}

// compare compares the regions from time to time.
func (w *watcher) compare(ctx context.Context) {
	for w.parityEvery > 0 {
		far, cancel := context.WithTimeout(ctx, time.Minute)
		report, err := audited(far, w.stack, parity.Options{})
		cancel()
		if ctx.Err() != nil {
			return
		}
		n := -1
		if err == nil {
			n = len(report.Findings)
		}
		w.mu.Lock()
		changed := n != w.findings
		w.findings = n
		w.mu.Unlock()
		switch {
		case changed && err != nil:
			w.say("the regions cannot be compared: %v", err)
		case changed:
			w.say("parity has %d findings", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(w.parityEvery):
		}
	}
}

// serve serves the metrics until the function that it returns is called.
func (w *watcher) serve(ctx context.Context, address string) (stop func(), err error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, misuse(fmt.Errorf("--metrics: %q is not an address of loopback with a port, for example 127.0.0.1:9187", address))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprint(rw, w.metrics())
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: brief}
	go server.Serve(l)
	w.say("metrics are at http://%s/metrics", l.Addr())
	return func() { server.Close() }, nil
}

// metrics writes Prometheus's text format (its documentation, "Text-based format").
func (w *watcher) metrics() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	family := func(name, kind, help string, each func(understudy.Side) float64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
		for _, side := range understudy.Sides {
			fmt.Fprintf(&b, "%s{stack=%q,side=%q} %g\n", name, w.stack.Declaration.Name, side, each(side))
		}
	}
	single := func(name, help string, value float64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s{stack=%q} %g\n", name, help, name, name, w.stack.Declaration.Name, value)
	}
	family("understudy_switch", "gauge", "1 for a side that the switch lets serve.", func(side understudy.Side) float64 { return oneIf(w.lets(side)) })
	family("understudy_answer", "gauge", "1 for a side that the failover name leads to.",
		func(side understudy.Side) float64 {
			return oneIf(side == w.seen.Answer || slices.Contains(w.leads, side))
		})
	family("understudy_switch_turns_total", "counter", "How often this watch has set the switch to the side.",
		func(side understudy.Side) float64 { return float64(w.turns[side]) })
	single("understudy_primary_answers", "1 if the primary answers our own requests.", oneIf(w.seen.PrimaryOK))
	single("understudy_parity_findings", "How many findings parity has; -1 if the regions could not be compared.", float64(w.findings))
	last := 0.0
	if !w.seen.At.IsZero() {
		last = float64(w.seen.At.UnixMilli()) / 1000
	}
	single("understudy_last_look_timestamp_seconds", "When this watch looked last.", last)
	return b.String()
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
