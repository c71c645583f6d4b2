package report

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/understudy/understudy/drill"
)

// JUnit writes what a drill was to show, each as a test that passed or failed.
func JUnit(w io.Writer, r *drill.Report) error {
	s := Suite{Name: "drill of " + r.Name, Time: seconds(r.EndedMS), Timestamp: r.Began.UTC().Format(time.RFC3339)}
	for _, c := range claims(r) {
		t := Case{Name: c.what, Class: "drill." + r.Fault, Time: seconds(c.ms)}
		if c.wrong != "" {
			t.Failure = &Message{Message: c.wrong}
		}
		s.Cases = append(s.Cases, t)
	}
	return WriteSuites(w, s)
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }

// claim is something that a drill shows, how long it took, and what is wrong with it.
type claim struct {
	what  string
	ms    float64
	wrong string
}

func claims(r *drill.Report) []claim {
	unless := func(ok bool, format string, args ...any) string {
		if ok {
			return ""
		}
		return fmt.Sprintf(format, args...)
	}
	all := []claim{{"the drill went to its end", r.EndedMS, r.Aborted}}
	if !r.Undetected {
		all = append(all, claim{"Route 53 found the fault in the predicted time", r.DetectMS,
			unless(r.DetectMS <= r.PredictedDetectMS, "it took %s, and at most %s was predicted", inWords(r.DetectMS), inWords(r.PredictedDetectMS))})
	}
	if r.PromisedDowntimeMS > 0 {
		all = append(all, claim{"what is promised was kept", r.DowntimeMS.Max, unless(!r.Broken(),
			"a user was without service for %s, and no more than %s is promised", inWords(r.DowntimeMS.Max), inWords(r.PromisedDowntimeMS))})
	}
	return append(all,
		claim{"the standby served", r.AnswerChangedMS, unless(r.ServedBy[r.Secondary] > 0, "%s answered no request", r.Secondary)},
		claim{"no user was without service for longer than predicted", r.DowntimeMS.Max, unless(r.Predicted(),
			"a user was for %s, and at most %s was predicted", inWords(r.DowntimeMS.Max), inWords(r.PredictedDowntimeMS))},
		claim{"no request failed outside of the outage", 0, unless(r.FailedOutside == 0, "%d requests did", r.FailedOutside)},
		claim{"every user was served by the primary again", r.FailbackMS, unless(r.FailbackMS > 0, "%s", cmp.Or(r.Unreturned, "not every user was"))},
	)
}
