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
	only string
	bake time.Duration
}

func (r *rollout) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.only, "only", "", "work on one side, with what it needs: secondary or primary")
	c.Flags().DurationVar(&r.bake, "bake", plan.DefaultBake,
		"how long the first side must stay healthy before the other is changed; a local cloud's speed divides the default")
	sides := cobra.FixedCompletions([]string{string(understudy.Secondary), string(understudy.Primary)}, cobra.ShellCompDirectiveNoFileComp)
	c.RegisterFlagCompletionFunc("only", sides)
}

// read checks the flags. It is called when the environment is that of the cloud, whose speed divides the default time.
func (r *rollout) read() (plan.Rollout, error) {
	side := understudy.Side(r.only)
	if r.only != "" && !slices.Contains(understudy.Sides, side) {
		return plan.Rollout{}, misuse(fmt.Errorf("--only %s: it is %s or %s", r.only, understudy.Secondary, understudy.Primary))
	}
	if r.bake < 0 {
		return plan.Rollout{}, misuse(fmt.Errorf("--bake %v: it cannot be negative", r.bake))
	}
	o, err := readOutside(os.Getenv)
	if err != nil {
		return plan.Rollout{}, err
	}
	bake := r.bake
	if bake == plan.DefaultBake {
		bake = time.Duration(float64(bake) / o.speed)
	}
	return plan.Rollout{Only: side, Bake: bake}, nil
}
