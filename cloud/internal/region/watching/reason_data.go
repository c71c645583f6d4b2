package watching

import (
	"encoding/json"
	"time"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// reasonData is StateReasonData of a state that data decided, with the members that real CloudWatch was seen to send
// (github.com/guardian/support-service-lambdas has one). Data points that are recent come in the order of time, those that are
// evaluated the newest first; one without data has its time alone.
type reasonData struct {
	Version   string          `json:"version"`
	QueryDate string          `json:"queryDate"`
	StartDate string          `json:"startDate,omitempty"`
	Unit      string          `json:"unit,omitempty"`
	Statistic string          `json:"statistic,omitempty"`
	Period    int32           `json:"period"`
	Recent    []json.Number   `json:"recentDatapoints"`
	Threshold json.Number     `json:"threshold"`
	Evaluated []evaluatedData `json:"evaluatedDatapoints"`
}

type evaluatedData struct {
	Timestamp   string      `json:"timestamp"`
	SampleCount json.Number `json:"sampleCount,omitempty"`
	Value       json.Number `json:"value,omitempty"`
}

func reasonTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

// explainData tells of the data points of the periods up to end that decided an alarm's state.
func (r *Room) explainData(s alarmSettings, values []*float64, end, now time.Time) string {
	data := reasonData{
		Version: "1.0", QueryDate: reasonTime(now), Unit: string(s.Unit), Statistic: s.Statistic, Period: s.Period,
		Recent: []json.Number{}, Threshold: json.Number(decimal(s.Threshold)), Evaluated: []evaluatedData{},
	}
	var counts []*metrics.Summary
	if len(s.Queries) == 0 {
		counts = r.Data.Window(s.Metric, string(s.Unit), end, s.period(), len(values), now)
	}
	length := r.Speed.Of(s.period())
	for i := len(values) - 1; i >= 0 && len(data.Evaluated) < int(s.EvaluationPeriods); i-- {
		at := reasonTime(end.Add(-time.Duration(len(values)-i) * length))
		if values[i] == nil {
			data.Evaluated = append(data.Evaluated, evaluatedData{Timestamp: at})
			continue
		}
		value := json.Number(decimal(*values[i]))
		one := evaluatedData{Timestamp: at, Value: value}
		if counts != nil && counts[i] != nil {
			one.SampleCount = json.Number(decimal(counts[i].SampleCount))
		}
		data.StartDate = at
		data.Evaluated, data.Recent = append(data.Evaluated, one), append([]json.Number{value}, data.Recent...)
	}
	return jsonOf(data)
}
