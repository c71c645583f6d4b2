package simulation

import (
	"strconv"
	"time"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/targethealth"
)

// zones are how many a region has, each with a node of its load balancer.
const zones = 2

var zoneNames = [zones]string{"a", "b"}

// group is the one target group of a region.
const group = "targets"

// Service is what a region gives its users.
type Service struct {
	Outcome Outcome
	Share   float64 // of requests that are served, by how many of the instances that are needed serve, and by grey failures
	Reach   float64 // the share of its addresses that answer
}

// instance is a member of a region's fleet.
type instance struct {
	fleet.Instance
	number int32 // by which actors know it
	zone   int
	ready  time.Duration // when it first answers
	nodes  [zones]targethealth.Judgement
	actors [zones]int32
	state  targethealth.State // of all nodes together
}

// region is one region at work.
type region struct {
	side      int
	declared  Fleet
	group     fleet.Group
	instances []*instance
	members   []fleet.Instance // for the next decision, which copies them
	decider   fleet.Decider
	launched  int
	told      bool // Route 53 takes its target health for good
	service   Service
	checked   Outcome       // what Route 53's checkers find
	left      bool          // the lost zone's address has left DNS
	sick      time.Duration // until when it serves nobody
	silence   int           // counts what is heard, so that only the last word counts
	due       time.Duration // of the next decision that is planned
}

func newRegion(w *world, side int, f Fleet) *region {
	r := &region{side: side, declared: f}
	r.group = fleet.Group{
		Desired: f.Desired, Max: f.Max, Zones: zoneNames[:], ELB: true, Grace: time.Duration(f.Grace), Resting: map[string]time.Time{},
		Attachments: []fleet.Attachment{{ARN: group, State: fleet.Attached}},
	}
	for n := range f.Desired {
		i := r.launch(n % zones)
		i.State, i.Machine, i.Registered = fleet.InService, fleet.Running, []string{group}
		i.Launched, i.InService = epoch.Add(-24*time.Hour), epoch.Add(-24*time.Hour)
		r.watch(w, i, targethealth.Healthy)
	}
	r.serve(w)
	r.told = r.well()
	return r
}

// launch adds an instance to a zone.
func (r *region) launch(zone int) *instance {
	r.launched++
	i := &instance{number: int32(r.launched), zone: zone, actors: [zones]int32{-1, -1}}
	i.ID, i.Zone = "i-"+strconv.Itoa(r.launched), zoneNames[zone]
	r.instances = append(r.instances, i)
	return i
}

// watch has the load balancer's nodes check an instance.
func (r *region) watch(w *world, i *instance, state targethealth.State) {
	i.state = state
	i.Targets = map[string]fleet.TargetState{group: targetState(state)}
	for node := range zones {
		i.nodes[node] = targethealth.Judgement{Health: targethealth.Health{State: state}}
		first := part(w.seed, drawTarget, uint64(r.side), uint64(r.launched), uint64(node)) * float64(w.Target.Interval)
		if state == targethealth.Initial { // the first check comes soon, as in package balancer
			first /= 8
		}
		i.actors[node] = w.add(actor{role: roleTarget, side: int8(r.side), who: i.number, node: int8(node)}, w.now+time.Duration(first))
	}
}

func (r *region) byNumber(n int32) *instance {
	for _, i := range r.instances {
		if i.number == n {
			return i
		}
	}
	return nil
}

func targetState(s targethealth.State) fleet.TargetState {
	switch s {
	case targethealth.Healthy:
		return fleet.Healthy
	case targethealth.Unhealthy:
		return fleet.Unhealthy
	}
	return fleet.Initial
}

// works tells whether an instance would answer, were it not for faults of the whole region.
func (r *region) works(w *world, i *instance) bool {
	return i.Machine == fleet.Running && i.ready <= w.now && w.now >= r.sick
}

// finds is what a node finds at a target.
func (r *region) finds(w *world, a *actor) (pass bool, took time.Duration) {
	i, e := r.byNumber(a.who), &w.envs[r.side]
	limit := time.Duration(min(w.Target.Timeout, w.Target.Interval))
	const near = 2 * time.Millisecond
	switch {
	case i == nil || e.lost || e.hangs || i.Machine >= fleet.Stopping:
		return false, limit
	case w.Target.Shallow && i.Machine == fleet.Running:
		return true, near
	case e.slow > limit:
		return false, limit
	}
	return r.works(w, i) && !e.ill, near
}

// ask has a node of the load balancer begin the check of a target, or end it. The rate is fixed.
func (w *world) ask(n int32, a *actor) {
	r := w.sides[a.side]
	if !a.busy {
		var took time.Duration
		a.pass, took = r.finds(w, a)
		a.busy, a.delay = true, took
		w.queue.set(n, w.now+took)
		return
	}
	a.busy = false
	w.queue.set(n, w.now-a.delay+time.Duration(w.Target.Interval))
	i := r.byNumber(a.who)
	if i == nil || w.envs[r.side].lost {
		return
	}
	result := targethealth.Result{}
	if !a.pass {
		result.Reason = "Target.FailedHealthChecks"
	}
	i.nodes[a.node] = targethealth.Judge(i.nodes[a.node], result, w.Target.Healthy, w.Target.Unhealthy)
	state := targethealth.Combine([]targethealth.Health{i.nodes[0].Health, i.nodes[1].Health}).State
	if state == i.state {
		return
	}
	w.record.before(w)
	i.state = state
	i.Targets[group] = targetState(state)
	r.decide(w)
	r.serve(w)
	r.report(w)
	w.record.after(w)
}

// restful tells whether the next checks of a target change nothing.
func (r *region) restful(w *world, a *actor) bool {
	i := r.byNumber(a.who)
	if i == nil {
		return true
	}
	if w.envs[r.side].lost {
		return true
	}
	j := i.nodes[a.node]
	opinion := j.State == targethealth.Healthy
	if j.State == targethealth.Initial || j.Against != 0 || a.busy && a.pass != opinion {
		return false
	}
	pass, _ := r.finds(w, a)
	return pass == opinion
}

// well is EvaluateTargetHealth's answer: there is a healthy target, as package region/balancing tells it by its defaults.
func (r *region) well() bool {
	for _, i := range r.instances {
		if len(i.Registered) > 0 && i.state == targethealth.Healthy {
			return true
		}
	}
	return false
}

// outcome is what a request to the region's load balancer comes to, for one who waits for so long.
func (r *region) outcome(w *world, e *environment, patience time.Duration) Outcome {
	if o := e.front(); o != Served {
		return o
	}
	if !r.any() {
		return Failing // 503: there is no target
	}
	if o := e.behind(patience); o != Served {
		return o
	}
	if r.share(w) == 0 {
		return Failing
	}
	return Served
}

// any tells whether requests reach any target at all.
func (r *region) any() bool {
	for _, i := range r.instances {
		if len(i.Registered) > 0 {
			return true
		}
	}
	return false
}

// share is how much of what is needed serves: the healthy targets or, if none is, all of them, since the load balancer fails open.
func (r *region) share(w *world) float64 {
	asked, work := 0, 0
	healthy := r.well()
	for _, i := range r.instances {
		if len(i.Registered) == 0 || healthy && i.state != targethealth.Healthy {
			continue
		}
		asked++
		if r.works(w, i) {
			work++
		}
	}
	if asked == 0 {
		return 0
	}
	return min(1, float64(work)/w.load(r.side)) * float64(work) / float64(asked)
}

// load is how many instances a region needs: those that carry all users, or where the name leads to both regions, those of its share.
func (w *world) load(side int) float64 {
	all := float64(w.carries())
	switch {
	case w.answer != both:
		return all
	case side == 0:
		return all * w.Share
	}
	return all * (1 - w.Share)
}

// serving is what users get now.
func (r *region) serving(w *world) Service {
	e := &w.envs[r.side]
	s := Service{Outcome: r.outcome(w, e, time.Duration(w.Users.Timeout)), Share: r.share(w) * (1 - e.grey), Reach: 1}
	if e.lost && w.Local > 0 {
		s.Outcome = Refusing
	}
	if e.zone && !r.left {
		s.Reach = 1.0 / zones
	}
	return s
}

// serve notes what users get, and what checkers find, after a change of either.
func (r *region) serve(w *world) {
	service, checked := r.serving(w), r.found(w)
	if checked != r.checked {
		w.rouse(checkersOf(r.side))
	}
	if service != r.service {
		w.rouse(usersOfName | watchOfSwitch)
	}
	r.service, r.checked = service, checked
}

// report tells Route 53 the target health. A region that it does not hear says nothing.
func (r *region) report(w *world) {
	if w.envs[r.side].silent {
		return
	}
	if well := r.well(); well != r.told {
		r.told = well
		w.settle()
	}
}
