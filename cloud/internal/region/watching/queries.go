package watching

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/formula"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// query is a metric's statistic or, where it has an Expression, metric math on others
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html).
type query struct {
	ID, Label  string
	Expression string
	Metric     metrics.Metric
	Statistic  string
	Unit       cwtypes.StandardUnit
	Period     int32 // seconds
	Hidden     bool  // it is there for others

	formula *formula.Formula
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// insights is how a query of Metrics Insights begins
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html).
var insights = regexp.MustCompile(`(?i)^\s*SELECT\s`)

// maxExpression is how many characters an expression may have.
const maxExpression = 2048

// readQueries checks a request's queries, each by itself.
func (r *Room) readQueries(list []cwtypes.MetricDataQuery) (all []query, err error) {
	for i, in := range list {
		if id := room.Deref(in.Id); id != "" && !queryID.MatchString(id) { // seen in https://github.com/influxdata/telegraf/issues/5420
			return nil, wire.Errorf("ValidationError",
				"The value %s for parameter MetricDataQueries.member.%d.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", id, i+1)
		}
		q, err := r.readQuery(in)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(other query) bool { return other.ID == q.ID }) {
			return nil, wire.Errorf("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")
		}
		all = append(all, q)
	}
	return all, nil
}

func (r *Room) readQuery(in cwtypes.MetricDataQuery) (q query, err error) {
	q.ID, q.Label, q.Expression, q.Hidden = room.Deref(in.Id), room.Deref(in.Label), room.Deref(in.Expression), in.ReturnData != nil && !*in.ReturnData
	switch {
	case q.ID == "":
		return q, missing("MetricDataQueries.Id")
	case room.Deref(in.AccountId) != "" && *in.AccountId != r.Account:
		return q, invalid("The query %s is of another account, which is not supported here.", q.ID)
	case (in.Expression == nil) == (in.MetricStat == nil):
		return q, invalidCombination("The query %s must have either Expression or MetricStat, and not both.", q.ID)
	case in.MetricStat != nil && in.Period != nil:
		return q, invalid("The query %s must have its period in MetricStat.", q.ID)
	}
	if in.MetricStat != nil {
		if err := q.readStat(in.MetricStat); err != nil {
			return q, err
		}
		return q, q.checkLabel()
	}
	if in.Period != nil {
		if err := checkPeriod(in.Period); err != nil {
			return q, err
		}
		q.Period = *in.Period
	}
	if len(q.Expression) > maxExpression {
		return q, invalid("The expression %s has more than %d characters.", q.ID, maxExpression)
	}
	if err := q.parse(); err != nil {
		return q, err
	}
	return q, q.checkLabel()
}

// parse reads the expression, which is kept as text.
func (q *query) parse() (err error) {
	switch {
	case insights.MatchString(q.Expression):
		err = errors.New("queries of Metrics Insights, which begin with SELECT, are not supported here")
	case q.Expression != "":
		q.formula, err = formula.Parse(q.Expression)
	}
	return q.wrong(err)
}

// wrong words what is wrong with an expression.
func (q *query) wrong(err error) error {
	if err == nil {
		return nil
	}
	return wire.Errorf("ValidationError", "Error in expression '%s': %v", q.ID, err)
}

func (q *query) readStat(stat *cwtypes.MetricStat) (err error) {
	if stat.Metric == nil {
		return missing("MetricDataQueries.MetricStat.Metric")
	}
	if q.Metric, err = metricOf(stat.Metric.Namespace, stat.Metric.MetricName, stat.Metric.Dimensions); err != nil {
		return err
	}
	if err := checkPeriod(stat.Period); err != nil {
		return err
	}
	if err := checkUnit(stat.Unit); err != nil {
		return err
	}
	q.Statistic, q.Unit, q.Period = room.Deref(stat.Stat), stat.Unit, *stat.Period
	if !metrics.ValidStatistic(q.Statistic) {
		return invalid("The value %s for parameter MetricDataQueries.MetricStat.Stat is invalid.", q.Statistic)
	}
	return nil
}

// show is the query as it was asked.
func (q query) show() cwtypes.MetricDataQuery {
	out := cwtypes.MetricDataQuery{Id: &q.ID, Label: room.Some(q.Label), ReturnData: new(!q.Hidden)}
	if q.Expression != "" {
		out.Expression = &q.Expression
		if q.Period != 0 {
			out.Period = &q.Period
		}
		return out
	}
	out.MetricStat = &cwtypes.MetricStat{
		Metric: &cwtypes.Metric{Namespace: new(q.Metric.Namespace), MetricName: new(q.Metric.Name), Dimensions: showDimensions(q.Metric)},
		Period: &q.Period, Stat: &q.Statistic, Unit: q.Unit,
	}
	return out
}

// period returns the period of all metrics that a query needs: they must have the same. It also refuses what leads back to itself.
func (q query) period(all []query) (seconds int32, err error) {
	var visit func(q query, path []string) error
	visit = func(q query, path []string) error {
		switch {
		case slices.Contains(path, q.ID):
			return fmt.Errorf("it leads back to %s", q.ID)
		case q.Period != 0 && seconds != 0 && q.Period != seconds:
			return errors.New("metrics with different periods are not supported here")
		case q.Period != 0:
			seconds = q.Period
		case q.formula != nil && seconds == 0:
			seconds = q.formula.SearchPeriod()
		}
		if q.formula == nil {
			return nil
		}
		for _, needed := range q.needs(all) {
			next, err := find(all, needed)
			if err != nil {
				return err
			}
			if err := visit(next, append(path, q.ID)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit(q, nil); err != nil {
		return 0, q.wrong(err)
	}
	if seconds == 0 && q.formula != nil && q.formula.Calls("SEARCH") {
		seconds = usualSearchPeriod
	}
	if seconds == 0 {
		return 0, q.wrong(errors.New("it needs a metric, or a period"))
	}
	return seconds, nil
}

// A search that says no period has this one, in seconds, and finds so many metrics at most
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html).
const (
	usualSearchPeriod = 300
	mostFound         = 100
)

// searched are the metrics that a search finds.
func (r *Room) searched(search metrics.Search) []metrics.Metric {
	found := slices.DeleteFunc(r.Data.Metrics(time.Now().Add(-r.Speed.Of(listedFor))), func(m metrics.Metric) bool { return !search.Finds(m) })
	slices.SortFunc(found, func(a, b metrics.Metric) int { return strings.Compare(metricKey(a), metricKey(b)) })
	return found[:min(len(found), mostFound)]
}

func find(all []query, id string) (query, error) {
	if i := slices.IndexFunc(all, func(q query) bool { return q.ID == id }); i >= 0 {
		return all[i], nil
	}
	return query{}, fmt.Errorf("there is no %s", id)
}

// needs are the ids that an expression names, METRICS() being all metrics.
func (q query) needs(all []query) []string {
	names := q.formula.Names()
	if q.formula.Calls("METRICS") {
		names = append(names, metricIDs(all)...)
	}
	return names
}

func metricIDs(all []query) (ids []string) {
	for _, q := range all {
		if q.formula == nil {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// scope evaluates queries on one grid, each once.
type scope struct {
	queries []query
	grid    formula.Grid
	values  func(query) []float64 // of a metric
	found   func(metrics.Search) []metrics.Metric
	done    map[string]formula.Value
}

func (s *scope) Metrics() []string { return metricIDs(s.queries) }

// Search implements formula.Scope.
func (s *scope) Search(expression, statistic string) (all []formula.Series, err error) {
	search, err := metrics.ParseSearch(expression)
	if err != nil {
		return nil, err
	}
	if !metrics.ValidStatistic(statistic) {
		return nil, fmt.Errorf("the statistic %s is not valid", statistic)
	}
	found := s.found(search)
	several := slices.ContainsFunc(found, func(m metrics.Metric) bool { return m.Name != found[0].Name })
	for _, m := range found {
		var label []string
		for _, d := range m.Dimensions {
			label = append(label, d.Value)
		}
		if several || len(label) == 0 {
			label = append(label, m.Name)
		}
		all = append(all, formula.Series{Label: strings.Join(label, " "), Values: s.values(query{Metric: m, Statistic: statistic})})
	}
	return all, nil
}

func (s *scope) Value(id string) (v formula.Value, err error) {
	if v, ok := s.done[id]; ok {
		return v, nil
	}
	q, err := find(s.queries, id)
	if err != nil {
		return v, err
	}
	if q.formula == nil {
		label := q.Label
		if label == "" {
			label = q.Metric.Name
		}
		v = formula.Of(formula.Series{ID: id, Label: label, Values: s.values(q)})
	} else if v, err = q.formula.Evaluate(s.grid, s); err != nil {
		return v, err
	}
	s.done[id] = v
	return v, nil
}

// scope is for queries whose metrics have this period, in n of them up to end.
func (r *Room) scope(all []query, seconds int32, end time.Time, n int, now time.Time) *scope {
	period := time.Duration(seconds) * time.Second
	grid := formula.Grid{Period: int(seconds)}
	for i := n; i > 0; i-- {
		grid.Starts = append(grid.Starts, end.Add(-time.Duration(i)*r.Speed.Of(period)).UTC())
	}
	return &scope{queries: all, grid: grid, done: map[string]formula.Value{}, found: r.searched, values: func(q query) []float64 {
		return statistics(r.Data.Window(q.Metric, string(q.Unit), end, period, n, now), q.Statistic)
	}}
}

// statistics are a statistic of each period, NaN where there is no data.
func statistics(window []*metrics.Summary, name string) []float64 {
	values := make([]float64, len(window))
	for i, w := range window {
		values[i] = math.NaN()
		if w == nil {
			continue
		}
		if v, ok := w.Statistic(name); ok {
			values[i] = v
		}
	}
	return values
}

// maxAlarmQueries is how many metrics and expressions an alarm may have ("Metric math" in "Alarm limits": 10 metrics, 10 expressions).
const maxAlarmQueries = 20

// watchQueries reads what an alarm on metric math watches.
func (r *Room) watchQueries(s *alarmSettings, in *cloudwatch.PutMetricAlarmInput) (err error) {
	if in.MetricName != nil || in.Namespace != nil || len(in.Dimensions) > 0 || in.Period != nil || in.Unit != "" || in.Statistic != "" ||
		in.ExtendedStatistic != nil {
		return invalidCombination("Metrics cannot be specified if MetricName, Namespace, Dimensions, Period, Unit, Statistic or ExtendedStatistic are.")
	}
	if len(in.Metrics) > maxAlarmQueries {
		return invalid("The collection Metrics must have a size from 1 to %d.", maxAlarmQueries)
	}
	if wrongIDs(in.Metrics) {
		return wire.Errorf("ValidationError", "Invalid metrics list") // seen in https://github.com/aws-cloudformation/cfn-lint/issues/1944
	}
	if s.Queries, err = r.readQueries(in.Metrics); err != nil {
		return err
	}
	shown := 0
	for _, q := range s.Queries {
		if q.formula != nil && q.formula.Calls("SEARCH") {
			return q.wrong(errors.New("SEARCH is not supported on Metric Alarms"))
		}
		if !q.Hidden {
			shown++
		}
	}
	if shown != 1 {
		return wire.Errorf("ValidationError", "Exactly one element of the metrics list should return data.")
	}
	watched := s.result()
	if s.Period, err = watched.period(s.Queries); err != nil {
		return err
	}
	v, err := tryOut(watched, s.Queries, s.Period)
	if err == nil && !v.Single() {
		err = watched.wrong(errors.New("it is not one time series"))
	}
	return err
}

// wrongIDs tells whether queries have names that are none, or are not all different.
func wrongIDs(list []cwtypes.MetricDataQuery) bool {
	seen := map[string]bool{}
	for _, q := range list {
		id := room.Deref(q.Id)
		if seen[id] || !queryID.MatchString(id) {
			return true
		}
		seen[id] = true
	}
	return false
}

// result is the query that an alarm watches.
func (s alarmSettings) result() query {
	return s.Queries[slices.IndexFunc(s.Queries, func(q query) bool { return !q.Hidden })]
}

// tryOut evaluates a query on metrics that have data, to see what it makes of them.
func tryOut(q query, all []query, seconds int32) (formula.Value, error) {
	grid := formula.Grid{Starts: []time.Time{time.Unix(0, 0), time.Unix(int64(seconds), 0)}, Period: int(seconds)}
	s := &scope{queries: all, grid: grid, done: map[string]formula.Value{}, values: func(query) []float64 { return []float64{1, 2} }}
	v, err := s.Value(q.ID)
	return v, q.wrong(err)
}

// calculate evaluates what an alarm watches. What cannot be evaluated has no data.
func (r *Room) calculate(s alarmSettings, end time.Time, n int, now time.Time) []float64 {
	queries := slices.Clone(s.Queries)
	for i := range queries {
		if err := queries[i].parse(); err != nil {
			r.Log.Error("read an alarm's expression", "err", err) // it was read when the alarm was put
			return nil
		}
	}
	read := alarmSettings{Queries: queries}
	v, err := r.scope(queries, s.Period, end, n, now).Value(read.result().ID)
	if err != nil || !v.Single() {
		r.Log.Debug("evaluate an alarm's expression", "err", err)
		return nil
	}
	return v.Series()[0].Values
}
