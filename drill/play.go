package drill

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Play carries out a sequence of faults on a local cloud while users measure, and tells what of that which must never be was seen. Nothing
// ends it early: what it is to show is a service that does not hold.
type Play struct {
	*Drill
	Strokes []Stroke
	Never   Never
	Broke   string // the invariant that the sequence is to break; when that was seen and all strokes are over, so is the play
	Needs   int    // instances that carry all users
	// Balancers are the regions' load balancers by name, which are asked for the page beside the failover name; Ask resolves them.
	Balancers map[string]string
	Ask       func(context.Context, string) (Answer, error)
	// Healthy is how many targets the secondary's load balancer finds healthy.
	Healthy func(context.Context) (int, error)
}

// Run carries it out. As a drill's, it repairs what it broke in any case before it returns.
func (p *Play) Run(ctx context.Context) (*Played, error) {
	d := p.Drill
	forced, err := d.prepare(ctx)
	if err != nil {
		return nil, err
	}
	d.Settings.ClientTimeout = d.Settings.timeout(d.Settings.ClientTimeout)
	if err := d.people(); err != nil {
		return nil, err
	}
	if err := d.startPrograms(ctx); err != nil {
		return nil, err
	}
	defer d.programs.close()
	traffic, stop := context.WithCancel(ctx)
	rec := newRecorder(d.kinds, d.Settings)
	s := &sights{probes: map[string][]Request{}}
	users := d.startUsers(traffic, rec)
	users.Go(func() { d.look(traffic, rec) })
	p.witness(traffic, users, s)
	err = p.phases(ctx, rec, s)
	stop()
	users.Wait()
	died := d.programs.died()
	if err != nil {
		return nil, errors.Join(append(died, err)...)
	}
	r := p.played(rec, s, forced)
	r.Notes = texts(died)
	return r, nil
}

// here is a time of AWS's as it is at this speed. It has the same share of the longest predicted outage: the cloud's shortest time-outs, and
// users' requests, are not as much faster as all else is.
func (p *Play) here(d time.Duration) time.Duration { return p.Settings.scaled(d) }

// witness has everybody look on who is no user.
func (p *Play) witness(ctx context.Context, all *sync.WaitGroup, s *sights) {
	for region := range p.Balancers {
		all.Go(func() { p.probe(ctx, region, s) })
	}
	all.Go(func() { every(ctx, p.Settings.grain(), func() { p.seeAnswer(ctx, s) }) })
	all.Go(func() { every(ctx, 2*p.Settings.grain(), func() { p.seeTargets(ctx, s) }) })
}

// probe asks one region for the page again and again, wherever the name leads.
func (p *Play) probe(ctx context.Context, region string, s *sights) {
	const least = 100 * time.Millisecond
	c := &client{
		kind: kindNamed("stub"), settings: p.Settings, target: p.URL, port: p.Port, trusts: p.Authorities, looked: func(Look) {},
		lookup:  func(ctx context.Context, _ string) (Answer, error) { return p.Ask(ctx, p.Balancers[region]) },
		region:  func(netip.Addr) string { return region },
		timeout: p.Settings.ClientTimeout, every: max(least, p.Settings.grain()),
	}
	c.run(ctx, func(q Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.probes[region] = append(s.probes[region], q)
	})
}

func (p *Play) seeAnswer(ctx context.Context, s *sights) {
	began := time.Now()
	a, err := p.Lookup(ctx, p.URL.Hostname())
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch region := a.region(p.Region); {
	case errors.Is(err, ErrNoAddress):
		s.empty = append(s.empty, now)
	case err != nil || region == "": // nobody answered, or it is not known whose it is
	case len(s.leads) == 0 || s.leads[len(s.leads)-1].What != region:
		s.leads = append(s.leads, seen[string]{began, now, region})
	}
}

func (p *Play) seeTargets(ctx context.Context, s *sights) {
	began := time.Now()
	n, err := p.Healthy(ctx)
	if err != nil {
		return // a region that is lost does not say
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.healthy = append(s.healthy, seen[int]{began, time.Now(), n})
}

// phases runs the play's phases, while the users go on sending requests.
func (p *Play) phases(ctx context.Context, rec *recorder, s *sights) error {
	d := p.Drill
	err := await(ctx, "every user is served by the primary", d.limit(), func(ctx context.Context) error { return rec.waitAll(ctx, d.Primary, time.Time{}) })
	if err != nil {
		return err
	}
	var t timeline
	undo, err := d.breakPrimary(ctx, &t)
	if err != nil {
		return err
	}
	s.began = time.Now()
	if err = p.strike(ctx, rec, s); err == nil {
		err = p.settle(ctx, rec, s)
	}
	return errors.Join(err, d.repair(context.WithoutCancel(ctx), undo, &t))
}

// strike begins and ends every stroke at its time. What the cloud needs to break or to repair is no part of the times between.
func (p *Play) strike(ctx context.Context, rec *recorder, s *sights) error {
	sequence, now := p.Fault.(*Sequence), time.Duration(0)
	all := beats(p.Strokes)
	s.struck = make([]Struck, len(p.Strokes))
	for n, b := range all {
		if n > 0 {
			if err := pause(ctx, p.here(b.at-now)); err != nil {
				return err
			}
		}
		now = b.at
		one := p.Strokes[b.stroke]
		region, phase, what := p.regionOf(one), "fault", " begins"
		if !b.on {
			phase, what = "repair", " ends"
		}
		p.Tell(Event{Phase: phase, Text: one.Kind + " of " + region + what, Served: rec.served()})
		began := time.Now()
		if err := sequence.strike(ctx, one, b.on); err != nil {
			return err
		}
		s.mark(b, Struck{Kind: one.Kind, Region: region, from: began, to: time.Now()})
	}
	return nil
}

func (p *Play) regionOf(s Stroke) string {
	if s.Side == p.Lost {
		return p.Primary
	}
	return p.Secondary
}

// settle goes on until the invariant was seen broken, or until all has to have settled.
func (p *Play) settle(ctx context.Context, rec *recorder, s *sights) error {
	s.over = time.Now()
	p.Tell(Event{Phase: "failback", Text: "all faults are over", Served: rec.served()})
	end := s.over.Add(p.here(p.Never.Settle))
	for time.Now().Before(end) {
		if p.Broke != "" && slices.ContainsFunc(p.judge(rec, s), func(b Broken) bool { return b.Broke == p.Broke }) {
			return nil
		}
		if err := pause(ctx, 10*p.Settings.grain()); err != nil {
			return err
		}
	}
	s.settled = true
	return nil
}
