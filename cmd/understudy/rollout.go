package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
)

// rollout is the flags that say how a change reaches the two sides.
type rollout struct {
	only   string
	bake   time.Duration
	linger time.Duration
	rebake bool
}

func (r *rollout) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.only, "only", "", "work on one side, with what it needs: secondary or primary")
	c.Flags().DurationVar(&r.bake, "bake", plan.DefaultBake,
		"how long the first side must stay healthy before the other is changed; a local cloud's speed divides the default")
	c.Flags().DurationVar(&r.linger, "linger", plan.DefaultLinger,
		"how long an earlier network serves on after the record has moved; a local cloud's speed divides the default")
	c.Flags().BoolVar(&r.rebake, "rebake", false, "bake the image anew if another one is selected as its base than it was made from")
	sides := cobra.FixedCompletions([]string{string(understudy.Secondary), string(understudy.Primary)}, cobra.ShellCompDirectiveNoFileComp)
	c.RegisterFlagCompletionFunc("only", sides)
}

// read checks the flags. It is called when the environment is that of the cloud, whose speed divides the default time.
func (r *rollout) read() (plan.Rollout, error) {
	side := understudy.Side(r.only)
	if r.only != "" && !slices.Contains(understudy.Sides, side) {
		return plan.Rollout{}, misuse(fmt.Errorf("--only %s: it is %s or %s", r.only, understudy.Secondary, understudy.Primary))
	}
	for name, long := range map[string]time.Duration{"bake": r.bake, "linger": r.linger} {
		if long < 0 {
			return plan.Rollout{}, misuse(fmt.Errorf("--%s %v: it cannot be negative", name, long))
		}
	}
	o, err := readOutside(os.Getenv)
	if err != nil {
		return plan.Rollout{}, err
	}
	bake, linger := r.bake, r.linger
	if bake == plan.DefaultBake {
		bake = time.Duration(float64(bake) / o.speed)
	}
	if linger == plan.DefaultLinger {
		linger = max(time.Second, time.Duration(float64(linger)/o.speed)) // no answer has a shorter TTL there
	}
	return plan.Rollout{Only: side, Bake: bake, Linger: linger, Rebake: r.rebake}, nil
}
