package drill

import (
	"fmt"
	"math"
	"time"
)

// What a drill costs its own users: a machine that is too slow sends less than declared and later than due, and times get coarser than they say.
const (
	leastKept = 0.95 // of the declared rate
	mostLate  = 1.0  // of a user's time between two requests, for 99 of 100
)

// pace fills in how the users kept to what was declared of them, and how long those were answered who had no trouble: before the fault, since
// after it who waits for a time-out asks nothing meanwhile, unless nobody waits.
func (r *Report) pace(requests []Request, t timeline) {
	var late, answered []float64
	sent, from := 0, t.began.Add(time.Duration(r.GrainMS*float64(time.Millisecond))) // all users have begun by then
	for _, q := range requests {
		before := q.End.Before(t.fault)
		if before || r.OpenLoop {
			late = append(late, Milliseconds(q.Late))
		}
		if before && q.Err == nil && !q.Kept && len(q.Paused) == 0 {
			answered = append(answered, Milliseconds(q.End.Sub(q.Start)))
		}
		if !q.Start.Before(from) && q.Start.Before(t.fault) {
			sent++
		}
	}
	r.LateMS, r.AnswerMS = spread(late), spread(answered)
	if whole := t.fault.Sub(from); whole > 0 {
		r.RateKept = math.Round(10*float64(sent)/whole.Seconds()) / 10
	}
	if why := r.Slow(); why != "" {
		r.Notes = append(r.Notes, why)
	}
}

// Slow says that the machine did not keep up with its users, so that its figures are no measurement; "" if it did.
func (r *Report) Slow() string {
	switch {
	case r.RateKept > 0 && r.RateKept < leastKept*r.Rate:
		return fmt.Sprintf("before the fault the users sent %.4g requests a second of the %.4g declared: this machine is too slow for so many, "+
			"or the service answers too late, and times of users are coarser than they say", r.RateKept, r.Rate)
	case r.LateMS.P99 > mostLate*r.GrainMS:
		return fmt.Sprintf("one request in a hundred began %.0f ms or more after it was due: this machine is too slow for so many users, "+
			"and times of users are coarser than they say", r.LateMS.P99)
	}
	return ""
}
