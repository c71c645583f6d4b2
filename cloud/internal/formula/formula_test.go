package formula

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// desk has some metrics of five minutes.
type desk map[string][]float64

func (d desk) Search(expression, statistic string) ([]Series, error) {
	return []Series{{"", expression, []float64{1, 2, 3}}, {"", statistic, []float64{2, 3, 4}}}, nil
}

func (d desk) Metrics() []string { return []string{"m1", "m2", "empty"} }

func (d desk) Value(id string) (Value, error) {
	if v, ok := d[id]; ok {
		return Of(Series{ID: id, Label: "of " + id, Values: v}), nil
	}
	return Value{}, errors.New("there is no " + id)
}

var none = math.NaN()

var metrics = desk{
	"m1": {1, none, 4, 8, none}, "m2": {0, 2, 2, none, none}, "empty": {none, none, none, none, none},
}

var grid = func() Grid {
	g := Grid{Period: 60}
	for minute := range 5 {
		g.Starts = append(g.Starts, time.Date(2026, 11, 29, 23, 57+minute, 0, 0, time.UTC)) // a Sunday
	}
	return g
}()

// show writes series as their values, with a hyphen for none.
func show(v Value) string {
	if v.kind == scalar {
		return fmt.Sprint(v.number)
	}
	var all []string
	for _, s := range v.series {
		var values []string
		for _, n := range s.Values {
			if math.IsNaN(n) {
				values = append(values, "-")
			} else {
				values = append(values, fmt.Sprintf("%.4g", n))
			}
		}
		all = append(all, strings.Join(values, " "))
	}
	return strings.Join(all, " | ")
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func TestFormulas(t *testing.T) {
	for _, c := range []struct{ formula, want string }{
		{"m1", "1 - 4 8 -"}, {"m1+m2", "1 - 6 - -"}, {"m1 / m2", "- - 2 - -"}, {"100*(m1-1)", "0 - 300 700 -"}, {"-m1^2", "-1 - -16 -64 -"}, {"2^3^2", "512"},
		{"2 + 3 * 4 - 6 / 2", "11"}, {"m1 > 3", "0 - 1 1 -"}, {"m1 > 3 AND m2 == 2", "0 - 1 - -"}, {"m1 >= 4 || m2 < 1", "1 - 1 - -"},
		{"SUM(m1)", "13"}, {"AVG(m1)", "4.333333333333333"}, {"MIN(m1)", "1"}, {"MAX(m1)", "8"}, {"STDDEV([m1,m2])", "0.5 0 1 0 -"},
		{"SUM(METRICS())", "1 2 6 8 -"},
		{"AVG([m1, m2])", "0.5 2 3 8 -"}, {`METRICS("m")`, "1 - 4 8 - | 0 2 2 - - | - - - - -"}, {"METRICS('1')", "1 - 4 8 -"},
		{"SUM(METRICS()) / METRIC_COUNT(METRICS())", "0.3333 0.6667 2 2.667 -"},
		{"FILL(m1, 0)", "1 0 4 8 0"}, {"FILL(m1, REPEAT)", "1 1 4 8 8"}, {"FILL(m1, LINEAR)", "1 2.5 4 8 -"}, {"FILL(m1, m2)", "1 2 4 8 -"},
		{"FILL(METRICS(), 0)", "1 0 4 8 0 | 0 2 2 0 0 | 0 0 0 0 0"},
		{"IF(m2 > 0, m1/m2, 0)", "0 - 2 - -"}, {"IF(m1 > 2, m1)", "- - 4 8 -"}, {"IF(1, 2, 3)", "2"}, {"IF(FILL(m1,0) < 2, 1, 0)", "1 1 0 0 1"},
		{"DIFF(m1)", "- - 3 4 -"}, {"RATE(m1)", "- - 0.025 0.06667 -"}, {"DIFF_TIME(m1)", "- - 120 60 -"}, {"RUNNING_SUM(m1)", "1 - 5 13 -"},
		{"PERIOD(m1)", "60"},
		{"DATAPOINT_COUNT(m1)", "3"}, {"TIME_SERIES(7)", "7 7 7 7 7"}, {"REMOVE_EMPTY(METRICS())", "1 - 4 8 - | 0 2 2 - -"},
		{"SLICE(METRICS(), 1, 2)", "0 2 2 - -"},
		{"SLICE(METRICS(), 2)", "- - - - -"}, {"FIRST(METRICS())", "1 - 4 8 -"}, {"LAST([m1, m2])", "0 2 2 - -"},
		{"SORT(METRICS(), SUM, ASC)", "0 2 2 - - | 1 - 4 8 - | - - - - -"},
		{"SORT(METRICS(), MAX, DESC, 1)", "1 - 4 8 -"}, {"ABS(m2 - m1)", "1 - 2 - -"}, {"CEIL(m1/3)", "1 - 2 3 -"}, {"FLOOR(m1/3)", "0 - 1 2 -"},
		{"LOG10(m1*10)", "1 - 1.602 1.903 -"},
		{"LOG(m2)", "- 0.6931 0.6931 - -"}, {"MINUTE(m1)", "57 - 59 0 -"}, {"HOUR(m1)", "23 - 23 0 -"}, {"DAY(m1)", "7 - 7 1 -"},
		{"DATE(m1)", "29 - 29 30 -"}, {"MONTH(m1)", "11 - 11 11 -"},
		{"YEAR(m1)", "2026 - 2026 2026 -"}, {"METRICS() * 2", "2 - 8 16 - | 0 4 4 - - | - - - - -"}, {"METRICS('m1') - m2", "1 - 2 - -"},
		{"METRICS('x') * 2", ""},
	} {
		f, err := Parse(c.formula)
		if err != nil {
			t.Errorf("%s: %v", c.formula, err)
			continue
		}
		v, err := f.Evaluate(grid, metrics)
		if err != nil || show(v) != c.want {
			t.Errorf("%s is %s, want %s (%v)", c.formula, show(v), c.want, err)
		}
	}
}

func TestBadFormulas(t *testing.T) {
	for _, text := range []string{
		"", "m1 +", "(m1", "m1)", "[m1", "FILL(m1", "'abc", "m1 m2", "m1 $ m2", "1.2.3", "SUM(,)", "FOO", strings.Repeat("(", 200) + "1",
		strings.Repeat("-", 200) + "1",
	} {
		f, err := Parse(text)
		if err == nil {
			_, err = f.Evaluate(grid, metrics)
		}
		if err == nil {
			t.Errorf("%q was read", text)
		}
	}
	for text, part := range map[string]string{
		"m3": "there is no m3", "SEARCH('x')": "SEARCH takes 2 to 3 arguments",
		"SEARCH(m1, 'Sum')": "SEARCH takes a search expression", "ANOMALY_DETECTION_BAND(m1)": "ANOMALY_DETECTION_BAND is not supported",
		"SUM(1)": "no time series", "FILL(m1)": "arguments", "FILL(m1, OTHER)": "not expected", "SORT(METRICS(), m1, ASC)": "SORT takes",
		"[m1, m2] + [m1, m2, m1]": "cannot be combined",
		"IF(METRICS(), 1, 2)":     "IF takes", "METRICS(m1)": "takes a string", "FIRST(METRICS('x'))": "no time series",
		"SLICE(METRICS(), m1)": "no number",
	} {
		f, err := Parse(text)
		if err == nil {
			_, err = f.Evaluate(grid, metrics)
		}
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q", text, err, part)
		}
	}
}

func TestNames(t *testing.T) {
	f, err := Parse("SUM([m1, m2]) / IF(e1 > m1, 1, REPEAT)")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Names()); got != "[m1 m2 e1]" {
		t.Errorf("names %s", got)
	}
}

// Whatever text comes, it is read or refused, and what was read is evaluated or refused.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"m1+m2", "SUM(METRICS())", "IF(m1>1,FILL(m2,LINEAR),'x')", "SORT([m1],AVG,DESC,1)", "-(1^2)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if formula, err := Parse(text); err == nil {
			v, err := formula.Evaluate(grid, metrics)
			for _, s := range v.Series() {
				if err == nil && len(s.Values) != len(grid.Starts) {
					t.Errorf("%q: %d values", text, len(s.Values))
				}
			}
		}
	})
}
