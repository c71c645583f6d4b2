package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// doubling is a resource that AWS may have more than once. Calls that take no client token make a new thing
// each time. A call whose sender was killed, or whose answer was lost, may be carried out after the next run
// has looked; then there are two things with the same tags, of which one was never used. Two runs at once can
// cause the same.
//
// Resources with a name that is unique in its region (launch templates, target groups, load balancers, Auto
// Scaling groups, images) cannot be doubled, and those with a client token or a caller reference only by a
// call with other parameters. They are doublings too if a search by tags can find several of them.
type doubling interface {
	resource
	identity() string
	// fits tells how well the thing fits the stack's other resources; higher is better. Below zero it cannot
	// be used, like a subnet of another VPC.
	fits() int
	// holds names what is in the thing or uses it, because of which it must not be removed.
	holds(context.Context) ([]string, error)
}

// double is the one of two equal things that the stack does not use.
type double struct {
	doubling
	of   string   // the id of the one in use, if there is any
	held []string // what it holds; empty where it can go
}

// doubles is embedded by resources that may have some.
type doubles struct{ spare []double }

func (d *doubles) others() []double      { return d.spare }
func (d *doubles) keep(doubles []double) { d.spare = doubles }

// doubled is a resource that remembers its doubles.
type doubled interface{ others() []double }

// choose divides what was found into the thing in use, which becomes the resource itself, and its doubles,
// which the resource remembers. In use is the one that fits best, among those the one that holds
// something, and among equals the one whose id sorts first, so that every run chooses the same. If
// nothing found can be used, there is no thing in use. For a single thing, holds is not called.
func choose[T any, R interface {
	*T
	doubling
	doubled
	keep([]double)
}](ctx context.Context, into R, found []R) (there bool, err error) {
	held := map[R][]string{}
	for _, r := range found {
		if len(found) == 1 && r.fits() >= 0 {
			break
		}
		if held[r], err = r.holds(ctx); err != nil {
			return false, err
		}
	}
	slices.SortFunc(found, func(a, b R) int {
		return cmp.Or(cmp.Compare(b.fits(), a.fits()), cmp.Compare(min(1, len(held[b])), min(1, len(held[a]))),
			strings.Compare(a.identity(), b.identity()))
	})
	of := ""
	if len(found) > 0 && found[0].fits() >= 0 {
		of, *into, found = found[0].identity(), *found[0], found[1:]
	}
	var spare []double
	for _, r := range found {
		spare = append(spare, double{r, of, held[r]})
	}
	into.keep(spare)
	return of != "", nil
}

// doublesOf returns the doubles that a resource found of itself.
func doublesOf(n *node) []double {
	if d, ok := n.resource.(doubled); ok {
		return d.others()
	}
	return nil
}

// refuseHeld returns an error if a double holds something: then it cannot be decided which of the two to keep.
func refuseHeld(n *node) error {
	var errs []error
	for _, d := range doublesOf(n) {
		if len(d.held) == 0 {
			continue
		}
		errs = append(errs, fmt.Errorf("%s is there twice, and which one is to stay cannot be told: %s is in use, and %s holds %s\n"+
			"hint: remove what %s holds and run this again, or run `understudy down`, which removes both",
			n.id, cmp.Or(d.of, "the one still to be made"), d.identity(), strings.Join(d.held, ", "), d.identity()))
	}
	return errors.Join(errs...)
}

// removeDouble removes a double if it still holds nothing: it may have been used since the plan was made.
func removeDouble(ctx context.Context, d double) error {
	held, err := d.holds(ctx)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("%s is in use by now: it holds %s", d.identity(), strings.Join(held, ", "))
	}
	return removed(ctx, d)
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
			if len(d.held) == 0 {
				steps = append(steps, deletion(n, d, func(ctx context.Context) error { return removeDouble(ctx, d) }))
			}
		}
	}
	return steps
}

func deletion(n *node, d double, remove func(context.Context) error) Step {
	return Step{Resource: n.id, Action: Delete, ID: d.identity(), DoubleOf: cmp.Or(d.of, Unknown), node: n, remove: remove}
}
