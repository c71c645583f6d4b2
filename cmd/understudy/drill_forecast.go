package main

import (
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/drill"
)

// A drill's figures stand beside what the simulation predicts of the same fault, for as long as it lasted, and of the same users. It runs at
// AWS's own speed, with users who are slower by the drill's, and what it finds is divided by that: so all times keep their proportions. Of a
// local cloud it has what does not shrink with the speed, too.

// How much is simulated for a drill: enough that its quantiles are good to a hundredth, in less than a second.
const (
	forecastRuns = 200
	forecastEach = 40 // users of each kind in each run
)

// forecast predicts what a drill's users were to feel.
func forecast(
	d *understudy.Declaration, lost understudy.Side, f drill.Fault, s drill.Settings, r *drill.Report, local bool,
) (map[string]drill.Forecast, error) {
	speed := r.Speed
	slowed := func(t time.Duration) time.Duration { return time.Duration(float64(t) * speed) }
	a := assumed{boot: time.Minute, every: slowed(s.ClientEvery), timeout: slowed(s.ClientTimeout)}
	var system simulation.System
	if d.Failover.Active() {
		system = activeOf(d, a, lost, 0.5)
	} else {
		system = systemOf(d, a)
		system.Standby = system.Primary // a drill has it grow before
	}
	if local {
		system = system.AtLocal(speed, s.LeastTimeout)
	}
	system.TTL, system.Users.OpenLoop = simulation.Span(slowed(s.TTL)), r.OpenLoop
	system.Users.Before = simulation.Span(slowed(milliseconds(r.FaultMS)))
	q := simulation.Question{Seed: 1, Worlds: forecastRuns, Faults: []string{r.Fault}, For: simulation.Span(slowed(milliseconds(r.RepairMS - r.FaultMS)))}
	if flap, ok := f.(drill.Flap); ok {
		q.Times, q.Period, q.By = flap.Times, simulation.Span(slowed(flap.Period)), flap.Fault.Kind()
	}
	for _, k := range r.Kinds {
		q.Kinds = append(q.Kinds, k.Kind)
	}
	q.Clients = q.Worlds * forecastEach * len(q.Kinds)
	found, err := simulation.Predict(modelOf(system), q)
	if err != nil {
		return nil, err
	}
	all := map[string]drill.Forecast{}
	for _, k := range found.Faults[0].Predictions {
		down := k.Downtime
		one := drill.Forecast{
			P50: toTenths(down.P50 / speed), P90: toTenths(down.P90 / speed), P99: toTenths(down.P99 / speed), Max: toTenths(down.Max / speed),
			Causes: map[drill.Cause]float64{},
		}
		for _, row := range k.Ledger {
			one.Causes[drill.Cause(row.Cause)] = row.SumMS / speed / float64(q.Worlds*forecastEach)
		}
		all[k.Kind] = one
	}
	return all, nil
}

// toTenths is a time in milliseconds as reports have it.
func toTenths(ms float64) float64 { return drill.Milliseconds(milliseconds(ms)) }

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// foresee puts the prediction beside what a drill has measured, unless it was cut short.
func foresee(d *understudy.Declaration, lost understudy.Side, of *drill.Drill, r *drill.Report, local bool) {
	if r.Aborted != "" {
		return
	}
	all, err := forecast(d, lost, of.Fault, of.Settings, r, local)
	if err != nil {
		r.Notes = append(r.Notes, "it was not predicted: "+err.Error())
		return
	}
	r.Foresee(all)
}
