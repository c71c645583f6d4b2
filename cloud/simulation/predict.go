package simulation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/cloud/internal/health"
)

// Question is what a prediction is asked.
type Question struct {
	Seed    uint64
	Worlds  int      // runs of each fault
	Clients int      // of each fault, over all its runs and kinds
	Faults  []string // kinds
	Kinds   []string // of clients
	For     Span     // how long the primary is broken; of a flap, each time: 0 is what detection takes
	Times   int      // of a flap
	Period  Span     // of a flap, how long it is broken each time; 0 is what detection takes, or what For leaves for it
	By      string   // of a flap, the fault that breaks it each time; "" is that the region is lost
}

// Resolvers are how many resolvers the clients of a run are behind.
const Resolvers = 50

// PredictionSchema is the version of a prediction's form. A field is added without a new version.
const PredictionSchema = 1

// Prediction is what a failover comes to.
type Prediction struct {
	Schema  int             `json:"schema"`
	Seed    uint64          `json:"seed"`
	Worlds  int             `json:"worlds"`
	Clients int             `json:"clients"`
	For     Span            `json:"for"`
	System  System          `json:"system"`
	Faults  []PredictedFall `json:"faults"`
}

// PredictedFall is what one fault comes to. A time that does not come in a run is not in its distribution.
type PredictedFall struct {
	Fault       string          `json:"fault"`
	Detect      *Distribution   `json:"detect_ms,omitempty"` // until the health check's status is unhealthy
	Undetected  float64         `json:"undetected"`          // the share of runs in which it never is
	Answer      *Distribution   `json:"answer_changed_ms,omitempty"`
	Unmoved     float64         `json:"unmoved"`  // the share of runs in which the name never leads to the standby
	ByCheck     float64         `json:"by_check"` // the share of its changes that came by the health check, not by target health
	Predictions []PredictedKind `json:"clients"`
}

// PredictedKind is what a fault comes to for one kind of clients.
type PredictedKind struct {
	Kind     string       `json:"kind"`
	Downtime Distribution `json:"downtime_ms"` // of all of them, also those who notice nothing
	Lost     Distribution `json:"requests_lost"`
	Stuck    float64      `json:"stuck"` // the share who are without service until the fault ends
	Ledger   []Row        `json:"ledger"`
}

// Distribution is of times in milliseconds, or of counts.
type Distribution struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// distribution takes the nearest rank, as drill reports do.
func distribution(v []float64) *Distribution {
	if len(v) == 0 {
		return nil
	}
	slices.Sort(v)
	rank := func(p float64) float64 { return v[min(max(int(math.Ceil(p*float64(len(v))))-1, 0), len(v)-1)] }
	return &Distribution{rank(0.50), rank(0.90), rank(0.99), v[len(v)-1]}
}

// calmBefore is how long all is well before the fault comes: long enough for every checker to have asked.
const calmBefore = 5 * time.Minute

// Calm is the same: when the first data point of an incident is, in the run of it.
const Calm = calmBefore

// Predict predicts what the primary's faults come to.
func Predict(m *Model, q Question) (*Prediction, error) {
	if err := m.Valid(); err != nil {
		return nil, err
	}
	if q.Worlds < 1 || q.Clients < 1 || q.For <= 0 {
		return nil, fmt.Errorf("predict: at least one run, one client, and a fault that lasts")
	}
	p := &Prediction{Schema: PredictionSchema, Seed: q.Seed, Worlds: q.Worlds, Clients: q.Clients, For: q.For, System: m.System}
	for _, name := range q.Faults {
		one, err := m.fall(name, q)
		if err != nil {
			return nil, err
		}
		p.Faults = append(p.Faults, *one)
	}
	return p, nil
}

// faultOf is the fault that a question asks for.
func (m *Model) faultOf(name string, q Question) (Fault, error) {
	kind, ok := KindOf(name)
	if !ok || !kind.Predicted && !kind.Named {
		return Fault{}, fmt.Errorf("predict: no fault is named %q", name)
	}
	f := Fault{Kind: name, Region: Primary, For: q.For}
	if name == FaultPartition {
		f.Share = 1
	}
	if name == FaultFlap {
		f.Times, f.By = max(1, q.Times), q.By
		found := time.Duration(m.Check.Threshold) * (time.Duration(m.Check.Interval) + m.limit(health.ConnectLimit) + m.limit(health.ReplyLimit))
		f.For = cmp.Or(q.Period, min(q.For/Span(2*f.Times), Span(found)+m.Propagation))
	}
	return f, nil
}

// fall runs one fault many times, each time with other phases, and has clients live through it.
func (m *Model) fall(name string, q Question) (*PredictedFall, error) {
	fault, err := m.faultOf(name, q)
	if err != nil {
		return nil, err
	}
	kinds := make([]*kindSum, len(q.Kinds))
	for n, k := range q.Kinds {
		if clients.Named(k) == nil {
			return nil, fmt.Errorf("predict: no kind of clients is named %q", k)
		}
		kinds[n] = newKindSum(m.kind(clients.Named(k)), max(1, q.Clients/q.Worlds/len(q.Kinds)))
	}
	var detect, answer []float64
	byCheck := 0
	for n := range q.Worlds {
		seed := mix(q.Seed, uint64(n))
		h := m.fallOnce(fault, seed)
		if h.decided != never {
			detect = append(detect, Span(h.decided).Milliseconds())
		}
		if h.moved != never {
			answer = append(answer, Span(h.moved).Milliseconds())
			if h.byCheck {
				byCheck++
			}
		}
		for _, k := range kinds {
			k.live(m, h, fault.end(), seed)
		}
	}
	p := &PredictedFall{Fault: name, ByCheck: float64(byCheck) / float64(max(1, len(answer)))}
	p.Undetected, p.Unmoved = missing(detect, q.Worlds), missing(answer, q.Worlds)
	p.Detect, p.Answer = distribution(detect), distribution(answer)
	for _, k := range kinds {
		p.Predictions = append(p.Predictions, k.sum())
	}
	return p, nil
}

func missing(v []float64, of int) float64 { return 1 - float64(len(v))/float64(of) }

// fallOnce runs a fault once. It comes at a random moment.
func (m *Model) fallOnce(fault Fault, seed uint64) *history {
	at := calmBefore + time.Duration(part(seed, drawClient)*float64(time.Minute))
	h := newHistory(at)
	w := newWorld(m, seed, true, h)
	h.note(w)
	lasts := fault.end()
	fault.At = Span(at)
	w.inject(fault)
	w.run(at + lasts)
	return h
}

// kindSum collects what becomes of clients of one kind.
type kindSum struct {
	kind  *clients.Kind
	each  int // in each run
	down  []float64
	lost  []float64
	stuck int
	ledger
}

func newKindSum(kind *clients.Kind, each int) *kindSum { return &kindSum{kind: kind, each: each} }

func (k *kindSum) live(m *Model, h *history, end time.Duration, seed uint64) {
	for n := range k.each {
		c := m.client(k.kind, seed, n)
		f := c.live(h, end)
		k.down, k.lost = append(k.down, Span(f.down()).Milliseconds()), append(k.lost, float64(f.lost))
		if f.stuck {
			k.stuck++
		}
		k.account(h, c, f)
	}
}

// client is the nth client of a kind in a run.
func (m *Model) client(kind *clients.Kind, seed uint64, n int) *client {
	c := &client{Kind: kind, users: m.Users, next: m.stretched(clients.NextAddress), ttl: time.Duration(m.TTL), share: m.Share, nearest: m.Nearest}
	resolver := uint64(n % Resolvers)
	c.who, c.home = mix(seed, drawClient, uint64(n)), mix(seed, drawUser, drawSide, resolver)
	c.resolver = time.Duration(part(seed, drawUser, resolver) * float64(c.keeps()))
	c.own = time.Duration(part(c.who, 1) * float64(c.Runtime))
	c.phase = time.Duration(part(c.who, 2) * float64(c.users.Every))
	c.luck = part(c.who, 3)
	if c.Program != "" {
		c.second = m.stretched(time.Second)
		c.ticks = time.Duration(part(c.who, 6) * float64(c.second))
	}
	return c
}

func (k *kindSum) sum() PredictedKind {
	return PredictedKind{
		Kind: k.kind.Name, Downtime: *distribution(k.down), Lost: *distribution(k.lost),
		Stuck: float64(k.stuck) / float64(len(k.down)), Ledger: k.rows(),
	}
}
