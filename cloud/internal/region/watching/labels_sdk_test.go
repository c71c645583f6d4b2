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

// Results that no query names are told apart by what differs, as was recorded of CloudWatch, and what stands for the result's values in a label
// becomes them.
func TestResultsAreLabelled(t *testing.T) {
	s := serve(t)
	minute := s.r.Speed.Of(time.Minute)
	start := s.r.Data.Floor(time.Now(), time.Minute).Add(-5 * minute)
	s.put("Errors", start, 1, -1, 4, 1)
	of := func(metric, stat string, period int32, label string) cwtypes.MetricDataQuery {
		q := sum(fmt.Sprintf("m%d_%d_%d", len(metric), len(stat), period), metric, true)
		q.MetricStat.Stat, q.MetricStat.Period, q.MetricStat.Unit = &stat, &period, ""
		if label != "" {
			q.Label = &label
		}
		return q
	}
	ask := func(zone string, queries ...cwtypes.MetricDataQuery) (labels []string, err error) {
		in := &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: new(start.Add(4 * minute)), MetricDataQueries: queries}
		if zone != "" {
			in.LabelOptions = &cwtypes.LabelOptions{Timezone: &zone}
		}
		out, err := s.GetMetricData(t.Context(), in)
		if err != nil {
			return nil, err
		}
		for _, r := range out.MetricDataResults {
			labels = append(labels, *r.Label)
		}
		return labels, nil
	}
	for _, c := range []struct {
		want    string
		queries []cwtypes.MetricDataQuery
	}{
		{"Errors", []cwtypes.MetricDataQuery{of("Errors", "Sum", 60, "")}},
		{"Errors Average, Errors Sum", []cwtypes.MetricDataQuery{of("Errors", "Average", 60, ""), of("Errors", "Sum", 60, "")}},
		{"Errors Sum 60, Errors Minimum 30", []cwtypes.MetricDataQuery{of("Errors", "Sum", 60, ""), of("Errors", "Minimum", 30, "")}},
		{"Errors 60, Errors 30", []cwtypes.MetricDataQuery{of("Errors", "Sum", 60, ""), of("Errors", "Sum", 30, "")}},
		{"Errors, Requests", []cwtypes.MetricDataQuery{of("Errors", "Sum", 60, ""), of("Requests", "Sum", 60, "")}},
		{"Errors: max 4, min 1, avg 2, sum 6 of 3, from 1 to 1, 0 and 3",
			[]cwtypes.MetricDataQuery{of("Errors", "Sum", 60,
				"${LABEL}: max ${MAX}, min ${MIN}, avg ${AVG}, sum ${SUM} of ${DATAPOINT_COUNT}, from ${FIRST} to ${LAST}, ${FIRST_LAST_RANGE} and ${MIN_MAX_RANGE}")}},
		{"App/Errors Sum/60 us-east-1 ", []cwtypes.MetricDataQuery{of("Errors", "Sum", 60,
			"${PROP('Namespace')}/${PROP('MetricName')} ${PROP('Stat')}/${PROP('Period')} ${PROP('Region')} ${PROP('Dim.Host')}")}},
		{"- of 0", []cwtypes.MetricDataQuery{of("None", "Sum", 60, "${AVG} of ${DATAPOINT_COUNT}")}},
	} {
		if got, err := ask("+0130", c.queries...); err != nil || strings.Join(got, ", ") != c.want {
			t.Errorf("%q, %v, want %q", got, err, c.want)
		}
	}
	doubled := expression("e", "m1 * 2", true)
	doubled.Label = new("twice ${LAST}")
	if got := roomtest.Must(ask("", sum("m1", "Errors", false), doubled))(t); got[0] != "twice 2" {
		t.Errorf("an expression is called %q", got)
	}
	doubled.Label = new("${PROP('Stat')}")
	for part, queries := range map[string][]cwtypes.MetricDataQuery{
		"${LAST_TIME} of the query": {of("Errors", "Sum", 60, "at ${LAST_TIME}")}, "${PROP('Colour')}": {of("Errors", "Sum", 60, "${PROP('Colour')}")},
		"for expressions": {sum("m1", "Errors", false), doubled},
	} {
		if _, err := ask("", queries...); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want %q", err, part)
		}
	}
	if _, err := ask("Europe/Berlin", sum("m1", "Errors", true)); err == nil || !strings.Contains(err.Error(), "LabelOptions.Timezone") {
		t.Errorf("a time zone by its name: %v", err)
	}
}
