package watching

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxDatapoints is how many data points GetMetricStatistics answers at most, and maxQueried GetMetricData.
const (
	maxDatapoints = 1440
	maxQueried    = 100_800
)

// sameTimes is what both calls say of a span without length
// (https://github.com/influxdata/telegraf/issues/2022, https://github.com/prometheus-community/yet-another-cloudwatch-exporter/issues/729).
const sameTimes = "The parameter StartTime must not equal parameter EndTime."

// checkSpan refuses the times of GetMetricStatistics.
func checkSpan(start, end *time.Time) error {
	switch {
	case start == nil:
		return missing("StartTime")
	case end == nil:
		return missing("EndTime")
	case start.Equal(*end):
		return invalid(sameTimes)
	case start.After(*end):
		return invalidCombination("The parameter StartTime must be less than the parameter EndTime.")
	}
	return nil
}

// checkDataSpan refuses those of GetMetricData, whose words are others (moto, tests/test_cloudwatch).
func checkDataSpan(start, end *time.Time) error {
	switch {
	case start == nil:
		return missing("StartTime")
	case end == nil:
		return missing("EndTime")
	case start.Equal(*end):
		return wire.Errorf("ValidationError", sameTimes)
	case start.After(*end):
		return wire.Errorf("ValidationError", "The parameter EndTime must be greater than StartTime.")
	}
	return nil
}

// first is when the first period of a query begins: periods of a minute and more begin at a whole minute.
func (r *Room) first(start time.Time, period int32) time.Time {
	if period < 60 {
		return r.Data.Floor(start, time.Second)
	}
	return r.Data.Floor(start, time.Minute)
}

// GetMetricStatistics returns statistics of a metric's periods, the oldest first.
func (r *Room) GetMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if err := room.Only(in, "Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics", "ExtendedStatistics", "Unit"); err != nil {
		return nil, err
	}
	m, err := metricOf(in.Namespace, in.MetricName, in.Dimensions)
	if err != nil {
		return nil, err
	}
	if err := checkPeriod(in.Period); err != nil {
		return nil, err
	}
	if err := checkUnit(in.Unit); err != nil {
		return nil, err
	}
	if err := checkStatistics(in.Statistics, in.ExtendedStatistics); err != nil {
		return nil, err
	}
	if err := checkSpan(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	start := r.first(*in.StartTime, *in.Period)
	period := time.Duration(*in.Period) * time.Second
	// Counted at AWS's speed: who asks for an hour by the minute may do so at every other one, and gets as many more.
	if n := in.EndTime.Sub(start) / period; n > maxDatapoints {
		return nil, invalidCombination(
			"You have requested up to %d datapoints, which exceeds the limit of %d. "+
				"You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
			n,
			maxDatapoints,
		)
	}
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []cwtypes.Datapoint{}}
	for _, p := range r.Data.Points(m, string(in.Unit), start, *in.EndTime, period, time.Now()) {
		out.Datapoints = append(out.Datapoints, datapoint(p, in.Statistics, in.ExtendedStatistics))
	}
	return out, nil
}

func checkStatistics(plain []cwtypes.Statistic, extended []string) error {
	if (len(plain) == 0) == (len(extended) == 0) {
		return invalidCombination("Must specify either Statistics or ExtendedStatistics, and not both.")
	}
	for _, s := range plain {
		if !slices.Contains(s.Values(), s) {
			return invalid("The value %s for parameter Statistics is invalid.", s)
		}
	}
	for _, s := range extended {
		if !metrics.Extended(s) {
			return invalid("The value %s for parameter ExtendedStatistics is not supported.", s)
		}
	}
	return nil
}

func datapoint(p metrics.Point, plain []cwtypes.Statistic, extended []string) cwtypes.Datapoint {
	d := cwtypes.Datapoint{Timestamp: new(p.Start), Unit: cwtypes.StandardUnit(p.Unit)}
	for _, s := range plain {
		v, ok := p.Statistic(string(s))
		if !ok {
			continue
		}
		switch s {
		case cwtypes.StatisticAverage:
			d.Average = &v
		case cwtypes.StatisticMaximum:
			d.Maximum = &v
		case cwtypes.StatisticMinimum:
			d.Minimum = &v
		case cwtypes.StatisticSampleCount:
			d.SampleCount = &v
		case cwtypes.StatisticSum:
			d.Sum = &v
		}
	}
	for _, s := range extended {
		if v, ok := p.Statistic(s); ok {
			if d.ExtendedStatistics == nil {
				d.ExtendedStatistics = map[string]float64{}
			}
			d.ExtendedStatistics[s] = v
		}
	}
	return d
}

// maxQueries is how many metrics GetMetricData answers for at once.
const maxQueries = 500

// GetMetricData returns a statistic of each of several metrics. A page continues where the one before it
// ended; its token is how many data points that were.
func (r *Room) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if err := room.Only(in, "StartTime", "EndTime", "MetricDataQueries", "ScanBy", "MaxDatapoints", "NextToken", "LabelOptions"); err != nil {
		return nil, err
	}
	if err := checkLabelOptions(in.LabelOptions); err != nil {
		return nil, err
	}
	if n := len(in.MetricDataQueries); n == 0 || n > maxQueries {
		return nil, invalid("The collection MetricDataQueries must have a size from 1 to %d.", maxQueries)
	}
	if in.ScanBy != "" && !slices.Contains(in.ScanBy.Values(), in.ScanBy) {
		return nil, invalid("The value %s for parameter ScanBy is invalid.", in.ScanBy)
	}
	if err := checkDataSpan(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	skip, left, err := dataPage(in)
	if err != nil {
		return nil, err
	}
	end := skip + left
	queries, err := r.readQueries(in.MetricDataQueries)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []cwtypes.MetricDataResult{}, Messages: []cwtypes.MessageData{}}
	scopes := map[int32]*scope{}
	for _, q := range queries {
		results, err := r.answer(q, queries, in, scopes)
		if err != nil {
			return nil, err
		}
		if q.Hidden {
			continue
		}
		for _, result := range results {
			drop := min(skip, len(result.Values))
			skip -= drop
			take := min(left, len(result.Values)-drop)
			left -= take
			if drop+take < len(result.Values) {
				result.StatusCode = cwtypes.StatusCodePartialData
				out.NextToken = new(room.SealToken(strconv.Itoa(end)))
			}
			result.Values, result.Timestamps = result.Values[drop:drop+take], result.Timestamps[drop:drop+take]
			out.MetricDataResults = append(out.MetricDataResults, result)
		}
	}
	return out, nil
}

// dataPage returns how many data points earlier pages held and how many this one may.
func dataPage(in *cloudwatch.GetMetricDataInput) (skip, size int, err error) {
	size = maxQueried
	if in.MaxDatapoints != nil {
		if size = int(*in.MaxDatapoints); size < 1 || size > maxQueried {
			return 0, 0, invalid("The value %d for parameter MaxDatapoints is invalid.", size)
		}
	}
	if room.Deref(in.NextToken) != "" {
		text, ok := room.OpenToken(*in.NextToken)
		if skip, err = strconv.Atoi(text); !ok || err != nil {
			return 0, 0, badToken(*in.NextToken)
		}
	}
	return skip, size, nil
}

// answer answers one query: with a result for a metric, and with one for each time series of an expression. What expressions need is
// evaluated once in the scope of its period.
func (r *Room) answer(q query, all []query, in *cloudwatch.GetMetricDataInput, scopes map[int32]*scope) (results []cwtypes.MetricDataResult, err error) {
	seconds, err := q.period(all)
	if err != nil {
		return nil, err
	}
	start := r.first(*in.StartTime, seconds)
	if q.formula == nil {
		results = []cwtypes.MetricDataResult{r.measured(q, usualLabel(q, all), start, *in.EndTime)}
	} else if results, err = r.calculated(q, all, seconds, start, *in.EndTime, scopes); err != nil {
		return nil, err
	}
	if in.ScanBy != cwtypes.ScanByTimestampAscending {
		for _, result := range results {
			slices.Reverse(result.Timestamps)
			slices.Reverse(result.Values)
		}
	}
	return results, nil
}

func newResult(id string) cwtypes.MetricDataResult {
	return cwtypes.MetricDataResult{Id: &id, StatusCode: cwtypes.StatusCodeComplete, Timestamps: []time.Time{}, Values: []float64{}}
}

func (r *Room) measured(q query, usual string, start, end time.Time) cwtypes.MetricDataResult {
	result := newResult(q.ID)
	for _, p := range r.Data.Points(q.Metric, string(q.Unit), start, end, time.Duration(q.Period)*time.Second, time.Now()) {
		if v, ok := p.Statistic(q.Statistic); ok {
			result.Timestamps, result.Values = append(result.Timestamps, p.Start), append(result.Values, v)
		}
	}
	result.Label = new(r.label(q, usual, result.Values))
	return result
}

// calculated evaluates an expression in the scope of its period, which is made for the first of them.
func (r *Room) calculated(
	q query, all []query, seconds int32, start, end time.Time, scopes map[int32]*scope,
) (results []cwtypes.MetricDataResult, err error) {
	length := r.Speed.Of(time.Duration(seconds) * time.Second)
	n := int((end.Sub(start) + length - 1) / length)
	if n > maxQueried {
		return nil, invalidCombination("The expression %s has %d periods, which exceeds the limit of %d.", q.ID, n, maxQueried)
	}
	if scopes[seconds] == nil {
		scopes[seconds] = r.scope(all, seconds, start.Add(time.Duration(n)*length), n, time.Now())
	}
	in := scopes[seconds]
	v, err := in.Value(q.ID)
	if err != nil {
		return nil, q.wrong(err)
	}
	if v.Number() && !q.Hidden {
		return nil, q.wrong(errors.New("it is no time series"))
	}
	for _, s := range v.Series() {
		if v.Single() {
			s.Label = q.ID // and not what one of its parts is called
		}
		result := newResult(q.ID)
		for i, value := range s.Values {
			if !math.IsNaN(value) {
				result.Timestamps, result.Values = append(result.Timestamps, in.grid.Starts[i]), append(result.Values, value)
			}
		}
		result.Label = new(r.label(q, cmp.Or(s.Label, q.ID), result.Values))
		results = append(results, result)
	}
	return results, nil
}

// listedFor is how long after its last data point a metric is listed, and recently how long where only
// recently active ones are asked for.
const (
	listedFor = 14 * 24 * time.Hour
	recently  = 3 * time.Hour
	maxListed = 500
)

// ListMetrics lists metrics that got data within two weeks.
func (r *Room) ListMetrics(ctx context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	if err := room.Only(in, "Namespace", "MetricName", "Dimensions", "RecentlyActive", "NextToken"); err != nil {
		return nil, err
	}
	within := listedFor
	switch in.RecentlyActive {
	case "":
	case cwtypes.RecentlyActivePt3h:
		within = recently
	default:
		return nil, invalid("The value %s for parameter RecentlyActive is invalid.", in.RecentlyActive)
	}
	var found []metrics.Metric
	for _, m := range r.Data.Metrics(time.Now().Add(-r.Speed.Of(within))) {
		if (in.Namespace == nil || *in.Namespace == m.Namespace) && (in.MetricName == nil || *in.MetricName == m.Name) && hasDimensions(m, in.Dimensions) {
			found = append(found, m)
		}
	}
	found, next, err := room.Page(found, metricKey, nil, in.NextToken, room.Paging{Usual: maxListed, BadToken: badToken})
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListMetricsOutput{Metrics: []cwtypes.Metric{}, NextToken: next}
	for _, m := range found {
		out.Metrics = append(out.Metrics, cwtypes.Metric{Namespace: new(m.Namespace), MetricName: new(m.Name), Dimensions: showDimensions(m)})
	}
	return out, nil
}

func metricKey(m metrics.Metric) string {
	key := m.Namespace + "\x00" + m.Name
	for _, d := range m.Sorted() {
		key += "\x00" + d.Name + "\x00" + d.Value
	}
	return key
}

// hasDimensions tells whether a metric has all these dimensions, of any value where none is said.
func hasDimensions(m metrics.Metric, filters []cwtypes.DimensionFilter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(m.Dimensions, func(d metrics.Dimension) bool {
			return d.Name == room.Deref(f.Name) && (f.Value == nil || *f.Value == d.Value)
		}) {
			return false
		}
	}
	return true
}
