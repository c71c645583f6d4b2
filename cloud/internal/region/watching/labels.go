package watching

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// usualLabel is what a metric's result is called that no query names: the metric, and what tells it from other queries of the metric, as real
// CloudWatch was seen to do it.
func usualLabel(q query, all []query) string {
	label := q.Metric.Name
	differs := func(is func(other query) bool) bool {
		return slices.ContainsFunc(all, func(other query) bool { return other.formula == nil && other.Metric.Name == q.Metric.Name && is(other) })
	}
	if differs(func(other query) bool { return other.Statistic != q.Statistic }) {
		label += " " + q.Statistic
	}
	if differs(func(other query) bool { return other.Period != q.Period }) {
		label += " " + strconv.Itoa(int(q.Period))
	}
	return label
}

// livePart is a part of a label that stands for something of the result
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html).
var livePart = regexp.MustCompile(`\$\{([^}]*)\}`)

// liveValues are the parts that are of the values, the oldest of which is the first.
var liveValues = map[string]func(values []float64) float64{
	"AVG": func(v []float64) float64 { return sumOf(v) / float64(len(v)) }, "SUM": sumOf,
	"DATAPOINT_COUNT": func(v []float64) float64 { return float64(len(v)) },
	"FIRST":           func(v []float64) float64 { return v[0] }, "LAST": func(v []float64) float64 { return v[len(v)-1] },
	"MIN": slices.Min[[]float64], "MAX": slices.Max[[]float64],
	"FIRST_LAST_RANGE": func(v []float64) float64 { return v[len(v)-1] - v[0] },
	"MIN_MAX_RANGE":    func(v []float64) float64 { return slices.Max(v) - slices.Min(v) },
}

func sumOf(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

var liveProperty = regexp.MustCompile(`^PROP\('([^']*)'\)$`)

// checkLabel refuses the parts that are not supported: those of times, whose form is not documented, and properties of expressions.
func (q query) checkLabel() error {
	for _, part := range livePart.FindAllStringSubmatch(q.Label, -1) {
		property := liveProperty.FindStringSubmatch(part[1])
		switch {
		case part[1] == "LABEL" || liveValues[part[1]] != nil:
		case property == nil:
			return invalid("The dynamic label %s of the query %s is not supported here.", part[0], q.ID)
		case q.formula != nil:
			return invalid("The dynamic label %s of the query %s is not supported here for expressions.", part[0], q.ID)
		default:
			if _, err := q.property(property[1], "", ""); err != nil {
				return invalid("The dynamic label %s of the query %s is not supported here.", part[0], q.ID)
			}
		}
	}
	return nil
}

// property is one of the metric's.
func (q query) property(name, region, account string) (string, error) {
	switch name {
	case "AccountId":
		return account, nil
	case "MetricName":
		return q.Metric.Name, nil
	case "Namespace":
		return q.Metric.Namespace, nil
	case "Period":
		return strconv.Itoa(int(q.Period)), nil
	case "Region":
		return region, nil
	case "Stat":
		return q.Statistic, nil
	}
	dimension, ok := strings.CutPrefix(name, "Dim.")
	if !ok {
		return "", errors.New("there is no such property")
	}
	at := slices.IndexFunc(q.Metric.Dimensions, func(d metrics.Dimension) bool { return d.Name == dimension })
	if at < 0 {
		return "", nil
	}
	return q.Metric.Dimensions[at].Value, nil
}

// label is what a result is called, by its values from the oldest on.
func (r *Room) label(q query, usual string, values []float64) string {
	return livePart.ReplaceAllStringFunc(cmp.Or(q.Label, usual), func(part string) string {
		name := livePart.FindStringSubmatch(part)[1]
		if property := liveProperty.FindStringSubmatch(name); property != nil {
			text, _ := q.property(property[1], r.Region, r.Account) // which was checked
			return text
		}
		switch of := liveValues[name]; {
		case name == "LABEL":
			return usual
		case of == nil:
			return part // of a metric's own name
		case len(values) > 0:
			return strconv.FormatFloat(of(values), 'f', -1, 64)
		case name == "DATAPOINT_COUNT" || name == "SUM":
			return "0"
		}
		return "-"
	})
}

var zoneOffset = regexp.MustCompile(`^[+-]\d{4}$`)

// checkLabelOptions checks the time zone of labels, which is for their times only.
func checkLabelOptions(o *cwtypes.LabelOptions) error {
	if o == nil || o.Timezone == nil || zoneOffset.MatchString(*o.Timezone) {
		return nil
	}
	return invalid("The value %s for parameter LabelOptions.Timezone is invalid.", *o.Timezone)
}
