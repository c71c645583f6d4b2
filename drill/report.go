package drill

import (
	"slices"
	"time"
)

// Report is the result of a drill. Durations are in milliseconds.
type Report struct {
	Name      string         `json:"name"`
	Fault     string         `json:"fault"`
	Speed     float64        `json:"speed"`
	Clients   int            `json:"clients"`
	Requests  int            `json:"requests"`
	Failed    int            `json:"failed"`
	ServedBy  map[string]int `json:"served_by"`
	Primary   string         `json:"primary"`
	Secondary string         `json:"secondary"`

	FaultAt  time.Time `json:"fault_at"`
	RepairAt time.Time `json:"repair_at"`

	// FailedOutside counts failures before the fault, or after the predicted end of the outage.
	FailedOutside int `json:"failed_outside_window"`
	// StrayedAfter counts requests that the primary served between the end of the failover and the repair.
	StrayedAfter int `json:"primary_served_after_failover"`

	DetectMS            float64  `json:"detect_ms"`
	AnswerChangedMS     float64  `json:"answer_changed_ms"`
	DowntimeMS          Quantile `json:"downtime_ms"`
	FailbackMS          float64  `json:"failback_ms"`
	PredictedDowntimeMS float64  `json:"predicted_downtime_ms"`
	PredictedDetectMS   float64  `json:"predicted_detect_ms"`

	// Faults are what went wrong on purpose meanwhile, of the cloud's API, in words.
	Faults []string `json:"faults,omitempty"`
}

// Quantile is the distribution of a figure over the clients, in milliseconds.
type Quantile struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Milliseconds returns a duration as reports show it, in milliseconds, rounded to a tenth.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond)) / float64(time.Millisecond)
}

// timeline is when things happened.
type timeline struct {
	fault, detected, changed, moved, repair, returned time.Time
}

// summarise computes the report from all requests.
func (r *Report) summarise(requests []Request, clients int, t timeline, s Settings) {
	r.Clients, r.Requests, r.ServedBy = clients, len(requests), map[string]int{}
	r.FaultAt, r.RepairAt = t.fault, t.repair
	window := t.fault.Add(s.Downtime())
	for _, q := range requests {
		switch {
		case q.Err != nil:
			r.Failed++
			if q.End.Before(t.fault) || q.Start.After(window) {
				r.FailedOutside++
			}
		default:
			r.ServedBy[q.Region]++
			if q.Region == r.Primary && q.Start.After(t.moved) && q.End.Before(t.repair) {
				r.StrayedAfter++
			}
		}
	}
	r.DetectMS = Milliseconds(t.detected.Sub(t.fault))
	r.AnswerChangedMS = Milliseconds(t.changed.Sub(t.fault))
	r.FailbackMS = Milliseconds(t.returned.Sub(t.repair))
	r.PredictedDowntimeMS = Milliseconds(s.Downtime())
	r.PredictedDetectMS = Milliseconds(s.Detection())
	r.DowntimeMS = quantiles(downtimes(requests, clients, t))
}

// downtimes returns each client's time without service between the fault and the repair: from the
// start of its first failed request to the end of the first good one after its last failure.
func downtimes(requests []Request, clients int, t timeline) []time.Duration {
	type outage struct{ first, last, end time.Time }
	seen := make([]outage, clients)
	for _, q := range byStart(requests) {
		if q.End.Before(t.fault) || q.Start.After(t.repair) {
			continue
		}
		o := &seen[q.Client]
		if q.Err != nil {
			if o.first.IsZero() {
				o.first = q.Start
			}
			o.last, o.end = q.End, time.Time{}
		} else if !o.first.IsZero() && o.end.IsZero() {
			o.end = q.End
		}
	}
	all := make([]time.Duration, clients)
	for i, o := range seen {
		switch {
		case o.first.IsZero(): // never failed
		case o.end.IsZero():
			all[i] = o.last.Sub(o.first)
		default:
			all[i] = o.end.Sub(o.first)
		}
	}
	return all
}

func byStart(requests []Request) []Request {
	sorted := slices.Clone(requests)
	slices.SortFunc(sorted, func(a, b Request) int { return a.Start.Compare(b.Start) })
	return sorted
}

// quantiles uses the nearest rank, so that every figure is one client's downtime.
func quantiles(d []time.Duration) Quantile {
	if len(d) == 0 {
		return Quantile{}
	}
	slices.Sort(d)
	rank := func(p float64) float64 {
		i := int(p*float64(len(d))+0.999999) - 1
		return Milliseconds(d[min(max(i, 0), len(d)-1)])
	}
	return Quantile{P50: rank(0.50), P99: rank(0.99), Max: Milliseconds(d[len(d)-1])}
}
