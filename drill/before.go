package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Check is one thing that a drill looks at before it breaks anything.
type Check struct {
	Name string // by which --force names it
	// Look tells what is wrong, or the empty string. An error means that it cannot be told, and counts as wrong.
	Look func(context.Context) (wrong string, err error)
	// Again has it looked at once more right before the fault, when the marker keeps others from beginning.
	Again bool
}

// Refusal is why a drill does not begin.
type Refusal struct {
	Wrong []Wrong
}

// Wrong is a check that found something.
type Wrong struct {
	Check string `json:"check"`
	Why   string `json:"why"`
}

// Error implements error, with a line for each check.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString("the drill is refused, and nothing was changed:")
	names := make([]string, len(r.Wrong))
	for i, w := range r.Wrong {
		names[i] = w.Check
		fmt.Fprintf(&b, "\n  %-10s %s", w.Check, w.Why)
	}
	fmt.Fprintf(&b, "\nhint: `--force %s` runs the drill all the same", strings.Join(names, ","))
	return b.String()
}

// examine looks at everything at once. It returns what was wrong and is overridden by name, and fails with a Refusal if
// something else is wrong.
func examine(ctx context.Context, checks []Check, force []string) (forced []Wrong, err error) {
	found := make([]string, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			wrong, err := c.Look(ctx)
			if err != nil {
				wrong = fmt.Sprintf("cannot be told: %v", err)
			}
			found[i] = wrong
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var refused []Wrong
	for i, c := range checks {
		switch w := (Wrong{c.Name, found[i]}); {
		case w.Why == "":
		case slices.Contains(force, c.Name):
			forced = append(forced, w)
		default:
			refused = append(refused, w)
		}
	}
	if len(refused) > 0 {
		return nil, &Refusal{refused}
	}
	return forced, nil
}
