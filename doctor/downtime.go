package doctor

import (
	"fmt"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/drill"
)

// judgeDowntime compares the prediction with what is asked for, by the caller or by the declaration.
func judgeDowntime(d *understudy.Declaration, rto time.Duration) []Finding {
	f := d.Failover
	if rto <= 0 {
		rto = f.RTO
	}
	worst := drill.Worst(f)
	found := Finding{
		Check: CheckDowntime, Severity: Note, Side: understudy.Global,
		What: fmt.Sprintf("users may be without service for up to %s: interval %d s, threshold %d, answers that resolvers keep for %s",
			worst, f.Interval, f.Threshold, drill.AliasTTL),
		Why: "this is the longest from the loss of the primary to the last user's first answer from the secondary",
	}
	switch {
	case rto <= 0:
		found.Heal = "--rto 2m, or failover.rto in the declaration, compares it with what you need"
	case drill.Kept(f, rto):
		found.What += fmt.Sprintf("; %s is asked for", rto)
	default:
		found.Severity = Blocker
		found.What += fmt.Sprintf(", and no more than %s is asked for", rto)
		found.Heal = drill.Faster(f, rto)
	}
	return []Finding{found}
}
