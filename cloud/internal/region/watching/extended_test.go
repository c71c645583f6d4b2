package watching

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// slowest puts values of which the highest is far above the others, in the minute before an end.
func slowest(t *testing.T, r *Room, end time.Time, count int) {
	t.Helper()
	in := datum(0, end.Add(-r.Speed.Of(time.Minute)/2))
	in.MetricData[0].Value, in.MetricData[0].Values, in.MetricData[0].Counts = nil, []float64{1, 100}, []float64{float64(count - 1), 1}
	roomtest.Must(r.PutMetricData(t.Context(), in))(t)
}

// An alarm may watch any extended statistic: a trimmed mean does not see the one value that is far above the others, which the greatest percentile is.
func TestAlarmsOnExtendedStatistics(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	end := r.Data.Floor(time.Now(), time.Minute)
	want := map[string]cwtypes.StateValue{
		"p100": "ALARM", "p50": "OK", "tm99": "OK", "TM(:99%)": "OK", "wm98": "OK",
		"TM(50:200)": "ALARM", "TS(50:)": "ALARM", "tc90": "ALARM", "PR(:50)": "ALARM", "IQM": "OK",
	}
	for statistic := range want {
		in := alarmInput(statistic)
		in.Statistic, in.ExtendedStatistic = "", &statistic
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	}
	slowest(t, r, end, 1000)
	r.evaluateAlarms(end, time.Now(), every)
	for statistic, state := range want {
		if a := r.stateOf(t, statistic); a.StateValue != state || *a.ExtendedStatistic != statistic || a.Statistic != "" {
			t.Errorf("%s: %s (%s)", statistic, a.StateValue, *a.StateReason)
		}
	}
	out := roomtest.Must(r.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: new("App"), MetricName: new("Errors"), Dimensions: alarmInput("").Dimensions, Period: new(int32(60)),
		StartTime: new(end.Add(-r.Speed.Of(time.Minute))), EndTime: &end, ExtendedStatistics: []string{"tm99", "p100"},
	}))(t)
	if len(out.Datapoints) != 1 || out.Datapoints[0].ExtendedStatistics["tm99"] != 1 || out.Datapoints[0].ExtendedStatistics["p100"] != 100 {
		t.Errorf("%+v", out.Datapoints)
	}
}

// EvaluateLowSampleCountPercentile: with ignore an alarm keeps its state while there are too few values for its percentile.
func TestAlarmsThatIgnoreLowSamples(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	for name, low := range map[string]*string{"evaluates": new("evaluate"), "always": nil, "ignores": new("ignore")} {
		in := alarmInput(name)
		in.Statistic, in.ExtendedStatistic, in.EvaluateLowSampleCountPercentile = "", new("p99.9"), low
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	}
	states := func(when string, evaluates, ignores cwtypes.StateValue) {
		t.Helper()
		if a, b, c := r.stateOf(t, "evaluates"), r.stateOf(t, "always"), r.stateOf(t, "ignores"); a.StateValue != evaluates ||
			b.StateValue != evaluates || c.StateValue != ignores {
			t.Errorf("%s: %s, %s, %s", when, a.StateValue, b.StateValue, c.StateValue)
		}
	}
	if a := r.stateOf(t, "ignores"); *a.EvaluateLowSampleCountPercentile != "ignore" || r.stateOf(t, "always").EvaluateLowSampleCountPercentile != nil {
		t.Errorf("%+v", a)
	}
	end := r.Data.Floor(time.Now(), time.Minute)
	slowest(t, r, end, 100)
	r.evaluateAlarms(end, time.Now(), every)
	states("a hundred values, of which the last per mille is the greatest", "ALARM", "INSUFFICIENT_DATA")
	slowest(t, r, end, 9900)
	r.evaluateAlarms(end, time.Now(), every)
	states("ten thousand", "OK", "OK")

	in := alarmInput("wrong")
	in.Statistic, in.ExtendedStatistic, in.EvaluateLowSampleCountPercentile = "", new("p99"), new("guess")
	_, err := r.PutMetricAlarm(t.Context(), in)
	roomtest.WantCode(t, err, "InvalidParameterValue")
}

// An alarm whose metric is the only one of a list of queries is one on a percentile, too.
func TestAlarmsOnAQueryIgnoreLowSamples(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	one := sum("a", "Errors", true)
	one.MetricStat.Stat, one.MetricStat.Metric.Dimensions = new("p99.9"), alarmInput("").Dimensions
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("ignores"), EvaluationPeriods: new(int32(1)), Threshold: new(5.0), ComparisonOperator: "GreaterThanThreshold",
		EvaluateLowSampleCountPercentile: new("ignore"), Metrics: []cwtypes.MetricDataQuery{one},
	}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	if a := r.stateOf(t, "ignores"); a.EvaluateLowSampleCountPercentile == nil || *a.EvaluateLowSampleCountPercentile != "ignore" {
		t.Errorf("%+v", a)
	}
	end := r.Data.Floor(time.Now(), time.Minute)
	for _, c := range []struct {
		n    int
		want cwtypes.StateValue
	}{{100, "INSUFFICIENT_DATA"}, {9900, "OK"}} {
		slowest(t, r, end, c.n)
		r.evaluateAlarms(end, time.Now(), every)
		if a := r.stateOf(t, "ignores"); a.StateValue != c.want {
			t.Errorf("with %d more values %s", c.n, a.StateValue)
		}
	}
	in.EvaluateLowSampleCountPercentile = new("guess")
	_, err := r.PutMetricAlarm(t.Context(), in)
	roomtest.WantCode(t, err, "InvalidParameterValue")
}
