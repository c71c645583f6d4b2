package watching

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
)

// The limits of PutMetricData.
const (
	maxData   = 1000
	maxValues = 150
	oldest    = 14 * 24 * time.Hour
	newest    = 2 * time.Hour
)

// PutMetricData takes data points: all of a request or none.
func (r *Room) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	if err := room.Only(in, "Namespace", "MetricData"); err != nil {
		return nil, err
	}
	if strings.HasPrefix(room.Deref(in.Namespace), "AWS/") {
		return nil, invalid("The value AWS/ for parameter Namespace is invalid.")
	}
	if n := len(in.MetricData); n == 0 || n > maxData {
		return nil, invalid("The collection MetricData must have a size from 1 to %d.", maxData)
	}
	now := time.Now()
	var puts []func()
	for i, d := range in.MetricData {
		m, err := metricOf(in.Namespace, d.MetricName, d.Dimensions)
		if err != nil {
			return nil, err
		}
		if err := checkDatum(d, now); err != nil {
			return nil, err
		}
		at := now
		if d.Timestamp != nil {
			at = *d.Timestamp
		}
		unit := string(d.Unit)
		if unit == "" {
			unit = string(cwtypes.StandardUnitNone)
		}
		summaries, err := summarise(d, fmt.Sprintf("MetricData.member.%d", i+1))
		if err != nil {
			return nil, err
		}
		for _, s := range summaries {
			puts = append(puts, func() { r.Data.Put(m, unit, at, now, room.Deref(d.StorageResolution) == 1, s) })
		}
	}
	for _, put := range puts {
		put()
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

func checkDatum(d cwtypes.MetricDatum, now time.Time) error {
	if at := d.Timestamp; at != nil {
		if at.Before(now.Add(-oldest)) {
			return invalid("The parameter Timestamp must specify a time no more than two weeks in the past.")
		}
		if at.After(now.Add(newest)) {
			return invalid("The parameter Timestamp must specify a time no more than two hours in the future.")
		}
	}
	if s := d.StorageResolution; s != nil && *s != 1 && *s != 60 {
		return invalid("The value %d for parameter StorageResolution is invalid: it must be 1 or 60.", *s)
	}
	return checkUnit(d.Unit)
}

// summarise makes summaries of a datum's value, or of its values and its statistic set, which may be there together. at is the datum's place in
// the request. The words were recorded from AWS in November 2026.
func summarise(d cwtypes.MetricDatum, at string) (all []metrics.Summary, err error) {
	exclusive := func(other string) error {
		return invalidCombination("The parameters %s.Value and %s.%s are mutually exclusive and you have specified both.", at, at, other)
	}
	switch {
	case d.Value == nil && len(d.Values) == 0 && d.StatisticValues == nil:
		return nil, missing(at + ".Value")
	case d.Value != nil && len(d.Values) > 0:
		return nil, exclusive("Values")
	case d.Value != nil && d.StatisticValues != nil:
		return nil, exclusive("StatisticValues")
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return nil, invalid("The parameters %s.Values and %s.Counts must be of the same size.", at, at)
	case len(d.Values) > maxValues:
		return nil, invalid("The collection %s.Values must not have a size greater than %d.", at, maxValues)
	}
	if d.StatisticValues != nil {
		set, err := summariseSet(*d.StatisticValues, at+".StatisticValues")
		if err != nil {
			return nil, err
		}
		all = append(all, set)
	}
	if d.Value != nil {
		return []metrics.Summary{metrics.One(*d.Value, 1)}, checkNumber(*d.Value, at+".Value")
	}
	for i, v := range d.Values {
		count, member := 1.0, fmt.Sprintf("member.%d", i+1)
		if len(d.Counts) > 0 {
			count = d.Counts[i]
		}
		if err := checkNumber(v, at+".Values."+member); err != nil {
			return nil, err
		}
		if err := checkNumber(count, at+".Counts."+member); err != nil {
			return nil, err
		}
		if count <= 0 {
			return nil, invalid("The value %v for parameter %s.Counts.%s is invalid.", count, at, member)
		}
		all = append(all, metrics.One(v, count))
	}
	return all, nil
}

// summariseSet makes a summary of a statistic set.
func summariseSet(s cwtypes.StatisticSet, at string) (set metrics.Summary, err error) {
	if s.Sum == nil || s.Minimum == nil || s.Maximum == nil || s.SampleCount == nil {
		return set, missing(at)
	}
	for _, x := range []struct {
		name  string
		value float64
	}{{"Sum", *s.Sum}, {"Minimum", *s.Minimum}, {"Maximum", *s.Maximum}, {"SampleCount", *s.SampleCount}} {
		if err := checkNumber(x.value, at+"."+x.name); err != nil {
			return set, err
		}
	}
	if *s.SampleCount <= 0 || *s.Minimum > *s.Maximum {
		return set, invalid("The value for parameter %s is invalid.", at)
	}
	return metrics.Set(*s.Sum, *s.Minimum, *s.Maximum, *s.SampleCount), nil
}

// checkNumber refuses what CloudWatch cannot keep: NaN, infinities, and numbers beyond 2 to the 360. The words of NaN are AWS's, which moto's
// tests have (tests/test_cloudwatch, test_put_metric_data_value_and_statistics).
func checkNumber(v float64, parameter string) error {
	switch {
	case math.IsInf(v, 1):
		return invalid("The value ∞ for parameter %s is invalid.", parameter)
	case math.IsInf(v, -1):
		return invalid("The value -∞ for parameter %s is invalid.", parameter)
	case math.IsNaN(v) || math.Abs(v) > math.Ldexp(1, 360):
		return invalid("The value %v for parameter %s is invalid.", v, parameter)
	}
	return nil
}
