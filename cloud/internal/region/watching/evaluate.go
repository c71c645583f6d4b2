package watching

import (
	"math"
	"slices"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Alarms are evaluated every minute, and those whose period is shorter every 10 seconds ("Alarm evaluation"
// in the CloudWatch user guide).
const (
	eachMinute = time.Minute
	eachTen    = 10 * time.Second
)

// tendAlarms evaluates alarms until the region closes. The periods that an evaluation looks at end where a
// minute, or ten seconds, has just ended.
func (r *Room) tendAlarms() {
	last := r.Data.Floor(time.Now(), eachMinute)
	for {
		now := time.Now()
		next := r.Data.Floor(now, eachTen).Add(r.Speed.Of(eachTen))
		select {
		case <-r.Context().Done():
			return
		case <-time.After(next.Sub(now)):
		}
		now = time.Now()
		minute := r.Data.Floor(now, eachMinute)
		if minute.After(last) {
			last = minute
			for _, publish := range r.publish {
				publish(func(m metrics.Metric, unit string, data metrics.Summary) {
					r.Data.Put(m, unit, minute.Add(-r.Speed.Of(time.Second)), now, false, data)
				})
			}
			r.evaluateAlarms(minute, now, func(s alarmSettings) bool { return s.Period >= 60 })
		}
		r.evaluateAlarms(r.Data.Floor(now, eachTen), now, func(s alarmSettings) bool { return s.Period < 60 })
	}
}

// evaluateAlarms judges the alarms and the streams with these settings by the periods up to end.
func (r *Room) evaluateAlarms(end, now time.Time, which func(alarmSettings) bool) {
	for _, row := range r.alarms.All() {
		if row.composite() || !which(row.Settings) {
			continue
		}
		if r.tooFew(row.Settings, end, now) {
			continue
		}
		values := r.values(row.Settings, end, now)
		state := row.Settings.judge().Judge(values, row.State)
		if state == row.State {
			// Auto Scaling is asked again each minute that an alarm stays in a state, whichever it is ("Alarm actions" in the CloudWatch user guide).
			if now.Sub(row.Updated) >= r.Speed.Of(eachMinute) && end.Equal(r.Data.Floor(end, eachMinute)) {
				r.act(r.scalingAlone(row), state, values)
			}
			continue
		}
		r.change(row, state, r.explain(row.Settings, values, state, end), r.explainData(row.Settings, values, end, now), values)
	}
	r.evaluateStreams(end, now, which)
}

// change puts an alarm that was just judged into a state, and has it act. It may have been changed meanwhile; the next evaluation is the
// changed alarm's.
func (r *Room) change(row alarmRow, state cwtypes.StateValue, reason, data string, values []*float64) {
	entered := false
	if err := r.Update(func(tx *store.Tx) error {
		current, ok := r.alarms.GetTx(tx, row.Name)
		if !ok || !current.Configured.Equal(row.Configured) || current.State != row.State {
			return nil
		}
		entered, row = true, current
		return r.enter(tx, current, state, reason, data, time.Now().UTC())
	}); err != nil {
		r.Log.Error("keep an alarm's state", "alarm", row.Name, "err", err)
	} else if entered {
		r.act(row, state, values)
	}
}

// values are the statistic of each period of an alarm's evaluation range.
func (r *Room) values(s alarmSettings, end, now time.Time) []*float64 {
	n := s.judge().Range()
	var measured []float64
	if len(s.Queries) > 0 {
		measured = r.calculate(s, end, n, now)
	} else {
		measured = statistics(r.Data.Window(s.Metric, string(s.Unit), end, s.period(), n, now), s.Statistic)
	}
	values := make([]*float64, n)
	for i, v := range measured {
		if !math.IsNaN(v) {
			values[i] = &v
		}
	}
	return values
}

// tooFew tells whether an alarm keeps its state because a period of its evaluation has too few values for its percentile, and it was told to ignore
// such. Which of several periods count AWS does not say; here each does that has data.
func (r *Room) tooFew(s alarmSettings, end, now time.Time) bool {
	metric, statistic, unit := s.percentileOf()
	least := metrics.Significant(statistic)
	if s.LowSamples != ignoreLow || least == 0 {
		return false
	}
	return slices.ContainsFunc(r.Data.Window(metric, string(unit), end, s.period(), int(s.EvaluationPeriods), now), func(w *metrics.Summary) bool {
		return w != nil && w.SampleCount < least-1e-6
	})
}

// percentileOf is the metric that an alarm watches, and the statistic of it that may be a percentile; one on an expression watches none.
func (s alarmSettings) percentileOf() (m metrics.Metric, statistic string, unit cwtypes.StandardUnit) {
	if len(s.Queries) == 0 {
		return s.Metric, s.Statistic, s.Unit
	}
	q := s.result()
	return q.Metric, q.Statistic, q.Unit
}

// evaluateStreams judges what Route 53 watches by the data alone. How an alarm treats missing data is not
// among what Route 53 keeps of it (CloudWatchAlarmConfiguration), so missing data is missing.
func (r *Room) evaluateStreams(end, now time.Time, which func(alarmSettings) bool) {
	news := false
	for _, row := range r.streams.All() {
		if !which(row.Settings) {
			continue
		}
		a := row.Settings.judge()
		a.TreatMissingData = "missing"
		values := r.values(row.Settings, end, now)
		key := streamKey(row.Name, row.Fingerprint)
		r.watch.Lock()
		old, ok := r.watch.streams[key]
		if !ok {
			old = cwtypes.StateValueInsufficientData
		}
		state := a.Judge(values, old)
		r.watch.streams[key] = state
		r.watch.Unlock()
		news = news || state != old
	}
	if news {
		r.Wake(streamStates)
	}
}
