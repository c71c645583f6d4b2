package understudy

import (
	"fmt"
	"strconv"
	"strings"
)

// Refresh is how `up` has Auto Scaling replace the fleet's instances (RefreshPreferences in the Amazon EC2 Auto Scaling API Reference).
type Refresh struct {
	MinHealthy      int   // percent of the desired capacity that go on serving
	MaxHealthy      int   // percent of it that there may be meanwhile; 0 is AWS's own
	WarmUp          int   // seconds until the next is replaced; 0 is the fleet's
	Checkpoints     []int // percent that are replaced when it pauses; the last is 100
	CheckpointDelay int   // seconds that it pauses
}

// Pauses is how long all checkpoints together take, in seconds.
func (r Refresh) Pauses() int { return len(r.Checkpoints) * r.CheckpointDelay }

// String tells how instances are replaced.
func (r Refresh) String() string {
	text := "one after the other, each when the one before is healthy"
	if r.MinHealthy < 100 || r.MaxHealthy != 0 {
		text = fmt.Sprintf("so that %d %% at least go on serving", r.MinHealthy)
	}
	if r.MaxHealthy != 0 {
		text += fmt.Sprintf(", of %d %% at most", r.MaxHealthy)
	}
	if len(r.Checkpoints) > 0 {
		at := strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Checkpoints), " ", ", "), "[]")
		text += fmt.Sprintf(", with a pause of %d s at %s %%", r.CheckpointDelay, at)
	}
	return text
}

// The usual and the longest CheckpointDelay, in seconds.
const usualPause, longestPause = 3600, 172800

func refresh(o *object) Refresh {
	r := Refresh{
		MinHealthy: o.number("min_healthy", 100, 0, 100), MaxHealthy: o.number("max_healthy", 0, 0, 200), WarmUp: o.number("warm_up", 0, 0, 7200),
		CheckpointDelay: o.number("checkpoint_delay", usualPause, 0, longestPause),
	}
	const key = "checkpoints"
	for _, text := range o.texts(key, nil, percentage) {
		n, _ := strconv.Atoi(text)
		if last := len(r.Checkpoints) - 1; last >= 0 && n <= r.Checkpoints[last] {
			o.mistake(key, fmt.Sprintf("%d after %d", n, r.Checkpoints[last]), "percentages in ascending order")
		}
		r.Checkpoints = append(r.Checkpoints, n)
	}
	switch n := len(r.Checkpoints); {
	case n > 0 && r.Checkpoints[n-1] != 100:
		o.mistake(key, fmt.Sprintf("%d at the end", r.Checkpoints[n-1]), "100 at the end: the others would never be replaced")
	case n == 0 && r.CheckpointDelay != usualPause:
		o.mistake("checkpoint_delay", fmt.Sprint(r.CheckpointDelay), "it beside fleet.refresh.checkpoints alone")
	}
	switch {
	case r.MaxHealthy != 0 && r.MaxHealthy < 100:
		o.mistake("max_healthy", fmt.Sprint(r.MaxHealthy), "a whole number from 100 to 200, or 0")
	case r.MaxHealthy-r.MinHealthy > 100:
		o.mistake("max_healthy", fmt.Sprint(r.MaxHealthy), fmt.Sprintf("at most 100 more than min_healthy, %d", r.MinHealthy))
	case r.MaxHealthy == 100 && r.MinHealthy == 100:
		o.mistake("max_healthy", "100, as min_healthy", "one that is apart from it: nothing could be replaced")
	}
	return r
}

var percentage = matching(`[1-9][0-9]?|100`, "a whole number from 1 to 100")
