package formula

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// function is one of metric math's, and how many arguments it takes.
type function struct {
	least, most int
	do          func(e evaluation, args []node) (Value, error)
}

// functions are those of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list
// that need nothing but the series.
var functions map[string]function

func init() { // since some of them evaluate others
	functions = map[string]function{
		"ABS": pointwise(math.Abs), "CEIL": pointwise(math.Ceil), "FLOOR": pointwise(math.Floor),
		"LOG": pointwise(math.Log), "LOG10": pointwise(math.Log10),
		"DIFF":      steps(func(_ evaluation, by float64, _ int) float64 { return by }),
		"DIFF_TIME": steps(func(e evaluation, _ float64, periods int) float64 { return float64(periods * e.Period) }),
		"RATE":      steps(func(e evaluation, by float64, periods int) float64 { return by / float64(periods*e.Period) }),
		"MINUTE":    clock(time.Time.Minute), "HOUR": clock(time.Time.Hour), "DATE": clock(time.Time.Day), "YEAR": clock(time.Time.Year),
		"DAY":   clock(func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }), // Monday is 1
		"MONTH": clock(func(t time.Time) int { return int(t.Month()) }), "EPOCH": clock(func(t time.Time) int { return int(t.Unix()) }),
		"RUNNING_SUM": {1, 1, runningSum}, "FILL": {2, 2, fill}, "IF": {2, 3, choose}, "METRICS": {0, 1, named}, "[]": {0, 500, list},
		"PERIOD": {1, 1, period}, "SEARCH": {2, 3, search}, "DATAPOINT_COUNT": {1, 1, datapoints},
		"METRIC_COUNT": {1, 1, metricCount}, "TIME_SERIES": {1, 1, timeSeries},
		"REMOVE_EMPTY": {1, 1, removeEmpty}, "SLICE": {2, 3, slice}, "FIRST": {1, 1, end(0)}, "LAST": {1, 1, end(-1)}, "SORT": {3, 4, order},
	}
	for name, f := range reductions {
		functions[name] = reducing(f)
	}
}

// pointwise is a function of each value.
func pointwise(f func(float64) float64) function {
	return function{1, 1, func(e evaluation, args []node) (Value, error) {
		v, err := e.value(args[0])
		if v.kind == scalar {
			return number(f(v.number)), err
		}
		return v.apply(func(s Series) []float64 { return e.each(func(p int) float64 { return f(s.Values[p]) }) }), err
	}}
}

// reducing makes a number of a time series, and a time series of several.
func reducing(f func([]float64) float64) function {
	reduce := func(values []float64) float64 {
		if values = present(values); len(values) == 0 {
			return math.NaN()
		}
		return f(values)
	}
	return function{1, 1, func(e evaluation, args []node) (Value, error) {
		v, err := e.value(args[0])
		switch {
		case err != nil:
			return v, err
		case v.kind == scalar:
			return v, errors.New("a number is no time series")
		case v.kind == single:
			return number(reduce(v.series[0].Values)), nil
		}
		return Of(Series{Values: e.each(func(p int) float64 {
			column := make([]float64, 0, len(v.series))
			for _, s := range v.series {
				column = append(column, s.Values[p])
			}
			return reduce(column)
		})}), nil
	}}
}

// reductions make a number of the values that there are.
var reductions = map[string]func([]float64) float64{
	"SUM": sum, "AVG": average, "MIN": slices.Min[[]float64], "MAX": slices.Max[[]float64], "STDDEV": deviation,
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

func average(values []float64) float64 { return sum(values) / float64(len(values)) }

func deviation(values []float64) float64 {
	mean, squares := average(values), 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(values)))
}

// series evaluates an argument that is one time series or several.
func (e evaluation) series(n node) (Value, error) {
	v, err := e.value(n)
	if err == nil && v.kind == scalar {
		err = errors.New("a number is no time series")
	}
	return v, err
}

// scalar evaluates an argument that is a number.
func (e evaluation) scalar(n node) (float64, error) {
	v, err := e.value(n)
	if err == nil && v.kind != scalar {
		err = errors.New("a time series is no number")
	}
	return v.number, err
}

// steps is a function of each value and the one before it.
func steps(f func(e evaluation, by float64, periods int) float64) function {
	return function{1, 1, func(e evaluation, args []node) (Value, error) {
		v, err := e.series(args[0])
		return v.apply(func(s Series) []float64 {
			last := -1
			return e.each(func(p int) float64 {
				if math.IsNaN(s.Values[p]) {
					return math.NaN()
				}
				before := last
				if last = p; before < 0 {
					return math.NaN()
				}
				return f(e, s.Values[p]-s.Values[before], p-before)
			})
		}), err
	}}
}

// clock is a function of the times at which there are values.
func clock(f func(time.Time) int) function {
	return function{1, 1, func(e evaluation, args []node) (Value, error) {
		v, err := e.series(args[0])
		return v.apply(func(s Series) []float64 {
			return e.each(func(p int) float64 {
				if math.IsNaN(s.Values[p]) {
					return math.NaN()
				}
				return float64(f(e.Starts[p].UTC()))
			})
		}), err
	}}
}

func runningSum(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	return v.apply(func(s Series) []float64 {
		total := 0.0
		return e.each(func(p int) float64 {
			if !math.IsNaN(s.Values[p]) {
				total += s.Values[p]
			}
			return total + 0*s.Values[p] // which keeps what is missing so
		})
	}), err
}

// fill gives what is missing a value: a number, that of another series, the last one, or one between its neighbours.
func fill(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	if err != nil {
		return v, err
	}
	var with Value
	switch args[1].word {
	case "REPEAT":
		return v.apply(func(s Series) []float64 { return e.between(s, func(before, _, _ float64) float64 { return before }) }), nil
	case "LINEAR":
		return v.apply(func(s Series) []float64 {
			return e.between(s, func(before, after, share float64) float64 { return before + (after-before)*share })
		}), nil
	}
	if with, err = e.value(args[1]); err == nil && with.kind == several {
		err = errors.New("FILL takes a number or one time series")
	}
	return v.apply(func(s Series) []float64 {
		return e.each(func(p int) float64 {
			if math.IsNaN(s.Values[p]) {
				return with.at(0, p)
			}
			return s.Values[p]
		})
	}), err
}

// between gives what is missing between values what f makes of the values around it, and how far it is from the first to the other.
func (e evaluation) between(s Series, f func(before, after, share float64) float64) []float64 {
	from, to := -1, 0
	return e.each(func(p int) float64 {
		if !math.IsNaN(s.Values[p]) {
			from = p
			return s.Values[p]
		}
		for to = max(to, p); to < len(s.Values) && math.IsNaN(s.Values[to]); {
			to++
		}
		switch {
		case from < 0:
			return math.NaN()
		case to == len(s.Values):
			return f(s.Values[from], math.NaN(), 0)
		}
		return f(s.Values[from], s.Values[to], float64(p-from)/float64(to-from))
	})
}

// choose is IF: where its condition is not true and there is no other value, it is missing.
func choose(e evaluation, args []node) (Value, error) {
	all, err := e.values(args)
	if err != nil {
		return Value{}, err
	}
	if len(all) == 2 {
		all = append(all, number(math.NaN()))
	}
	if all[0].kind == several || all[1].kind == several || all[2].kind == several {
		return Value{}, errors.New("IF takes numbers and single time series")
	}
	pick := func(condition, yes, no float64) float64 {
		switch {
		case math.IsNaN(condition):
			return math.NaN()
		case condition != 0:
			return yes
		}
		return no
	}
	if all[0].kind == scalar && all[1].kind == scalar && all[2].kind == scalar {
		return number(pick(all[0].number, all[1].number, all[2].number)), nil
	}
	return Of(Series{Values: e.each(func(p int) float64 { return pick(all[0].at(0, p), all[1].at(0, p), all[2].at(0, p)) })}), nil
}

// named is METRICS: all metrics, or those whose ids have a part in common.
func named(e evaluation, args []node) (Value, error) {
	part := ""
	if len(args) > 0 {
		if part = args[0].text; part == "" {
			return Value{}, errors.New("METRICS takes a string")
		}
	}
	out := Value{kind: several}
	for _, id := range e.scope.Metrics() {
		if !strings.Contains(id, part) {
			continue
		}
		v, err := e.scope.Value(id)
		if err != nil {
			return v, err
		}
		out.series = append(out.series, v.series...)
	}
	return out, nil
}

// search finds metrics. Its third argument, the period, is the grid's: Formula.SearchPeriod tells it.
func search(e evaluation, args []node) (Value, error) {
	if args[0].text == "" || args[1].text == "" {
		return Value{}, errors.New("SEARCH takes a search expression and a statistic, as strings")
	}
	series, err := e.scope.Search(args[0].text, args[1].text)
	return Value{kind: several, series: series}, err
}

func list(e evaluation, args []node) (Value, error) {
	out := Value{kind: several}
	for _, n := range args {
		v, err := e.series(n)
		if err != nil {
			return v, err
		}
		out.series = append(out.series, v.series...)
	}
	return out, nil
}

func period(e evaluation, args []node) (Value, error) {
	_, err := e.series(args[0])
	return number(float64(e.Period)), err
}

func datapoints(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	if v.kind == single {
		return number(float64(len(present(v.series[0].Values)))), err
	}
	return v.apply(func(s Series) []float64 {
		n := float64(len(present(s.Values)))
		return e.each(func(int) float64 { return n })
	}), err
}

func metricCount(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	return number(float64(len(v.series))), err
}

func timeSeries(e evaluation, args []node) (Value, error) {
	n, err := e.scalar(args[0])
	return Of(Series{Values: e.each(func(int) float64 { return n })}), err
}

func removeEmpty(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	v.kind = several
	v.series = slices.DeleteFunc(slices.Clone(v.series), func(s Series) bool { return len(present(s.Values)) == 0 })
	return v, err
}

// slice is a part of several series: from a place on, up to another.
func slice(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	bounds := []float64{0, float64(len(v.series))}
	for i, n := range args[1:] {
		if err == nil {
			bounds[i], err = e.scalar(n)
		}
	}
	if err != nil {
		return v, err
	}
	from := min(max(int(bounds[0]), 0), len(v.series))
	to := min(max(int(bounds[1]), from), len(v.series))
	return Value{kind: several, series: v.series[from:to]}, nil
}

// end is the first or the last of several series.
func end(at int) func(evaluation, []node) (Value, error) {
	return func(e evaluation, args []node) (Value, error) {
		v, err := e.series(args[0])
		if err == nil && len(v.series) == 0 {
			err = errors.New("there are no time series")
		}
		if err != nil {
			return v, err
		}
		return Of(v.series[(at+len(v.series))%len(v.series)]), nil
	}
}

// order is SORT: several series by a number of each, and the first of them.
func order(e evaluation, args []node) (Value, error) {
	v, err := e.series(args[0])
	if err != nil {
		return v, err
	}
	by, ok := reductions[args[1].word]
	direction := map[string]int{"ASC": 1, "DESC": -1}[args[2].word]
	if !ok || direction == 0 {
		return v, fmt.Errorf("SORT takes AVG, MIN, MAX, SUM or STDDEV, and ASC or DESC, not %q and %q", args[1].word, args[2].word)
	}
	first := float64(len(v.series))
	if len(args) == 4 {
		if first, err = e.scalar(args[3]); err != nil {
			return v, err
		}
	}
	weight := func(s Series) float64 {
		if values := present(s.Values); len(values) > 0 {
			return by(values)
		}
		return math.Inf(direction) // those without data come last
	}
	sorted := slices.Clone(v.series)
	slices.SortStableFunc(sorted, func(a, b Series) int { return direction * cmp.Compare(weight(a), weight(b)) })
	return Value{kind: several, series: sorted[:min(max(int(first), 0), len(sorted))]}, nil
}
