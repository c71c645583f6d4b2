// Package formula evaluates CloudWatch's metric math, as pure functions of time series
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
//
// All series of an evaluation have the same periods. What has no value in a period (no data, a division by zero) is missing there, and
// so is what is made of it, unless a function says otherwise.
package formula

import (
	"fmt"
	"math"
	"time"
)

// Grid are the periods of an evaluation.
type Grid struct {
	Starts []time.Time
	Period int // seconds
}

// Series has a value for each period of a Grid: NaN where there is none.
type Series struct {
	ID, Label string
	Values    []float64
}

// Value is what a formula or a part of one is: a number, a time series or several.
type Value struct {
	kind   kind
	number float64
	series []Series
}

type kind int

const (
	scalar kind = iota
	single
	several
)

// Of is the value of a metric.
func Of(s Series) Value { return Value{kind: single, series: []Series{s}} }

// Series are the time series of a value; a number has none.
func (v Value) Series() []Series { return v.series }

// Number tells whether it is a number, which is no answer.
func (v Value) Number() bool { return v.kind == scalar }

// Single tells whether it is one time series, as an alarm's must be.
func (v Value) Single() bool { return v.kind == single }

// Scope is what a formula can name.
type Scope interface {
	// Value returns what has an id, or an error for one that is not there or leads back to who asks.
	Value(id string) (Value, error)
	// Search finds metrics by a search expression, and their statistic in each period.
	Search(expression, statistic string) ([]Series, error)
	// Metrics are the ids of all metrics, in the order of the request: not those of formulas.
	Metrics() []string
}

// Evaluate returns the value of a formula.
func (f *Formula) Evaluate(g Grid, s Scope) (Value, error) {
	return evaluation{g, s}.value(f.root)
}

type evaluation struct {
	Grid
	scope Scope
}

func number(n float64) Value { return Value{number: n} }

func (e evaluation) value(n node) (Value, error) {
	switch {
	case n.number != nil:
		return number(*n.number), nil
	case n.name != "":
		return e.scope.Value(n.name)
	case n.call == "":
		return Value{}, fmt.Errorf("%q is not expected there", n.text+n.word)
	}
	if f, ok := operators[n.call]; ok {
		args, err := e.values(n.args)
		if err != nil {
			return Value{}, err
		}
		return e.zip(args[0], args[1], f)
	}
	f := functions[n.call]
	if len(n.args) < f.least || len(n.args) > f.most {
		return Value{}, fmt.Errorf("the function %s takes %d to %d arguments", n.call, f.least, f.most)
	}
	return f.do(e, n.args)
}

func (e evaluation) values(nodes []node) (all []Value, err error) {
	for _, n := range nodes {
		v, err := e.value(n)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

var operators = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b },
	"^": math.Pow, "AND": and, "&&": and, "OR": or, "||": or,
	"==": func(a, b float64) float64 { return truth(a == b) }, "!=": func(a, b float64) float64 { return truth(a != b) },
	"<": func(a, b float64) float64 { return truth(a < b) }, "<=": func(a, b float64) float64 { return truth(a <= b) },
	">": func(a, b float64) float64 { return truth(a > b) }, ">=": func(a, b float64) float64 { return truth(a >= b) },
}

func and(a, b float64) float64 { return truth(a != 0 && b != 0) }
func or(a, b float64) float64  { return truth(a != 0 || b != 0) }

// zip combines two values, period by period. Of several series with several, as many as there must be.
func (e evaluation) zip(a, b Value, f func(a, b float64) float64) (Value, error) {
	if a.kind == scalar && b.kind == scalar {
		return number(f(a.number, b.number)), nil
	}
	n := max(len(a.series), len(b.series))
	if a.kind == several && b.kind == several && len(a.series) != len(b.series) {
		return Value{}, fmt.Errorf("%d time series cannot be combined with %d", len(a.series), len(b.series))
	}
	if a.kind == several && len(a.series) == 0 || b.kind == several && len(b.series) == 0 {
		n = 0
	}
	out, from := Value{kind: max(a.kind, b.kind)}, a // the series have the names of the operand with more of them
	if b.kind > a.kind {
		from = b
	}
	for i := range n {
		like := from.series[min(i, len(from.series)-1)]
		at := e.each(func(p int) float64 {
			x, y := a.at(i, p), b.at(i, p)
			if math.IsNaN(x) || math.IsNaN(y) {
				return math.NaN()
			}
			return f(x, y)
		})
		out.series = append(out.series, Series{like.ID, like.Label, at})
	}
	return out, nil
}

// at is the value of one of its series in a period.
func (v Value) at(i, period int) float64 {
	if v.kind == scalar {
		return v.number
	}
	return v.series[min(i, len(v.series)-1)].Values[period]
}

// each makes a series' values. What is no number is missing.
func (e evaluation) each(f func(period int) float64) []float64 {
	out := make([]float64, len(e.Starts))
	for p := range out {
		if out[p] = f(p); math.IsInf(out[p], 0) {
			out[p] = math.NaN()
		}
	}
	return out
}

// apply makes each series of a value another.
func (v Value) apply(f func(Series) []float64) Value {
	out := Value{kind: v.kind}
	for _, s := range v.series {
		out.series = append(out.series, Series{s.ID, s.Label, f(s)})
	}
	return out
}

// present are the values that there are.
func present(values []float64) (all []float64) {
	for _, v := range values {
		if !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	return all
}
