package simulation

import (
	"time"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/targethealth"
)

// suffer has a region feel that faults have begun or ended. APIs may have frozen or thawed that both regions need.
func (r *region) suffer(w *world, was, is environment, thawed bool) {
	if is == was && !thawed {
		r.serve(w) // the other region's
		return
	}
	r.hear(w, was, is)
	if was.lost && !is.lost {
		r.restart(w)
	}
	if is.zone != was.zone {
		r.loseZone(w, is.zone)
	}
	clear(r.group.Resting) // whatever kept launches from succeeding is tried again
	r.decide(w)
	r.serve(w)
	r.report(w)
}

// hear has Route 53 take target health for bad once it has heard nothing for a time, and hear again. A region reports five times within
// that time (package beacon), so the last report is up to a fifth of it old.
func (r *region) hear(w *world, was, is environment) {
	if was.silent == is.silent {
		return
	}
	r.silence++
	mine := r.silence
	after := time.Duration(float64(w.silence()) * (1 - 0.2*w.draw(drawSilence)))
	if !is.silent {
		after = time.Duration(float64(w.silence()) * 0.2 * w.draw(drawSilence))
	}
	w.later(after, func(w *world) {
		if r.silence != mine {
			return
		}
		w.record.before(w)
		r.told = !is.silent && r.well()
		w.settle()
		w.record.after(w)
	})
}

// restart boots the instances of a region that comes back, as the local cloud does: its load balancer knows nothing of them yet.
func (r *region) restart(w *world) {
	for _, i := range r.instances {
		if i.Machine != fleet.Running && i.Machine != fleet.Starting {
			continue
		}
		i.Machine = fleet.Starting
		r.boot(w, i)
		if len(i.Registered) == 0 {
			continue
		}
		i.state, i.Targets[group] = targethealth.Initial, fleet.Initial
		for node := range i.nodes {
			i.nodes[node] = targethealth.Judgement{Health: targethealth.Unchecked}
		}
		i.InService = epoch.Add(w.now) // so that the grace counts from here
	}
}

// boot has an instance answer some time later.
func (r *region) boot(w *world, i *instance) {
	factor := max(1, w.envs[r.side].boots) * (0.7 + 0.8*w.draw(drawBoot))
	i.ready = w.now + time.Duration(factor*float64(r.declared.Boot))
	ready := i.ready
	w.shots.add(ready, func(w *world) {
		if i.ready != ready || i.Machine != fleet.Starting || w.envs[r.side].lost {
			return
		}
		w.record.before(w)
		i.Machine = fleet.Running
		w.rouse(targetsOf(r.side))
		r.decide(w)
		r.serve(w)
		w.record.after(w)
	})
}

// loseZone ends the first zone's instances, or gives the zone back. Its address leaves DNS when Route 53 takes the zone's node for lost,
// for which we take as long as for a whole region.
func (r *region) loseZone(w *world, lost bool) {
	r.left = false
	if !lost {
		return
	}
	for _, i := range r.instances {
		if i.zone == 0 {
			i.Machine = fleet.Gone
		}
	}
	wait := float64(w.silence())*(1-0.2*w.draw(drawSilence)) + w.draw(drawPropagation)*float64(w.Propagation)
	w.later(time.Duration(wait), func(w *world) {
		if w.envs[r.side].zone {
			w.record.before(w)
			r.left = true
			r.serve(w)
			w.record.after(w)
		}
	})
}

// manageable tells whether the region's API can change anything.
func (r *region) manageable(w *world) bool {
	e := &w.envs[r.side]
	return !e.lost && !e.frozen && !w.envs[0].frozen
}

// resize gives a standby the primary's size, or its own again.
func (r *region) resize(w *world, grown bool) {
	r.group.Desired, r.group.Max = r.declared.Desired, r.declared.Max
	if grown {
		r.group.Desired, r.group.Max = max(r.group.Desired, w.Primary.Desired), max(r.group.Max, w.Primary.Max)
	}
	r.decide(w)
	r.serve(w)
	r.report(w)
}

// longest is for how long a launch that failed is not tried again, unless faults change.
const longest = 1000 * time.Hour

// decide carries out what package fleet decides, until there is nothing to do.
func (r *region) decide(w *world) {
	if !r.manageable(w) {
		return
	}
	for range 100 {
		r.members = r.members[:0]
		for _, i := range r.instances {
			r.members = append(r.members, i.Instance)
		}
		actions, due := r.decider.Decide(r.group, r.members, epoch.Add(w.now))
		r.wake(w, due)
		if len(actions) == 0 {
			return
		}
		for _, a := range actions {
			r.do(w, a)
		}
	}
}

// wake plans the next decision.
func (r *region) wake(w *world, due time.Time) {
	at := due.Sub(epoch)
	if due.IsZero() || at <= w.now || at == r.due || at > w.now+longest/2 {
		return
	}
	r.due = at
	w.shots.add(at, func(w *world) {
		if r.due == at {
			r.due = 0
		}
		w.record.before(w)
		r.decide(w)
		r.serve(w)
		r.report(w)
		w.record.after(w)
	})
}

func (r *region) do(w *world, a fleet.Action) {
	i := r.byID(a.Instance)
	switch a.Do {
	case fleet.DoLaunch:
		e := &w.envs[r.side]
		zone := 0
		if a.Zone == zoneNames[1] {
			zone = 1
		}
		if e.short || e.zone && zone == 0 {
			r.group.Resting[a.Zone] = epoch.Add(w.now + longest)
			return
		}
		i := r.launch(zone)
		i.Launched, i.State = epoch.Add(w.now), fleet.Pending
		r.boot(w, i)
	case fleet.DoRegister:
		i.Registered = []string{group}
		r.watch(w, i, targethealth.Initial)
	case fleet.DoServe:
		i.State, i.InService = fleet.InService, epoch.Add(w.now)
	case fleet.DoCondemn:
		i.Sick = a.Reason
	case fleet.DoRetire:
		i.State = fleet.Terminating
	case fleet.DoDeregister:
		i.Registered, i.Targets = nil, nil
		r.unwatch(w, i)
	case fleet.DoTerminate:
		i.Machine = fleet.Gone
	case fleet.DoForget:
		r.unwatch(w, i)
		for n := range r.instances {
			if r.instances[n] == i {
				r.instances = append(r.instances[:n:n], r.instances[n+1:]...)
				break
			}
		}
	}
}

func (r *region) unwatch(w *world, i *instance) {
	for node, n := range i.actors {
		if n >= 0 {
			w.end(n)
			i.actors[node] = -1
		}
	}
}

func (r *region) byID(id string) *instance {
	for _, i := range r.instances {
		if i.ID == id {
			return i
		}
	}
	return nil
}
