package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud/simulation"
)

const predictHelp = `Predict what an outage of the primary comes to for users, from the declaration and the rules of AWS
alone: until Route 53's health check fails, until the name leads elsewhere, for how long users are
without service and how many of their requests are lost, each as a distribution, and what the time
is lost to. Nothing is asked and nothing broken.

It is simulated in virtual time over the functions that decide in the local cloud: checkers with
their phases, intervals and time-outs, thresholds, the rule of 18 %, target health, aliases, Auto
Scaling groups with boot times, and a million clients behind resolvers that keep answers. The same
--seed gives the same bytes. docs/predict.md lists the rules, and what is assumed where AWS says
nothing.

With --record NAME no declaration is needed: what stands behind the record is read, whoever built
it.

If failover.rto is declared, or --rto given, its promise is judged for clients who keep answers for
their TTL, by the health check alone: how soon Route 53 heeds target health AWS does not say.

It ends with advice: which settings shorten the longest outage, by how much and at what price, and
the best setting of the health check within a budget of probes.

Faults:`

const predictExits = `

Exit codes: 0 the promise is kept, or there is none; 1 it is not kept, or the record could not be
read; 2 a flag or the declaration is wrong.`

const predictExample = `  understudy predict
  understudy predict --fault region,isolate --client cache,pool,forever
  understudy predict --rto 90s --json | jq .promise
  understudy predict --record www.example.com --svg outage.svg`

// predicting is what the command's flags ask for.
type predicting struct {
	on       target
	record   string
	ask      simulation.Question
	lasts    time.Duration
	rto      time.Duration
	assume   assumed
	asJSON   bool
	svg      string
	advise   bool
	probes   float64
	hiccup   time.Duration
	side     string
	nearer   float64
	declared *understudy.Declaration
}

func predictCommand() *cobra.Command {
	var p predicting
	c := &cobra.Command{
		Use: "predict", Short: "Predict how long users would be without service, and why", Long: predictText(), Example: predictExample,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return p.run(c) },
	}
	p.on.flags(c)
	recordFlag(c, &p.record, "predict for what is behind this record, without a declaration")
	flags := c.Flags()
	flags.StringSliceVar(&p.ask.Faults, "fault", nil, "the `faults`, of those above (default: all)")
	flags.StringSliceVar(&p.ask.Kinds, "client", nil, "the `kinds` of clients: "+strings.Join(clients.Names(), ", ")+" (default: those of drill.clients, or all)")
	flags.Uint64Var(&p.ask.Seed, "seed", 1, "of all that is drawn")
	flags.IntVar(&p.ask.Worlds, "runs", 500, "how often each fault is run, each time with other phases")
	flags.IntVar(&p.ask.Clients, "clients", 1_000_000, "how many clients live through all of it")
	flags.DurationVar(&p.lasts, "for", 30*time.Minute, "how long the primary stays broken")
	flags.IntVar(&p.ask.Times, "flaps", 3, "flap: how often the primary breaks")
	flags.StringVar(&p.side, "side", string(understudy.Primary), "the `side` that is lost, where both regions serve: primary or secondary")
	flags.Float64Var(&p.nearer, "nearer", 50, "the `percent` of users to whom that region is the nearer one, with failover.routing latency")
	flags.DurationVar(&p.rto, "rto", 0, "the promise to judge, in place of the declared failover.rto")
	p.assume.flags(c)
	flags.BoolVar(&p.advise, "advice", true, "try which settings shorten the longest outage")
	flags.Float64Var(&p.probes, "probes", 100, "advice: the most probes a minute that a region may get from health checks")
	flags.DurationVar(&p.hiccup, "hiccup", 10*time.Second, "advice: a trouble so short must move nobody")
	flags.BoolVar(&p.asJSON, "json", false, "print the prediction as JSON")
	flags.StringVar(&p.svg, "svg", "", "draw it into this `file`")
	completeWords(c, "fault", predictedFaults())
	completeWords(c, "client", clients.Names())
	return c
}

// flags adds the flags for what no declaration says.
func (a *assumed) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.DurationVar(&a.boot, "boot", time.Minute, "how long an instance takes from its launch until it serves")
	flags.IntVar(&a.needs, "needs", 0, "how many instances carry all users (default: failover.standby.desired, or as many as the primary has)")
	flags.DurationVar(&a.sick, "sick", 0, "for how long the standby still fails when the primary is lost, as one that has to take over its data")
	flags.DurationVar(&a.every, "every", time.Second, "time between two requests of a client")
	flags.DurationVar(&a.timeout, "timeout", 2*time.Second, "after which a client gives up a request")
	flags.BoolVar(&a.watch, "watch", true, "whether \"understudy watch\" runs")
}

func predictedFaults() []string {
	return simulation.FaultNames(func(k simulation.FaultKind) bool { return k.Predicted })
}

// predictText is the long help: the faults come from their table.
func predictText() string {
	var b strings.Builder
	b.WriteString(predictHelp)
	for _, k := range simulation.Faults {
		if k.Predicted {
			fmt.Fprintf(&b, "\n  %-13s  %s", k.Name, k.Help)
		}
	}
	b.WriteString("\n\nClients:")
	for _, k := range simulation.Clients {
		fmt.Fprintf(&b, "\n  %-13s  %s", k.Name, k.Help)
	}
	return b.String() + predictExits
}

// check refuses what cannot be simulated.
func (p *predicting) check() error {
	for _, f := range p.ask.Faults {
		if !slices.Contains(predictedFaults(), f) {
			return fmt.Errorf("--fault: there is no %q; there are %s", f, strings.Join(predictedFaults(), ", "))
		}
	}
	for _, k := range p.ask.Kinds {
		if !slices.Contains(clients.Names(), k) {
			return fmt.Errorf("--client: there is no %q; there are %s", k, strings.Join(clients.Names(), ", "))
		}
	}
	switch {
	case p.ask.Worlds < 1 || p.ask.Worlds > 100_000 || p.ask.Clients < 1 || p.ask.Clients > 100_000_000:
		return errors.New("--runs and --clients: from 1 to 100,000 runs, and from 1 to 100,000,000 clients")
	case p.lasts < time.Second || p.lasts > 24*time.Hour || p.ask.Times < 1 || p.ask.Times > 100:
		return errors.New("--for and --flaps: from 1s to 24h, and from 1 to 100 times")
	case !slices.Contains(understudy.Sides, understudy.Side(p.side)) || !(p.nearer > 0 && p.nearer < 100):
		return errors.New("--side and --nearer: primary or secondary, and above 0 and below 100 percent")
	case p.rto < 0 || p.hiccup < 0 || p.probes < 0:
		return errors.New("--rto, --hiccup and --probes: nothing negative")
	}
	p.ask.For = simulation.Span(p.lasts)
	return p.assume.check()
}

func (a *assumed) check() error {
	if a.boot <= 0 || a.needs < 0 || a.sick < 0 || a.every <= 0 || a.timeout < 50*time.Millisecond {
		return errors.New("--boot, --needs, --sick, --every and --timeout: nothing negative, a boot and a time between requests above zero, " +
			"and a time-out of at least 50ms")
	}
	return nil
}

// predicted is a prediction as programs read it.
type predicted struct {
	*simulation.Prediction
	Promise *simulation.Promise `json:"promise,omitempty"`
	Advice  *advice             `json:"advice,omitempty"`
}

func (p *predicting) run(c *cobra.Command) error {
	if err := p.check(); err != nil {
		return misuse(err)
	}
	if err := p.on.refuseLocal(p.record != "", "with --record"); err != nil {
		return err
	}
	m, err := p.model(c)
	if err != nil {
		return err
	}
	if p.declared != nil && len(p.ask.Kinds) == 0 && p.declared.Drill.Clients != clients.Usual {
		p.ask.Kinds = declaredKinds(p.declared.Drill)
	}
	chosenFaults, chosenKinds := p.ask.Faults, p.ask.Kinds
	if len(p.ask.Faults) == 0 {
		p.ask.Faults = predictedFaults()
	}
	if len(p.ask.Kinds) == 0 {
		p.ask.Kinds = clients.Names()
	}
	p.ask.Clients = max(1, p.ask.Clients/len(p.ask.Faults))
	found := predicted{}
	if found.Prediction, err = simulation.Predict(m, p.ask); err != nil {
		return misuse(err)
	}
	if found.Promise, err = p.promise(m); err != nil {
		return err
	}
	if q := p.whole(); p.advise && len(q.Faults) > 0 {
		if found.Advice, err = advise(m, q, p.declared, simulation.Budget{Probes: p.probes, Hiccup: simulation.Span(p.hiccup)}); err != nil {
			return err
		}
	}
	if p.svg != "" {
		if err := os.WriteFile(p.svg, drawPrediction(found.Prediction, chosenKinds), 0o644); err != nil {
			return err
		}
	}
	if p.asJSON {
		err = writeJSON(c, found)
	} else {
		err = printPrediction(c.OutOrStdout(), found, chosenFaults, chosenKinds)
	}
	if err == nil && found.Promise != nil && !found.Promise.Kept {
		err = exitError{1, fmt.Errorf("predict: the promise of %s is not kept", found.Promise.RTO)}
	}
	return err
}

// declaredKinds are the kinds that a drill's users are of.
func declaredKinds(d understudy.Drill) (names []string) {
	shares, _ := clients.Parse(d.Clients) // which Load has done before
	for _, s := range shares {
		names = append(names, s.Kind.Name)
	}
	return names
}

// promise judges what is promised, for those of the faults that take the primary away.
func (p *predicting) promise(m *simulation.Model) (*simulation.Promise, error) {
	if p.rto == 0 && p.declared != nil {
		p.rto = p.declared.Failover.RTO
	}
	if p.rto == 0 {
		return nil, nil
	}
	return m.Promise(p.whole(), simulation.Span(p.rto))
}

// whole asks for those of the faults that take all of the primary away.
func (p *predicting) whole() simulation.Question {
	q := p.ask
	q.Faults = slices.DeleteFunc(slices.Clone(q.Faults), func(f string) bool { return !slices.Contains(simulation.Whole, f) })
	return q
}

// system is what is declared.
func (p *predicting) system() (simulation.System, error) {
	switch side := understudy.Side(p.side); {
	case p.declared.Failover.Active():
		return activeOf(p.declared, p.assume, side, p.nearer/100), nil
	case side != understudy.Primary:
		return simulation.System{}, misuse(errors.New("--side secondary: with failover.routing failover it serves nobody while the primary is well"))
	}
	return systemOf(p.declared, p.assume), nil
}

// model is of the declaration, or of what stands behind the record.
func (p *predicting) model(c *cobra.Command) (m *simulation.Model, err error) {
	var s simulation.System
	if p.record != "" {
		s, err = p.on.systemBehind(c, p.record, p.assume)
	} else if p.declared, err = p.on.load(); err != nil {
		return nil, misuse(err)
	} else {
		s, err = p.system()
	}
	if err != nil {
		return nil, err
	}
	if err := s.Valid(); err != nil {
		return nil, misuse(fmt.Errorf("predict: %w", err))
	}
	return modelOf(s), nil
}
