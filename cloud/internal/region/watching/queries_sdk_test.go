package watching

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// sum is a query for the sums of a metric by the minute.
func sum(id, metric string, shown bool) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: &id, ReturnData: &shown, MetricStat: &cwtypes.MetricStat{
		Stat: new("Sum"), Period: new(int32(60)), Metric: &cwtypes.Metric{Namespace: new("App"), MetricName: &metric},
	}}
}

func expression(id, text string, shown bool) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: &id, Expression: &text, ReturnData: &shown}
}

// put puts a metric's values, one in each minute from start on; those below zero are left out.
func (s *served) put(metric string, start time.Time, values ...float64) {
	s.t.Helper()
	for i, v := range values {
		if v < 0 {
			continue
		}
		roomtest.Must(s.PutMetricData(s.t.Context(), &cloudwatch.PutMetricDataInput{Namespace: new("App"), MetricData: []cwtypes.MetricDatum{{
			MetricName: &metric, Value: new(v), Timestamp: new(start.Add(time.Duration(i) * s.r.Speed.Of(time.Minute))),
		}}}))(s.t)
	}
}

func TestExpressionsAreAnswered(t *testing.T) {
	s := serve(t)
	minute := s.r.Speed.Of(time.Minute)
	start := s.r.Data.Floor(time.Now(), time.Minute).Add(-5 * minute)
	s.put("Errors", start, 1, -1, 4, 9)
	s.put("Requests", start, 10, 20, 20, 0)
	ask := func(queries ...cwtypes.MetricDataQuery) (*cloudwatch.GetMetricDataOutput, error) {
		return s.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
			StartTime: &start, EndTime: new(start.Add(4 * minute)), ScanBy: cwtypes.ScanByTimestampAscending, MetricDataQueries: queries,
		})
	}
	show := func(out *cloudwatch.GetMetricDataOutput) string {
		var all []string
		for _, r := range out.MetricDataResults {
			text := *r.Id + "/" + *r.Label
			for i, v := range r.Values {
				text += fmt.Sprintf(" %v@%d", v, r.Timestamps[i].Sub(start).Round(time.Second)/minute.Round(time.Second))
			}
			all = append(all, text)
		}
		return strings.Join(all, "; ")
	}
	for _, c := range []struct {
		want    string
		queries []cwtypes.MetricDataQuery
	}{
		{"rate/rate 10@0 20@2", []cwtypes.MetricDataQuery{expression("rate", "100*m1/m2", true), sum("m1", "Errors", false), sum("m2", "Requests", false)}},
		{"e2/e2 2@0 5@2 10@3", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e1", "m1", false), expression("e2", "e1+1", true)}},
		{"all/Errors 1@0 0@1 4@2 9@3; all/Requests 10@0 20@1 20@2 0@3",
			[]cwtypes.MetricDataQuery{expression("all", "FILL(METRICS(), 0)", true), sum("m1", "Errors", false), sum("m2", "Requests", false)}},
		{"e/Errors 1@0 4@2 9@3; e/Requests 10@0 20@1 20@2 0@3", []cwtypes.MetricDataQuery{expression("e", "SEARCH('{App} Errors OR Requests', 'Sum', 60)", true)}},
		{"e/e 11@0 20@1 24@2 9@3", []cwtypes.MetricDataQuery{expression("e", "SUM(SEARCH('{App}', 'Sum', 60))", true)}},
		{"m1/Errors 1@0 4@2 9@3; n/n 3@0 3@1 3@2 3@3",
			[]cwtypes.MetricDataQuery{sum("m1", "Errors", true), expression("n", "TIME_SERIES(DATAPOINT_COUNT(m1))", true)}},
	} {
		if got := show(roomtest.Must(ask(c.queries...))(t)); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	slow := sum("m3", "Errors", false)
	slow.MetricStat.Period = new(int32(300))
	for _, c := range []struct {
		part    string
		queries []cwtypes.MetricDataQuery
	}{
		{"Error in expression 'e': \"+\" is not expected", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "m1 + + 1", true)}},
		{"there is no m9", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "m1 + m9", true)}},
		{"leads back", []cwtypes.MetricDataQuery{expression("e1", "e2", true), expression("e2", "e1", false)}},
		{"different periods", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), slow, expression("e", "m1 + m3", true)}},
		{"needs a metric", []cwtypes.MetricDataQuery{expression("e", "TIME_SERIES(1)", true)}},
		{"no time series", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "SUM(m1)", true)}},
		{"ANOMALY_DETECTION_BAND is not supported", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "ANOMALY_DETECTION_BAND(m1)", true)}},
		{"LAMBDA is not supported", []cwtypes.MetricDataQuery{expression("e", "LAMBDA('a')", true)}},
		{"Metrics Insights", []cwtypes.MetricDataQuery{expression("e", "select AVG(m) FROM SCHEMA(App)", true)}},
		{"lacks", []cwtypes.MetricDataQuery{expression("e", "SEARCH('(App', 'Sum', 60)", true)}},
		{"Median is not valid", []cwtypes.MetricDataQuery{expression("e", "SEARCH('App', 'Median', 60)", true)}},
	} {
		_, err := ask(c.queries...)
		roomtest.WantAPIError(t, err, "ValidationError")
		if err != nil && !strings.Contains(err.Error(), c.part) {
			t.Errorf("%v, want %q", err, c.part)
		}
	}
}

// An alarm on an error rate follows it, also after the region was opened again, and is shown as it was put.
func TestAlarmOnMetricMath(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	in := alarmInput("rate")
	in.Namespace, in.MetricName, in.Dimensions, in.Statistic, in.Period = nil, nil, nil, "", nil
	in.Metrics = []cwtypes.MetricDataQuery{
		expression("rate", "100*IF(FILL(m2,0)>0, FILL(m1,0)/m2, 0)", true), sum("m1", "Errors", false), sum("m2", "Requests", false),
	}
	in.Metrics[0].Label = new("Error rate")
	roomtest.Must(s.PutMetricAlarm(ctx, in))(t)
	found := *in
	found.Metrics = []cwtypes.MetricDataQuery{expression("e", "SUM(SEARCH('{App}', 'Sum', 60))", true)}
	if _, err := s.PutMetricAlarm(ctx, &found); err == nil || !strings.Contains(err.Error(), "SEARCH is not supported on Metric Alarms") {
		t.Errorf("an alarm on a search: %v", err)
	}
	minute := s.r.Speed.Of(time.Minute)
	now := s.r.Data.Floor(time.Now(), time.Minute)
	s.put("Requests", now.Add(-2*minute), 100, 100)
	s.put("Errors", now.Add(-2*minute), 4, 8)
	s.r.evaluateAlarms(now, time.Now(), every)
	if a := s.r.stateOf(t, "rate"); a.StateValue != cwtypes.StateValueAlarm || !strings.Contains(*a.StateReason, "[8.0 (") {
		t.Errorf("%s: %s", a.StateValue, *a.StateReason)
	}
	s.r.evaluateAlarms(now.Add(-minute), time.Now(), every)
	if a := s.r.stateOf(t, "rate"); a.StateValue != cwtypes.StateValueOk {
		t.Errorf("%s: %s", a.StateValue, *a.StateReason)
	}
	s.reopen()
	a := roomtest.Must(s.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{}))(t).MetricAlarms[0]
	if len(a.Metrics) != 3 || *a.Metrics[0].Expression != *in.Metrics[0].Expression || *a.Metrics[0].Label != "Error rate" || *a.Metrics[1].ReturnData ||
		*a.Metrics[1].MetricStat.Stat != "Sum" || a.MetricName != nil || a.Period != nil || a.Statistic != "" {
		t.Errorf("alarm: %+v", a)
	}
	s.put("Requests", now.Add(-minute), 100) // data is not kept
	s.put("Errors", now.Add(-minute), 8)
	s.r.evaluateAlarms(now, time.Now(), every)
	if a := s.r.stateOf(t, "rate"); a.StateValue != cwtypes.StateValueAlarm {
		t.Errorf("opened again: %s: %s", a.StateValue, *a.StateReason)
	}
	for _, told := range s.r.Streams() {
		if told.Unfit == "" {
			t.Errorf("Route 53 is told of metric math: %+v", told)
		}
	}
	of := &cloudwatch.DescribeAlarmsForMetricInput{Namespace: new("App"), MetricName: new("Errors")}
	if found := roomtest.Must(s.DescribeAlarmsForMetric(ctx, of))(t); len(found.MetricAlarms) != 0 {
		t.Error("an alarm on metric math is the metric's")
	}
	for _, c := range []struct {
		code    string
		queries []cwtypes.MetricDataQuery
	}{
		{"ValidationError", []cwtypes.MetricDataQuery{sum("m1", "Errors", true), sum("m2", "Requests", true)}},
		{"ValidationError", []cwtypes.MetricDataQuery{sum("m1", "Errors", false)}},
		{"ValidationError", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "METRICS()", true)}},
		{"ValidationError", []cwtypes.MetricDataQuery{sum("m1", "Errors", false), expression("e", "SUM(m1)", true)}},
		{"ValidationError", []cwtypes.MetricDataQuery{sum("M1", "Errors", true)}},
		{"ValidationError", []cwtypes.MetricDataQuery{sum("m1", "Errors", true), sum("m1", "Requests", false)}},
	} {
		in.Metrics = c.queries
		_, err := s.PutMetricAlarm(ctx, in)
		roomtest.WantAPIError(t, err, c.code)
	}
}
