package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/understudy/understudy/plan/resource"
)

// doublesOf returns the doubles that a resource found of itself.
func doublesOf(n *node) []resource.Double {
	if d, ok := n.resource.(resource.Doubled); ok {
		return d.Others()
	}
	return nil
}

// refuseHeld returns an error if a double holds something: then it cannot be decided which of the two to keep.
func refuseHeld(n *node) error {
	var errs []error
	for _, d := range doublesOf(n) {
		if len(d.Held) == 0 {
			continue
		}
		errs = append(errs, fmt.Errorf("%s is there twice, and which one is to stay cannot be told: %s is in use, and %s holds %s\n"+
			"hint: remove what %s holds and run this again, or run `understudy down`, which removes both",
			n.id, cmp.Or(d.Of, "the one still to be made"), d.Identity(), strings.Join(d.Held, ", "), d.Identity()))
	}
	return errors.Join(errs...)
}

// removalsOfDoubles lists the doubles that can be removed, and what the declaration no longer asks for; those that are in
// others first. What lies in an earlier network goes with that.
func removalsOfDoubles(g *graph, leaving map[*node]bool) []Step {
	var steps []Step
	for _, n := range g.ordered(backward) {
		if _, goes := leaving[n]; goes {
			continue
		}
		if step, ok := retirement(n); ok {
			steps = append(steps, step)
		}
		for _, d := range doublesOf(n) {
			if len(d.Held) == 0 {
				steps = append(steps, deletion(n, d, func(ctx context.Context) error { return resource.RemoveDouble(ctx, d) }))
			}
		}
	}
	return steps
}

func deletion(n *node, d resource.Double, remove func(context.Context) error) Step {
	return Step{Resource: n.id, Action: Delete, ID: d.Identity(), DoubleOf: cmp.Or(d.Of, resource.Unknown), node: n, remove: remove}
}
