package simulation

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const year = 8766 * time.Hour // 365.25 days

// common are faults that strike together: the independence of two regions is what forecasts are years too good by.
var common = []struct {
	kind    string
	perYear float64
	lasts   time.Duration
}{
	{FaultIll, 0.1, 30 * time.Minute},      // a release that reaches both regions
	{FaultRefused, 0.05, 2 * time.Hour},    // a certificate that ends in both
	{FaultReports, 0.05, 30 * time.Minute}, // Route 53's own
}

// crowded is how often no instance can be launched in the standby when the primary's region is lost: all its users go there at once.
const crowded = 0.2

// RandomFaults draws the faults of so many years. Their rates are the table's, and not AWS's record.
func RandomFaults(seed uint64, years int) []Fault {
	r := rand.New(rand.NewPCG(seed, 1))
	var all []Fault
	until := time.Duration(years) * year
	draw := func(perYear float64, lasts time.Duration, add func(at, lasts Span)) {
		for at := time.Duration(0); ; {
			at += time.Duration(r.ExpFloat64() / perYear * float64(year))
			long := 30*time.Second + time.Duration(r.ExpFloat64()*float64(lasts))
			if at < calmBefore || at+long > until {
				if at > until {
					return
				}
				continue
			}
			add(Span(at.Round(time.Millisecond)), Span(long.Round(time.Millisecond)))
		}
	}
	for _, k := range Faults {
		if !k.Random {
			continue
		}
		for _, side := range []Side{Primary, Standby} {
			if k.Global && side == Standby {
				continue
			}
			draw(k.PerYear, k.Lasts, func(at, lasts Span) {
				f := Fault{Kind: k.Name, Region: side, At: at, For: lasts}
				if k.Global {
					f.Region = ""
				}
				if k.Name == FaultGrey || k.Name == FaultPartition {
					f.Share = math.Round(100*r.Float64()) / 100
				}
				all = append(all, f)
				if k.Name == FaultRegion && side == Primary && r.Float64() < crowded {
					all = append(all, Fault{Kind: FaultCapacity, Region: Standby, At: at, For: lasts})
				}
			})
		}
	}
	for _, c := range common {
		draw(c.perYear, c.lasts, func(at, lasts Span) {
			all = append(all, Fault{Kind: c.kind, Region: Primary, At: at, For: lasts}, Fault{Kind: c.kind, Region: Standby, At: at, For: lasts})
		})
	}
	slices.SortStableFunc(all, func(a, b Fault) int { return int(min(1, max(-1, int64(a.At-b.At)))) })
	return all
}

// Report is what years come to.
type Report struct {
	Schema       int      `json:"schema"`
	Seed         uint64   `json:"seed"`
	Years        int      `json:"years"`
	System       System   `json:"system"`
	Limits       Limits   `json:"limits"`
	Faults       int      `json:"faults"`
	Moves        int      `json:"moves"`        // of the name
	Availability float64  `json:"availability"` // the share of users' time in which they were served
	Low          float64  `json:"low"`          // of the interval in which it is with 95 %
	High         float64  `json:"high"`
	Nines        float64  `json:"nines"`          // -log10 of what is missing
	MinutesAYear float64  `json:"minutes_a_year"` // that a user is without service
	Worst        float64  `json:"worst_year_minutes"`
	Ledger       []Row    `json:"ledger"`
	ByFault      []Row    `json:"by_fault"` // Cause is the fault's kind
	Broken       []Broken `json:"broken"`
	Events       uint64   `json:"events"`
}

// Broken is how often an invariant broke, and the first time as a schedule of its own, from which every fault is left out that is not
// needed.
type Broken struct {
	Broke    string    `json:"broke"`
	Times    int       `json:"times"`
	Schedule *Schedule `json:"schedule,omitempty"`
}

// ReportSchema is the version of a report's form.
const ReportSchema = 1

// Simulate runs years of random faults.
func (m *Model) Simulate(seed uint64, years int, limits Limits) (*Report, error) {
	if err := m.Valid(); err != nil {
		return nil, err
	}
	if err := limits.Valid(); err != nil {
		return nil, err
	}
	r := &Report{Schema: ReportSchema, Seed: seed, Years: years, System: m.System, Limits: limits}
	var yearly []float64
	var lost ledgerOfYears
	broken := map[string]*Broken{}
	for l := range m.lives(seed, years, limits) {
		r.Faults, r.Moves, r.Events = r.Faults+len(l.all), r.Moves+l.total, r.Events+l.events
		yearly = append(yearly, l.yearly...)
		lost.add(l.auditor)
		for _, i := range Invariants {
			if l.broken[i.Name] == 0 {
				continue
			}
			if broken[i.Name] == nil {
				broken[i.Name] = &Broken{Broke: i.Name, Schedule: m.isolate(l.seed, l.all, l.first[i.Name], limits)}
			}
			broken[i.Name].Times += l.broken[i.Name]
		}
	}
	for _, i := range Invariants {
		if b := broken[i.Name]; b != nil {
			r.Broken = append(r.Broken, *b)
		}
	}
	r.Ledger, r.ByFault = lost.rows()
	r.estimate(yearly)
	return r, nil
}

// estimate is the availability, with the interval that follows from how much years differ: a normal one, of means of many years.
func (r *Report) estimate(yearly []float64) {
	sum, squares, worst := 0.0, 0.0, 0.0
	for _, v := range yearly {
		sum += v
		worst = max(worst, v)
	}
	n := float64(len(yearly))
	mean := sum / n
	for _, v := range yearly {
		squares += (v - mean) * (v - mean)
	}
	const normal = 1.96 // 95 % of a normal distribution are within so many standard errors
	bar := 0.0
	if n > 1 {
		bar = normal * math.Sqrt(squares/(n-1)/n)
	}
	r.Availability, r.Low, r.High = 1-mean, 1-mean-bar, min(1, 1-mean+bar)
	r.Nines = -math.Log10(max(mean, 1e-12))
	r.MinutesAYear, r.Worst = mean*year.Minutes(), worst*year.Minutes()
}

// ledgerOfYears is users' time by what it was lost to.
type ledgerOfYears struct {
	causes [causes]time.Duration
	faults []time.Duration
}

func (l *ledgerOfYears) add(a *auditor) {
	if l.faults == nil {
		l.faults = make([]time.Duration, len(Faults))
	}
	for n, d := range a.causes {
		l.causes[n] += d
	}
	for n, d := range a.faults {
		l.faults[n] += d
	}
}

func (l *ledgerOfYears) rows() (byCause, byFault []Row) {
	var sum time.Duration
	for _, d := range l.causes {
		sum += d
	}
	row := func(name string, d time.Duration) Row {
		return Row{name, Span(d).Milliseconds(), float64(d) / float64(sum)}
	}
	for n, d := range l.causes {
		if d > 0 {
			byCause = append(byCause, row(Causes[n], d))
		}
	}
	for n, d := range l.faults {
		if d > 0 {
			byFault = append(byFault, row(Faults[n].Name, d))
		}
	}
	slices.SortStableFunc(byFault, func(a, b Row) int { return int(min(1, max(-1, b.SumMS-a.SumMS))) })
	return byCause, byFault
}
