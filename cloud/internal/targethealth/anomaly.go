package targethealth

import "math"

// Record is what a target has answered lately: requests, and those among them that failed. Older ones count for less.
type Record struct{ Requests, Errors float64 }

// kept is what a period leaves of what came before it.
const kept = 0.7

// Add returns the record a period later, with what that has brought.
func (r Record) Add(requests, failed uint64) Record {
	return Record{r.Requests*kept + float64(requests), r.Errors*kept + float64(failed)}
}

// Which targets are anomalous AWS says in words alone: those with "significantly" more errors, in per cent, than the others of at least three
// healthy ones (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-attributes.html#automatic-target-weights).
// The numbers are ours.
const (
	leastTargets  = 3
	leastRequests = 10  // of which nothing is concluded from fewer
	significant   = 3   // standard deviations from the others
	times         = 2   // so often the others' share of errors
	forgotten     = 0.5 // so few errors are left of those that were
)

// Anomalous tells which of a target group's healthy targets are anomalous; before tells which were a period ago.
func Anomalous(records []Record, before []bool) []bool {
	now := make([]bool, len(records))
	if len(records) < leastTargets {
		return now
	}
	var all Record
	for _, r := range records {
		all.Requests, all.Errors = all.Requests+r.Requests, all.Errors+r.Errors
	}
	for i, r := range records {
		others := Record{all.Requests - r.Requests, all.Errors - r.Errors}
		now[i] = r.deviates(others) || before[i] && r.stillDeviates(others)
	}
	return now
}

func (r Record) share() float64 {
	if r.Requests == 0 {
		return 0
	}
	return r.Errors / r.Requests
}

// deviates tells whether a target's share of errors is significantly higher than the others' (a test of two proportions).
func (r Record) deviates(others Record) bool {
	if r.Requests < leastRequests || others.Requests < leastRequests || r.share() <= times*others.share() {
		return false
	}
	pooled := (r.Errors + others.Errors) / (r.Requests + others.Requests)
	deviation := math.Sqrt(pooled * (1 - pooled) * (1/r.Requests + 1/others.Requests))
	return r.share()-others.share() > significant*deviation
}

// stillDeviates tells it of one that did: few requests reach it, so that it is enough that they fail.
func (r Record) stillDeviates(others Record) bool {
	return r.Errors > forgotten && r.share() > times*others.share()
}

// WholeShare is a target's share of the requests where nothing of it is withheld.
const WholeShare = 1000

// The steps of mitigation, one a period: a share is halved, to as little as shows whether the target has recovered, and then grows evenly.
const (
	leastShare = WholeShare / 20
	regained   = WholeShare / 20
)

// Share returns the share that a target gets next.
func Share(share int, anomalous bool) int {
	if anomalous {
		return max(share/2, leastShare)
	}
	return min(share+regained, WholeShare)
}
