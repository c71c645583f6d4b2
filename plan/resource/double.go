package resource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Doubling is a resource that AWS may have more than once. Calls that take no client token make a new thing
// each time. A call whose sender was killed, or whose answer was lost, may be carried out after the next run
// has looked; then there are two things with the same tags, of which one was never used. Two runs at once can
// cause the same.
//
// Resources with a name that is unique in its region (launch templates, target groups, load balancers, Auto
// Scaling groups, images) cannot be doubled, and those with a client token or a caller reference only by a
// call with other parameters. They are doublings too if a search by tags can find several of them.
type Doubling interface {
	Resource
	Identity() string
	// Fits tells how well the thing fits the stack's other resources; higher is better. Below zero it cannot
	// be used, like a subnet of another VPC.
	Fits() int
	// Holds names what is in the thing or uses it, because of which it must not be removed.
	Holds(context.Context) ([]string, error)
}

// Double is the one of two equal things that the stack does not use.
type Double struct {
	Doubling
	Of   string   // the id of the one in use, if there is any
	Held []string // what it holds; empty where it can go
}

// Doubles is embedded by resources that may have some.
type Doubles struct{ Spare []Double }

func (d *Doubles) Others() []Double      { return d.Spare }
func (d *Doubles) keep(doubles []Double) { d.Spare = doubles }

// Doubled is a resource that remembers its doubles.
type Doubled interface{ Others() []Double }

// Choose divides what was found into the thing in use, which becomes the resource itself, and its doubles,
// which the resource remembers. In use is the one that fits best, among those the one that holds
// something, and among equals the one whose id sorts first, so that every run chooses the same. If
// nothing found can be used, there is no thing in use. For a single thing, holds is not called.
func Choose[T any, R interface {
	*T
	Doubling
	Doubled
	keep([]Double)
}](ctx context.Context, into R, found []R) (there bool, err error) {
	held := map[R][]string{}
	for _, r := range found {
		if len(found) == 1 && r.Fits() >= 0 {
			break
		}
		if held[r], err = r.Holds(ctx); err != nil {
			return false, err
		}
	}
	slices.SortFunc(found, func(a, b R) int {
		return cmp.Or(cmp.Compare(b.Fits(), a.Fits()), cmp.Compare(min(1, len(held[b])), min(1, len(held[a]))),
			strings.Compare(a.Identity(), b.Identity()))
	})
	of := ""
	if len(found) > 0 && found[0].Fits() >= 0 {
		of, *into, found = found[0].Identity(), *found[0], found[1:]
	}
	var spare []Double
	for _, r := range found {
		spare = append(spare, Double{r, of, held[r]})
	}
	into.keep(spare)
	return of != "", nil
}

// RemoveDouble removes a double if it still holds nothing: it may have been used since the plan was made.
func RemoveDouble(ctx context.Context, d Double) error {
	held, err := d.Holds(ctx)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("%s is in use by now: it holds %s", d.Identity(), strings.Join(held, ", "))
	}
	return Removed(ctx, d)
}
