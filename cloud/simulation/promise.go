package simulation

// Promise is whether a promised time without service is kept.
type Promise struct {
	RTO    Span       `json:"rto"`
	Kept   bool       `json:"kept"`
	Faults []Promised `json:"faults"`
}

// Promised is how one fault keeps it.
type Promised struct {
	Fault   string  `json:"fault"`
	WorstMS float64 `json:"worst_ms"`
	Kept    bool    `json:"kept"`
}

// Whole are the faults for which a promise is given: those that take all of the primary away, once.
var Whole = []string{FaultRegion, FaultIll, FaultTargets, FaultIsolate, FaultBlackhole, FaultRefused, FaultSlow, FaultControlPlane}

// Promise tells whether clients who keep an answer for its TTL are never without service for longer than is promised. How soon Route 53
// heeds target health AWS does not say, so the promise is judged by the health check alone where there is one.
func (m *Model) Promise(q Question, rto Span) (*Promise, error) {
	by := *m
	by.Evaluate = m.Evaluate && m.Check.None
	q.Kinds = []string{"cache"}
	predicted, err := Predict(&by, q)
	if err != nil {
		return nil, err
	}
	p := &Promise{RTO: rto, Kept: true}
	for _, f := range predicted.Faults {
		one := Promised{Fault: f.Fault, WorstMS: f.Predictions[0].Downtime.Max}
		one.Kept = one.WorstMS <= rto.Milliseconds() && f.Predictions[0].Stuck == 0
		p.Faults, p.Kept = append(p.Faults, one), p.Kept && one.Kept
	}
	return p, nil
}
