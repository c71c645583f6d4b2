package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// failback waits until what was repaired serves again, for no longer than the limit that it tells.
func (d *Drill) failback(ctx context.Context, rec *recorder, w *watch, t *timeline) error {
	until, limit := "every user is served by "+d.servers()+" again", d.limit()
	d.Tell(Event{
		Phase: "repair", Served: rec.served(),
		Text: fmt.Sprintf("the primary is given back; its users' return is waited for, %s at most", limit.Round(time.Millisecond)),
	})
	err := await(ctx, until, limit, func(ctx context.Context) error {
		if err := d.backInAnswers(ctx, w, t); err != nil {
			return err
		}
		return rec.waitAll(ctx, d.usual(), t.repair)
	})
	if err != nil {
		return err
	}
	t.returned = time.Now()
	d.Tell(Event{Phase: "failback", Text: fmt.Sprintf("every user is served by %s again", cmp.Or(d.usual(), d.servers())), Served: rec.served()})
	return d.hold(ctx, "failback", "users are served by "+d.servers(), rec, min(d.Hold, defaultHold))
}

// backInAnswers waits, where both regions serve, until the name leads to the repaired one again, if it did before.
func (d *Drill) backInAnswers(ctx context.Context, w *watch, t *timeline) error {
	if d.Draws == 0 || t.unused {
		return nil
	}
	if w.leadsBack(ctx, d.Secondary, t.repair).IsZero() {
		return context.Cause(ctx)
	}
	return nil
}

// stillAway is why the end of the way back was not seen: what was waited for, who was still missing, and what the checkers and the name said.
func (d *Drill) stillAway(late error, rec *recorder, w *watch, t *timeline) string {
	why := []string{late.Error()}
	if n := rec.missing(d.usual(), t.repair); n > 0 {
		why = append(why, fmt.Sprintf("of %d users %d were not served by %s since, or not by their last request", d.Clients, n, cmp.Or(d.usual(), d.servers())))
	}
	checks, answers := w.all()
	if n := len(checks); n > 0 {
		v := checks[n-1].What
		why = append(why, fmt.Sprintf("the health check of %s was %s, by %d of %d checkers whose last probe passed",
			d.Primary, wellOrIll(v.Healthy), v.All-v.Failing, v.All))
	}
	if n := len(answers); n > 0 {
		why = append(why, "the name led to "+cmp.Or(answers[n-1].What, "no region, or to several"))
	}
	if last := lastError(rec.requests(), t.repair); last != "" {
		why = append(why, "the last request that failed: "+last)
	}
	text := strings.Join(why, "; ")
	d.Tell(Event{Phase: "failback", Text: "not seen to end: " + text, Served: rec.served()})
	return text
}

func wellOrIll(healthy bool) string {
	if healthy {
		return "healthy"
	}
	return "unhealthy"
}

// lastError is what the newest request lacked that failed after a moment, or "".
func lastError(all []Request, after time.Time) string {
	for _, q := range slices.Backward(all) {
		if q.Err != nil && q.Start.After(after) {
			return q.Err.Error()
		}
	}
	return ""
}
