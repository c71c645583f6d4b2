package drill

import "slices"

// KindReport is what users of one kind felt. Durations are in milliseconds.
type KindReport struct {
	Kind        string    `json:"kind"`
	Clients     int       `json:"clients"`
	Requests    int       `json:"requests"`
	Failed      int       `json:"failed"`
	DowntimeMS  Spread    `json:"downtime_ms"`
	PredictedMS float64   `json:"predicted_downtime_ms,omitempty"` // the most; 0 where a kind need not follow the name at all
	Resolver    string    `json:"resolver,omitempty"`              // the program that they asked, and its version
	KeepsTTL    bool      `json:"keeps_ttl,omitempty"`             // an answer's TTL decides, as a promise supposes
	Ledger      []Row     `json:"ledger,omitempty"`
	Forecast    *Forecast `json:"forecast,omitempty"` // nil where nothing was predicted but the most
	Back        *Back     `json:"back,omitempty"`     // what they felt after the repair; nil where nobody was without service then
}

// Mostly is the row of the ledger with the largest share, the zero row where nothing was lost.
func (k KindReport) Mostly() (most Row) {
	for _, row := range k.Ledger {
		if row.Share > most.Share {
			most = row
		}
	}
	return most
}

// Spread is a distribution over users.
type Spread struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// byKind sums up what the users of each kind felt.
func byKind(requests []Request, spans []span, kinds []*UserKind, s Settings) (all []KindReport) {
	for i := range UserKinds {
		k := &UserKinds[i]
		if !slices.Contains(kinds, k) {
			continue
		}
		one := KindReport{Kind: k.Name, KeepsTTL: k.keepsTTL()}
		if !k.strays() {
			one.PredictedMS = Milliseconds(s.Downtime() + k.extra(s))
		}
		var down []float64
		for n, of := range kinds {
			if of == k {
				one.Clients++
				down = append(down, Milliseconds(spans[n].to.Sub(spans[n].from)))
			}
		}
		for _, q := range requests {
			if kinds[q.Client] != k {
				continue
			}
			one.Requests++
			if q.Err != nil {
				one.Failed++
			}
		}
		one.DowntimeMS = spreadOf(down)
		all = append(all, one)
	}
	return all
}

// spreadOf takes the nearest rank, so that each figure is the value of one user.
func spreadOf(v []float64) Spread {
	if len(v) == 0 {
		return Spread{}
	}
	q := spread(v) // sorts them
	return Spread{Min: v[0], P50: q.P50, P90: ranked(v, 0.90), P95: ranked(v, 0.95), P99: q.P99, Max: q.Max}
}

// tellKinds gives the time of each kind of users to its causes.
func (r *Report) tellKinds(h history, all []user, spans []span) {
	for i := range r.Kinds {
		of, theirs := ofKind(r.Kinds[i].Kind, all, spans)
		r.Kinds[i].Ledger = h.ledger(of, theirs)
	}
}

// tellBack is the same of the way back, for all users and for each kind.
func (r *Report) tellBack(b wayBack, all []user, spans []span) {
	r.Back = b.tell(all, spans)
	for i := range r.Kinds {
		if one := b.tell(ofKind(r.Kinds[i].Kind, all, spans)); one.DowntimeMS.Max > 0 {
			one.Downtimes = nil // as of the outage, they are told of all users together
			r.Kinds[i].Back = one
		}
	}
}

// ofKind are the users of a kind, with their spans.
func ofKind(kind string, all []user, spans []span) (of []user, theirs []span) {
	for n, u := range all {
		if u.kind.Name == kind {
			of, theirs = append(of, u), append(theirs, spans[n])
		}
	}
	return of, theirs
}
