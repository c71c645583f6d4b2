package watching

import (
	"context"
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
	for _, d := range in.MetricData {
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
		summaries, err := summarise(d)
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

// summarise makes summaries of a datum's value, values or statistic set.
func summarise(d cwtypes.MetricDatum) ([]metrics.Summary, error) {
	given := 0
	for _, is := range []bool{d.Value != nil, len(d.Values) > 0, d.StatisticValues != nil} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, missing("MetricData.member.Value")
	case given > 1:
		return nil, invalidCombination("The parameters Value, Values and StatisticValues are mutually exclusive and you have specified more than one.")
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return nil, invalidCombination("The parameters Values and Counts must have the same size.")
	case len(d.Values) > maxValues:
		return nil, invalid("The collection Values must not have a size greater than %d.", maxValues)
	}
	if s := d.StatisticValues; s != nil {
		if s.Sum == nil || s.Minimum == nil || s.Maximum == nil || s.SampleCount == nil {
			return nil, missing("MetricData.member.StatisticValues")
		}
		if err := checkNumbers(*s.Sum, *s.Minimum, *s.Maximum, *s.SampleCount); err != nil {
			return nil, err
		}
		if *s.SampleCount <= 0 || *s.Minimum > *s.Maximum {
			return nil, invalid("The value for parameter StatisticValues is invalid.")
		}
		return []metrics.Summary{metrics.Set(*s.Sum, *s.Minimum, *s.Maximum, *s.SampleCount)}, nil
	}
	values := d.Values
	if d.Value != nil {
		values = []float64{*d.Value}
	}
	var all []metrics.Summary
	for i, v := range values {
		count := 1.0
		if len(d.Counts) > 0 {
			count = d.Counts[i]
		}
		if err := checkNumbers(v, count); err != nil {
			return nil, err
		}
		if count <= 0 {
			return nil, invalid("The value %v for parameter Counts is invalid.", count)
		}
		all = append(all, metrics.One(v, count))
	}
	return all, nil
}

// checkNumbers refuses what CloudWatch cannot keep: NaN, infinities, and numbers beyond 2 to the 360.
func checkNumbers(values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.Abs(v) > math.Ldexp(1, 360) {
			return invalid("The value %v for a data point is invalid.", v)
		}
	}
	return nil
}
