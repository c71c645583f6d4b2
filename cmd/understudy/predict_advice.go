package main

import (
	"fmt"
	"io"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/plan/prices"
)

// Advice is found by trying: each setting is changed alone, and the same runs are made again.

// knob is one change of a setting.
type knob struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
	turn func(*simulation.System)
	// cost tells what it costs, apart from what the simulation can tell.
	cost string
}

// turned is a knob, and what turning it comes to.
type turned struct {
	knob
	Outage  simulation.Outage `json:"outage"`
	SavedMS float64           `json:"saved_ms"` // in the worst case
	Hiccup  simulation.Span   `json:"hiccup"`
	Cost    string            `json:"cost"`
}

// advice is what shortens the longest outage.
type advice struct {
	Outage simulation.Outage   `json:"outage"` // the longest as it is
	Hiccup simulation.Span     `json:"hiccup"` // the shortest trouble that moves users
	Probes float64             `json:"probes_a_minute"`
	Knobs  []turned            `json:"knobs"`
	Budget float64             `json:"budget"`         // of probes a minute
	Best   *simulation.Setting `json:"best,omitempty"` // within it
}

// knobs are those that a system and its declaration have. A declaration may be missing, as that of others' records.
func knobs(s simulation.System, d *understudy.Declaration) (all []knob) {
	seconds := func(v simulation.Span) string { return fmt.Sprint(time.Duration(v).Seconds()) }
	if ten := simulation.Span(10 * time.Second); !s.Check.None && s.Check.Interval > ten {
		all = append(all, knob{"failover.interval", seconds(s.Check.Interval), "10", func(s *simulation.System) { s.Check.Interval = ten },
			fmt.Sprintf("about %.0f USD a month and three times the probes", 2*prices.FeatureMonth)})
	}
	for n := s.Check.Threshold - 1; !s.Check.None && n >= 1; n-- {
		all = append(all, knob{"failover.threshold", fmt.Sprint(s.Check.Threshold), fmt.Sprint(n), func(s *simulation.System) { s.Check.Threshold = n }, ""})
	}
	if !s.Evaluate {
		all = append(all, knob{"the records' EvaluateTargetHealth", "false", "true", func(s *simulation.System) { s.Evaluate = true }, "nothing"})
	}
	if least := simulation.Span(5 * time.Second); s.Evaluate && s.Target.Interval > least { // Elastic Load Balancing's shortest
		all = append(all, knob{"target.interval", seconds(s.Target.Interval), "5", func(s *simulation.System) {
			s.Target.Interval, s.Target.Timeout = least, min(s.Target.Timeout, least)
		}, "more probes of each target"})
	}
	if minute := simulation.Span(time.Minute); s.TTL > minute {
		all = append(all, knob{"the record's TTL", seconds(s.TTL), "60", func(s *simulation.System) { s.TTL = minute }, "more queries, at 0.40 USD a million"})
	}
	if n := s.Primary.Desired - s.Standby.Desired; n > 0 {
		all = append(all, knob{"regions.secondary.fleet.desired", fmt.Sprint(s.Standby.Desired), fmt.Sprint(s.Primary.Desired), func(s *simulation.System) {
			s.Standby = s.Primary
		}, instances(n, d)})
	}
	return all
}

func instances(n int, d *understudy.Declaration) string {
	if d == nil {
		return fmt.Sprintf("%d more instances", n)
	}
	standby := d.InstanceType(understudy.Secondary)
	if price := prices.InstanceMonth(d, understudy.Secondary); price > 0 {
		return fmt.Sprintf("about %.0f USD a month for %d more instances of %s", float64(n)*price, n, standby)
	}
	return fmt.Sprintf("%d more instances of %s", n, standby)
}

// advise tries every knob, and looks for the best setting within a budget of probes.
func advise(m *simulation.Model, q simulation.Question, d *understudy.Declaration, budget simulation.Budget) (*advice, error) {
	const runs, clients = 60, 6_000 // few will do: differences are of the same runs
	q.Worlds, q.Clients = min(q.Worlds, runs), min(q.Clients, clients)
	q.For = min(q.For, simulation.Span(10*time.Minute)+m.TTL) // longer than any failover that is worth advice
	a := &advice{Hiccup: m.Hiccup(q.Seed), Probes: m.Probes(), Budget: budget.Probes, Knobs: []turned{}}
	var err error
	if a.Outage, err = m.Longest(q); err != nil {
		return nil, err
	}
	for _, k := range knobs(m.System, d) {
		one := *m
		k.turn(&one.System)
		o, err := one.Longest(q)
		if err != nil {
			return nil, err
		}
		t := turned{knob: k, Outage: o, SavedMS: a.Outage.WorstMS - o.WorstMS, Hiccup: one.Hiccup(q.Seed), Cost: k.cost}
		if t.Cost == "" {
			t.Cost = fmt.Sprintf("a trouble of %s moves users, and now one of %s", t.Hiccup, a.Hiccup)
		}
		a.Knobs = append(a.Knobs, t)
	}
	if m.Check.None {
		return a, nil
	}
	best, found, err := m.Best(q, budget)
	if found {
		a.Best = &best
	}
	return a, err
}

func printAdvice(w io.Writer, a *advice) {
	fmt.Fprintf(w, "\nadvice, for the longest of these outages (%s, %s at the most):\n", a.Outage.Fault, brief0(a.Outage.WorstMS))
	for _, k := range a.Knobs {
		switch saved := brief0(k.SavedMS); {
		case k.SavedMS >= 500:
			fmt.Fprintf(w, "  %s: %s instead of %s saves %s; it costs %s\n", k.Key, k.To, k.From, saved, k.Cost)
		default:
			fmt.Fprintf(w, "  %s: %s instead of %s saves nothing of it\n", k.Key, k.To, k.From)
		}
	}
	if len(a.Knobs) == 0 {
		fmt.Fprintln(w, "  no setting that is looked at shortens it")
	}
	if b := a.Best; b != nil {
		fmt.Fprintf(w, "  best within %.0f probes a minute: failover: {interval: %.0f, threshold: %d} with %d checkers, %.0f probes: %s at the most; %s\n", a.Budget,
			time.Duration(b.Interval).Seconds(), b.Threshold, b.Checkers, b.Probes, brief0(b.Outage.WorstMS), "a trouble of "+b.Hiccup.String()+" moves users")
	} else {
		fmt.Fprintf(w, "  no setting of the health check keeps to %.0f probes a minute and --hiccup\n", a.Budget)
	}
}
