package metrics

import (
	"strconv"
)

// Summary is what CloudWatch knows of the values of a period.
type Summary struct {
	Sum, Minimum, Maximum, SampleCount float64
	// values are the values and how often each was put, for percentiles. It is nil where the values of a
	// part are not known: it was put as a statistic set.
	values map[float64]float64
	vague  bool
}

// One is the summary of a value that was put a number of times.
func One(value, count float64) Summary {
	return Summary{Sum: value * count, Minimum: value, Maximum: value, SampleCount: count, values: map[float64]float64{value: count}}
}

// Set is the summary of a statistic set. Percentiles are known only if all its values are the
// same (MetricDatum in the CloudWatch API reference: a sample count of 1, or Minimum equal to Maximum).
func Set(sum, minimum, maximum, count float64) Summary {
	if minimum == maximum || count == 1 {
		return Summary{Sum: sum, Minimum: minimum, Maximum: maximum, SampleCount: count, values: map[float64]float64{minimum: count}}
	}
	return Summary{Sum: sum, Minimum: minimum, Maximum: maximum, SampleCount: count, vague: true}
}

// maxValues is how many different values a summary keeps. If there are more, they are rounded to three digits,
// and then to two, and its percentiles are only that exact.
const maxValues = 1024

func (s *Summary) add(o Summary) {
	if o.SampleCount == 0 {
		return
	}
	if s.SampleCount == 0 {
		s.Minimum, s.Maximum = o.Minimum, o.Maximum
	}
	s.Sum, s.SampleCount = s.Sum+o.Sum, s.SampleCount+o.SampleCount
	s.Minimum, s.Maximum = min(s.Minimum, o.Minimum), max(s.Maximum, o.Maximum)
	if s.vague = s.vague || o.vague; s.vague {
		s.values = nil
		return
	}
	if s.values == nil {
		s.values = make(map[float64]float64, len(o.values))
	}
	for v, n := range o.values {
		s.values[v] += n
	}
	for digits := 3; len(s.values) > maxValues && digits > 1; digits-- {
		s.values = rounded(s.values, digits)
	}
}

func rounded(values map[float64]float64, digits int) map[float64]float64 {
	coarse := map[float64]float64{}
	for v, n := range values {
		r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
		if err != nil {
			r = v
		}
		coarse[r] += n
	}
	return coarse
}

// ValidStatistic tells whether Statistic knows a statistic of this name: one of the five, or an extended one.
func ValidStatistic(name string) bool {
	switch name {
	case "SampleCount", "Average", "Sum", "Minimum", "Maximum":
		return true
	}
	return Extended(name)
}

// Extended tells whether a statistic is one beyond the five.
func Extended(name string) bool {
	_, ok := readStatistic(name)
	return ok
}

// Statistic returns a statistic of the period; false if it is not known.
func (s Summary) Statistic(name string) (float64, bool) {
	if s.SampleCount == 0 {
		return 0, false
	}
	switch name {
	case "SampleCount":
		return s.SampleCount, true
	case "Average":
		return s.Sum / s.SampleCount, true
	case "Sum":
		return s.Sum, true
	case "Minimum":
		return s.Minimum, true
	case "Maximum":
		return s.Maximum, true
	}
	e, ok := readStatistic(name)
	if !ok || s.vague {
		return 0, false
	}
	return e.of(s)
}
