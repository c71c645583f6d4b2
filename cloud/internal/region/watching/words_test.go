package watching

import (
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// What AWS was seen to say of data that it does not take, and of times that are no span; each call has its own words.
func TestWordsOfRefusedDataAndTimes(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	now := time.Now()
	put := func(edit func(*cwtypes.MetricDatum)) error {
		in := datum(1, now)
		in.MetricData = append(in.MetricData, in.MetricData[0])
		edit(&in.MetricData[1])
		_, err := r.PutMetricData(t.Context(), in)
		return err
	}
	statistics := func(start, end time.Time) error {
		_, err := r.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
			Namespace: new("App"), MetricName: new("Errors"), Period: new(int32(60)), Statistics: []cwtypes.Statistic{"Sum"}, StartTime: &start, EndTime: &end,
		})
		return err
	}
	data := func(start, end time.Time) error {
		_, err := r.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []cwtypes.MetricDataQuery{
			{Id: new("a"), MetricStat: &cwtypes.MetricStat{
				Stat: new("Sum"), Period: new(int32(60)), Metric: &cwtypes.Metric{Namespace: new("App"), MetricName: new("Errors")},
			}},
		}})
		return err
	}
	queries := func(id string) []cwtypes.MetricDataQuery {
		return []cwtypes.MetricDataQuery{sum("a", "Errors", true), sum(id, "Errors", false)}
	}
	named := func(id string) error {
		_, err := r.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: new(now.Add(-time.Hour)), EndTime: &now, MetricDataQueries: queries(id)})
		return err
	}
	watched := func(id string) error {
		_, err := r.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
			AlarmName: new("a"), EvaluationPeriods: new(int32(1)), Threshold: new(1.0), ComparisonOperator: "GreaterThanThreshold", Metrics: queries(id),
		})
		return err
	}
	set := &cwtypes.StatisticSet{Sum: new(1.0), Minimum: new(1.0), Maximum: new(1.0), SampleCount: new(1.0)}
	for _, c := range []struct {
		err  error
		want string
	}{
		{put(func(d *cwtypes.MetricDatum) { d.Value = new(math.NaN()) }),
			"InvalidParameterValue: The value NaN for parameter MetricData.member.2.Value is invalid."},
		{put(func(d *cwtypes.MetricDatum) { d.Value = new(math.Inf(-1)) }),
			"InvalidParameterValue: The value -∞ for parameter MetricData.member.2.Value is invalid."},
		{put(func(d *cwtypes.MetricDatum) { d.Value, d.Values = nil, []float64{1, math.NaN()} }),
			"InvalidParameterValue: The value NaN for parameter MetricData.member.2.Values.member.2 is invalid."},
		{put(func(d *cwtypes.MetricDatum) { d.Values = []float64{1} }),
			"InvalidParameterCombination: The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you have specified both."},
		{put(func(d *cwtypes.MetricDatum) { d.StatisticValues = set }),
			"InvalidParameterCombination: The parameters MetricData.member.2.Value and " +
				"MetricData.member.2.StatisticValues are mutually exclusive and you have specified both."},
		{put(func(d *cwtypes.MetricDatum) { d.Value, d.Values, d.Counts = nil, []float64{1}, []float64{1, 2} }),
			"InvalidParameterValue: The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size."},
		{statistics(now, now), "InvalidParameterValue: The parameter StartTime must not equal parameter EndTime."},
		{statistics(now, now.Add(-time.Hour)), "InvalidParameterCombination: The parameter StartTime must be less than the parameter EndTime."},
		{named("5xx"), "ValidationError: The value 5xx for parameter MetricDataQueries.member.2.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."},
		{named("a"), "ValidationError: The values for parameter id in MetricDataQueries are not unique."},
		{watched("5xx"), "ValidationError: Invalid metrics list"},
		{data(now, now), "ValidationError: The parameter StartTime must not equal parameter EndTime."},
		{data(now, now.Add(-time.Hour)), "ValidationError: The parameter EndTime must be greater than StartTime."},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
	if n := len(roomtest.Must(r.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{}))(t).Metrics); n != 0 {
		t.Errorf("%d metrics are left of what was refused", n)
	}
	if err := put(func(d *cwtypes.MetricDatum) { d.Value, d.Values, d.StatisticValues = nil, []float64{2, 3}, set }); err != nil {
		t.Errorf("values and a statistic set together: %v", err)
	}
}
