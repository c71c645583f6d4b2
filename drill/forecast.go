package drill

import (
	"fmt"
	"math"
)

// Forecast is what was predicted of the time without service of users of a kind, in milliseconds at the drill's speed.
type Forecast struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`

	Causes map[Cause]float64 `json:"-"` // of each user, on average
}

// Compared is a row of the ledger beside what was predicted of it: of each user on average, also of those who were never without service.
type Compared struct {
	Cause       Cause   `json:"cause"`
	MeasuredMS  float64 `json:"measured_ms"`
	PredictedMS float64 `json:"predicted_ms"`
}

// Finding is a figure that left its prediction.
type Finding struct {
	Kind        string  `json:"kind"`
	Figure      string  `json:"figure"` // p50 or p99
	Users       int     `json:"users"`  // of the kind
	MeasuredMS  float64 `json:"measured_ms"`
	PredictedMS float64 `json:"predicted_ms"`
}

func (f Finding) String() string {
	by := "where none was predicted"
	if f.PredictedMS > 0 {
		by = fmt.Sprintf("%+.0f %%", 100*(f.MeasuredMS/f.PredictedMS-1))
	}
	return fmt.Sprintf("%s of %d users of the kind %s is %.0f ms, and %.0f ms was predicted: %s", f.Figure, f.Users, f.Kind, f.MeasuredMS, f.PredictedMS, by)
}

// leeway is the share by which a figure may leave its prediction without being a finding.
const leeway = 0.1

// Foresee puts what was predicted of each kind of users beside what they felt.
func (r *Report) Foresee(of map[string]Forecast) {
	measured, predicted := map[Cause]float64{}, map[Cause]float64{}
	for i := range r.Kinds {
		k := &r.Kinds[i]
		f, ok := of[k.Kind]
		if !ok {
			continue
		}
		k.Forecast = &f
		for _, row := range k.Ledger {
			measured[row.Cause] += row.SumMS
		}
		for cause, ms := range f.Causes {
			predicted[cause] += ms * float64(k.Clients)
		}
		r.Findings = append(r.Findings, k.findings(r.GrainMS)...)
	}
	for _, c := range Causes {
		one := Compared{c, rounded(measured[c] / float64(r.Clients)), rounded(predicted[c] / float64(r.Clients))}
		if one.MeasuredMS > 0 || one.PredictedMS > 0 {
			r.Compared = append(r.Compared, one)
		}
	}
}

// findings are the figures that left their prediction, by more than is allowed and by more than can be seen.
func (k *KindReport) findings(grain float64) (all []Finding) {
	for _, f := range []Finding{
		{Figure: "p50", MeasuredMS: k.DowntimeMS.P50, PredictedMS: k.Forecast.P50},
		{Figure: "p99", MeasuredMS: k.DowntimeMS.P99, PredictedMS: k.Forecast.P99},
	} {
		if off := math.Abs(f.MeasuredMS - f.PredictedMS); off > leeway*f.PredictedMS && off > grain {
			f.Kind, f.Users = k.Kind, k.Clients
			all = append(all, f)
		}
	}
	return all
}
