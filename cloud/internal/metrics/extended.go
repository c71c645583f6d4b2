package metrics

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// extended is one of the statistics beyond the five
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html): a percentile, or what is made of the values between
// two bounds.
type extended struct {
	kind      string // p, or as the ranges are written: TM, WM, TC, TS, PR
	low, high float64
	percent   bool // the bounds are shares of the values, and not values
}

// readStatistic reads the name of an extended statistic: p99.9; tm90, wm90, tc90 and ts90, which are up to 90 %; TM(10%:90%), TM(1:2), TM(:90%) and so
// on; PR(1:2), which takes values only; IQM.
func readStatistic(name string) (e extended, ok bool) {
	if name == "IQM" {
		return extended{"TM", 25, 75, true}, true
	}
	if percentile, ok := strings.CutPrefix(name, "p"); ok {
		e.kind, e.percent = "p", true
		e.high, ok = share(percentile)
		return e, ok
	}
	if len(name) < 3 {
		return e, false
	}
	e.kind = strings.ToUpper(name[:2])
	if !slices.Contains([]string{"TM", "WM", "TC", "TS", "PR"}, e.kind) {
		return e, false
	}
	if e.kind == name[:2] {
		return e, e.readRange(name[2:])
	}
	e.percent = true
	e.high, ok = share(name[2:])
	return e, ok && e.kind != "PR" && strings.ToLower(e.kind) == name[:2]
}

// readRange reads two bounds in brackets, of which one may be missing.
func (e *extended) readRange(text string) bool {
	inner, opened := strings.CutPrefix(text, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	low, high, both := strings.Cut(inner, ":")
	if !opened || !closed || !both || low+high == "" {
		return false
	}
	e.percent = strings.HasSuffix(low, "%") || strings.HasSuffix(high, "%")
	e.low, e.high = math.Inf(-1), math.Inf(1)
	if e.percent {
		e.low, e.high = 0, 100
	}
	for _, b := range []struct {
		text  string
		bound *float64
	}{{low, &e.low}, {high, &e.high}} {
		digits, percent := strings.CutSuffix(b.text, "%")
		switch v, err := strconv.ParseFloat(digits, 64); {
		case b.text == "":
		case err != nil || math.IsNaN(v) || percent != e.percent:
			return false
		default:
			*b.bound = v
		}
	}
	return e.low < e.high && (!e.percent || e.kind != "PR" && e.low >= 0 && e.high <= 100)
}

// share reads a percentage with up to ten decimal places.
func share(digits string) (float64, bool) {
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(fraction) > 10 || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return p, err == nil && p >= 0 && p <= 100
}

// of makes the statistic of a period's values; false where nothing is between its bounds. Percentiles are not available where a value is negative
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html).
func (e extended) of(s Summary) (float64, bool) {
	low, high := e.low, e.high
	switch {
	case e.kind == "p":
		return s.percentile(e.high), s.Minimum >= 0
	case e.kind == "WM" && e.percent:
		low, high = s.percentile(low), s.percentile(high)
		fallthrough
	case e.kind == "WM":
		return s.winsorized(low, high), true
	}
	count, sum := s.between(e)
	switch e.kind {
	case "TC":
		return count, true
	case "TS":
		return sum, true
	case "PR":
		return 100 * count / s.SampleCount, true
	}
	return sum / count, count > 0
}

// between counts and adds what is between the bounds: of two values, above the first and up to the other; of two shares, with a part of what is
// on a bound, so that a count may have decimal places, as AWS says of its own.
func (s Summary) between(e extended) (count, sum float64) {
	from, to, seen := e.low/100*s.SampleCount, e.high/100*s.SampleCount, 0.0
	for _, v := range slices.Sorted(maps.Keys(s.values)) {
		n := s.values[v]
		switch {
		case e.percent:
			before := seen
			seen += n
			n = max(0, min(seen, to)-max(before, from))
		case v <= e.low || v > e.high:
			n = 0
		}
		count, sum = count+n, sum+n*v
	}
	return count, sum
}

// winsorized is the mean in which what is beyond the bounds counts as on them.
func (s Summary) winsorized(low, high float64) float64 {
	sum := 0.0
	for v, n := range s.values {
		sum += n * max(low, min(high, v))
	}
	return sum / s.SampleCount
}

// percentile is the nearest rank: the least value that this share of all values does not exceed. AWS does
// not document how it interpolates.
func (s Summary) percentile(p float64) float64 {
	rank, seen := math.Max(p/100*s.SampleCount, 0), 0.0
	sorted := slices.Sorted(maps.Keys(s.values))
	for _, v := range sorted {
		if seen += s.values[v]; seen >= rank-1e-9 {
			return v
		}
	}
	return s.Maximum
}

// Significant is how many values a period needs for a percentile to say something, as an alarm that ignores low samples has it
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html); 0 of another statistic.
func Significant(statistic string) float64 {
	e, ok := readStatistic(statistic)
	if !ok || e.kind != "p" || e.high == 0 || e.high == 100 {
		return 0
	}
	p := e.high / 100
	if p >= 0.5 {
		p = 1 - p
	}
	return 10 / p
}
