package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/console"
	"github.com/understudy/understudy/console/browse"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/report"
)

// consoleAgent is what a console calls itself in the calls of the API, so that they can be told from those of commands.
const consoleAgent = "understudy-console"

// shown is what a console shows.
type shown struct {
	flags    *consoleFlags
	flagged  bool // --file was given
	stack    *plan.Stack
	local    *cloud.Attached // nil on AWS
	outside  outside
	readOnly string

	past    memo[[]pastDrill]
	running memo[*report.Rehearsal]

	mu       sync.Mutex
	status   *plan.Status                // the last one
	marked   *plan.Stack                 // the stack with clients whose calls are marked as the console's
	digest   string                      // of the declaration that it is of
	accounts map[string]*account.Account // by region, in the same way
}

// every is how often something is read: AWS limits the calls of an account, a local cloud hardly.
func (s *shown) every(local, onAWS time.Duration) time.Duration {
	if s.local == nil {
		return onAWS
	}
	return local
}

func (s *shown) panels() []console.Panel {
	all := []console.Panel{
		{Name: "about", Every: 10 * time.Second, Read: s.about},
		{Name: "traffic", Every: s.every(5*time.Second, time.Minute), Read: s.traffic},
	}
	if s.stack != nil {
		all = append(all,
			console.Panel{Name: "answer", Every: s.every(500*time.Millisecond, 5*time.Second), Read: s.answer, After: []string{"status"}},
			console.Panel{Name: "status", Every: s.every(5*time.Second, 30*time.Second), Read: s.statusNow, After: []string{"answer", "cloud"}},
			console.Panel{Name: "parity", Every: s.every(time.Minute, 10*time.Minute), Read: s.parity},
			console.Panel{Name: "rehearsal", Every: 200 * time.Millisecond, Read: s.rehearsal},
			console.Panel{Name: "drills", Every: 3 * time.Second, Read: s.drills},
		)
	}
	if s.local != nil {
		all = append(all,
			console.Panel{Name: "cloud", Every: time.Second, Read: s.cloud},
			console.Panel{Name: "calls", Every: time.Second, Read: s.calls},
		)
	}
	return all
}

func (s *shown) about(ctx context.Context) (any, error) {
	about := map[string]any{
		"tool": version(), "kinds": browse.Kinds, "all": s.regions(ctx), "local": s.local != nil, "speed": s.outside.speed, "account": s.flags.on.account,
	}
	if s.stack != nil {
		d := s.stack.Declaration
		names := map[understudy.Side]string{}
		for side, r := range d.Regions {
			names[side] = r.Name
		}
		about["stack"], about["host"], about["file"], about["regions"] = d.Name, d.Host(), s.flags.on.file, names
	} else if now, err := s.local.Status(ctx); err == nil {
		about["account"] = now.Account
	}
	return about, nil
}

// regions are the names of those that can be browsed.
func (s *shown) regions(ctx context.Context) (names []string) {
	if s.stack != nil {
		for _, side := range understudy.Sides {
			names = append(names, s.stack.Declaration.Regions[side].Name)
		}
	}
	if s.local != nil {
		if now, err := s.local.Status(ctx); err == nil {
			names = append(names, now.Regions...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// opened is the declared stack. Its clients, with their connections and credentials, are kept until the declaration changes.
func (s *shown) opened(ctx context.Context) (*plan.Stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := digest(s.flags.on.file)
	if s.marked != nil && now == s.digest {
		return s.marked, nil
	}
	d, err := understudy.Load(s.flags.on.file)
	if err != nil {
		return nil, err
	}
	stack, err := plan.Open(ctx, d, config.WithAppID(consoleAgent))
	if err == nil {
		s.marked, s.digest = stack, now
	}
	return stack, err
}

// consoleStatus is a status with what to be wary of in words.
type consoleStatus struct {
	*plan.Status
	Warnings []warning `json:"warnings"`
}

type warning struct {
	About string `json:"about"`
	Text  string `json:"text"`
}

func (s *shown) statusNow(ctx context.Context) (any, error) {
	stack, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	now, err := stack.Status(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.status = now
	s.mu.Unlock()
	shown := consoleStatus{Status: now, Warnings: []warning{}}
	warn := func(about, text string) { shown.Warnings = append(shown.Warnings, warning{about, text}) }
	if e, found, err := inForce(ctx, stack); found {
		warn("A drill's fault is in force", fmt.Sprintf("%s. If the drill does not run any more, `understudy drill undo` repairs it.", e))
	} else if err != nil && !isSilent(now, understudy.Secondary) {
		warn("Not read", "whether a drill's fault is in force: "+err.Error())
	}
	if now.Lock != nil {
		warn("The stack is being changed", now.Lock.String())
	}
	for _, f := range faultsInForce(ctx) {
		warn("Calls go wrong on purpose", f)
	}
	for _, m := range now.Missing {
		warn("Missing", m)
	}
	for _, d := range now.Doubles {
		warn("Twice", d.Resource+" "+d.ID)
	}
	for _, u := range now.Unread {
		warn("Not read", u.What+": "+u.Why)
	}
	for _, at := range []struct {
		side  understudy.Side
		state *balancing.SwitchState
	}{{understudy.Secondary, now.Switch}, {understudy.Primary, now.Opposite}} {
		if at.state != nil && at.state.Position == at.side {
			warn("Switch", describeSwitch(at.side, now.Routing, *at.state))
		}
	}
	return shown, nil
}

var errNoStatus = errors.New("the stack was not read yet")

func (s *shown) answer(ctx context.Context) (any, error) {
	s.mu.Lock()
	now := s.status
	s.mu.Unlock()
	if now == nil {
		return nil, errNoStatus
	}
	return answerNow(ctx, now), nil
}

func (s *shown) parity(ctx context.Context) (any, error) {
	stack, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	found, err := audited(ctx, stack, parity.Options{})
	if err != nil {
		return nil, err
	}
	return parityOf([]*parity.Report{found}), nil
}

func (s *shown) shelf() report.Shelf { return shelf(s.stack.Declaration.Name) }

func (s *shown) rehearsal(context.Context) (any, error) {
	return s.running.of(s.shelf().TrailFile(), s.shelf().Now)
}

// pastDrill is a drill in the history.
type pastDrill struct {
	File      string    `json:"file"`
	Began     time.Time `json:"began"`
	Fault     string    `json:"fault"`
	Users     int       `json:"users"`
	Failed    int       `json:"failed"`
	P50       float64   `json:"p50"` // milliseconds, as all that follow
	P99       float64   `json:"p99"`
	Max       float64   `json:"max"`
	Predicted float64   `json:"predicted"`
	Result    string    `json:"result"`
}

func (s *shown) drills(context.Context) (any, error) {
	return s.past.of(filepath.Join(string(s.shelf()), "*.json"), s.pastDrills)
}

func (s *shown) pastDrills() ([]pastDrill, error) {
	kept, err := s.shelf().All()
	all := []pastDrill{}
	for _, k := range kept {
		all = append(all, pastDrill{
			filepath.Base(k.File), k.Began, k.Fault, k.Clients, k.Failed,
			k.DowntimeMS.P50, k.DowntimeMS.P99, k.DowntimeMS.Max, k.PredictedDowntimeMS, resultOf(k),
		})
	}
	return all, err
}

// document is the page of a drill on the shelf, by its file's name.
func (s *shown) document(name string) ([]byte, error) {
	if s.stack == nil {
		return nil, fs.ErrNotExist
	}
	r, err := s.shelf().One(name)
	if err != nil {
		return nil, err
	}
	return written(r, report.HTML)
}

// traffic is what the load balancers of each region have measured; null of a region that does not answer.
func (s *shown) traffic(ctx context.Context) (any, error) {
	all := map[string][]browse.Series{}
	var mu sync.Mutex
	var regions sync.WaitGroup
	for _, name := range s.regions(ctx) {
		regions.Go(func() {
			a, err := s.clients(ctx, name)
			var found []browse.Series
			if err == nil {
				found, err = browse.Metrics(ctx, a, s.outside.speed)
			}
			mu.Lock()
			defer mu.Unlock()
			if all[name] = found; err != nil {
				all[name] = nil
			}
		})
	}
	regions.Wait()
	return all, nil
}

// account is that of a region that a page has asked for.
func (s *shown) account(ctx context.Context, region string) (*account.Account, error) {
	if !slices.Contains(s.regions(ctx), region) {
		return nil, fmt.Errorf("region %q is not one of those that this console shows", region)
	}
	return s.clients(ctx, region)
}

func (s *shown) clients(ctx context.Context, region string) (*account.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[region]; a != nil {
		return a, nil
	}
	a, err := account.Open(ctx, region, config.WithAppID(consoleAgent))
	if err != nil {
		return nil, err
	}
	if s.accounts == nil {
		s.accounts = map[string]*account.Account{}
	}
	s.accounts[region] = a.Brisk()
	return s.accounts[region], nil
}

// cloud is the local cloud's state. How much memory its processes use changes all the time, and is left to `understudy cloud status`.
func (s *shown) cloud(ctx context.Context) (any, error) {
	now, err := s.local.Status(ctx)
	if err != nil {
		return nil, err
	}
	for i := range now.Processes {
		now.Processes[i].PSS, now.Processes[i].RSS = 0, 0
	}
	type faultInWords struct {
		ID      string `json:"id"`
		Words   string `json:"words"`
		Matched int    `json:"matched"`
		Struck  int    `json:"struck"`
	}
	faults := []faultInWords{}
	for _, f := range now.Faults {
		faults = append(faults, faultInWords{f.ID, f.Calls() + ": " + f.Effect(), f.Matched, f.Struck})
	}
	return struct {
		cloud.Status
		Faults []faultInWords `json:"faults"`
	}{now, faults}, nil
}

// mostCalls is how many calls are shown.
const mostCalls = 100

// calls are the last calls of others.
func (s *shown) calls(ctx context.Context) (any, error) {
	all, err := s.local.Calls(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c cloud.Call) bool { return c.Agent == consoleAgent })
	return all[max(0, len(all)-mostCalls):], nil
}

func (s *shown) reads() map[string]func(context.Context, url.Values) (any, error) {
	return map[string]func(context.Context, url.Values) (any, error){
		"resources": func(ctx context.Context, q url.Values) (any, error) {
			a, err := s.account(ctx, q.Get("region"))
			if err != nil {
				return nil, err
			}
			return browse.List(ctx, a, q.Get("kind"))
		},
		"output": func(ctx context.Context, q url.Values) (any, error) {
			a, err := s.account(ctx, q.Get("region"))
			if err != nil {
				return nil, err
			}
			return browse.Console(ctx, a, q.Get("instance"))
		},
	}
}
