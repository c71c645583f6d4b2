package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

const drillName = "drill"

// growForDrill makes a standby that is declared smaller than the primary as large as it is when users are moved to it on purpose, and
// returns what returns it to its size. With capacity forced, the drill shows what an outage finds. What has grown already is another's.
func growForDrill(ctx context.Context, s *plan.Stack, o outside, force []string, out io.Writer) (shrink func() error, err error) {
	sc := &scene{stack: s, outside: o}
	nothing := func() error { return nil }
	if !sc.grows(understudy.Secondary) || slices.Contains(force, checkCapacity) {
		return nothing, nil
	}
	now, err := s.Strength(ctx, understudy.Secondary)
	if err != nil || now.Grown != "" {
		return nothing, err
	}
	shrink = func() error {
		did, err := s.Shrink(context.WithoutCancel(ctx))
		if did != "" {
			fmt.Fprintln(out, did)
		}
		return err
	}
	to, err := sc.grow(ctx, drillName, teller(out))
	if err == nil {
		err = s.Raise(ctx, understudy.Secondary, to.Desired)
	}
	if err == nil {
		err = sc.wellGrown(ctx, understudy.Secondary)
	}
	return shrink, err
}
