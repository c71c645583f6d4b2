package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/discover"
	"github.com/understudy/understudy/drill"
)

// A schedule that was found of what others built, played on the local cloud on which it stands. Nothing that they built is changed but health
// checks, as in every drill of a record: its other faults are the loss of whole regions.

// ofRecordToo are the faults that such a schedule may have.
var ofRecordToo = []string{simulation.FaultRegion, simulation.FaultFlap, simulation.FaultInvert}

// ofRecord plays it.
func (p *playing) ofRecord(cmd *cobra.Command, on *target) (err error) {
	for _, s := range p.schedule.Faults {
		if !slices.Contains(ofRecordToo, s.Kind) {
			return misuse(fmt.Errorf("%s: %s: of a record, a drill changes nothing that others built but health checks"+
				"\nhint: `understudy simulate --record %s --only region` searches for what it can play", p.drillFlags.schedule, s.Kind, p.record))
		}
	}
	ctx := cmd.Context()
	r := &recordDrill{drillFlags: p.drillFlags, on: on}
	if r.outside, err = readOutside(os.Getenv); err != nil {
		return err
	}
	if r.home, r.open, err = on.anywhere(ctx); err != nil {
		return err
	}
	if err := p.locally(cmd); err != nil {
		return err
	}
	if r.stack, err = discover.Find(ctx, p.record, r.home, r.open); err != nil {
		return err
	}
	if err := r.choose(); err != nil {
		return err
	}
	if err := r.endOther(cmd); err != nil {
		return err
	}
	play, err := p.prepareRecord(ctx, r)
	if err != nil {
		return err
	}
	return p.perform(cmd, play)
}

// prepareRecord makes a play of what stands behind a record.
func (p *playing) prepareRecord(ctx context.Context, r *recordDrill) (*drill.Play, error) {
	if err := p.stretch(r.outside); err != nil {
		return nil, err
	}
	d, err := r.prepare(ctx)
	if err != nil {
		return nil, err
	}
	d.Lost = understudy.Primary
	d.Before = slices.DeleteFunc(d.Before, func(c drill.Check) bool { return c.Name != checkDrill })
	regions := map[understudy.Side]string{understudy.Primary: d.Primary, understudy.Secondary: d.Secondary}
	sides := map[understudy.Side]drill.Primary{}
	for side, region := range regions {
		of := repairOfRecord(r.home)
		if of.Account, err = r.open(region); err != nil {
			return nil, err
		}
		of.Check, of.Beside = r.loss.Checks[0], r.loss.Checks[1:]
		sides[side] = of
	}
	if d.Fault, err = drill.NewSequence(ctx, p.strokes, func(side understudy.Side) drill.Primary { return sides[side] }); err != nil {
		return nil, err
	}
	balancers := map[string]string{}
	for _, dns := range r.stack.Tree.Pairs()[0].Balancers {
		balancers[discover.RegionOf(dns)] = dns
	}
	_, _, ask := r.outside.lookups("")
	return p.play(drill.Play{
		Drill: d, Ask: ask, Balancers: balancers,
		Healthy: func(ctx context.Context) (int, error) {
			healthy, _, err := r.strength(ctx, d.Secondary)
			return healthy, err
		},
	}), nil
}
