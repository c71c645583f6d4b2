package watching

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// TestTopicsAreTold: a topic gets AWS's message. One that does not exist is no mistake of the alarm's, and its history says what came of it.
func TestTopicsAreTold(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	ctx := t.Context()
	topic, gone := "arn:aws:sns:us-east-1:111122223333:pages", "arn:aws:sns:us-east-1:111122223333:gone"
	roomtest.Must(r.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("busy"), AlarmDescription: new("d"), Namespace: new("app"), MetricName: new("load"),
		Statistic: cwtypes.StatisticAverage, Period: new(int32(60)),
		EvaluationPeriods: new(int32(2)), Threshold: new(1.5), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		Dimensions: []cwtypes.Dimension{{Name: new("Host"), Value: new("a")}}, AlarmActions: []string{gone, topic},
	}))(t)
	roomtest.Must(r.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
		AlarmName: new("busy"), StateValue: cwtypes.StateValueAlarm, StateReason: new("by hand"),
	}))(t)
	sent := r.actions.(*told).sent
	if len(sent) != 3 || sent[0] != topic || sent[1] != `ALARM: "busy" in US East (N. Virginia)` {
		t.Fatalf("sent %q", sent)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(sent[2]), &got); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"StateChangeTime", "AlarmConfigurationUpdatedTimestamp"} {
		if s, _ := got[at].(string); !strings.HasSuffix(s, "+0000") {
			t.Errorf("%s is %v", at, got[at])
		}
		delete(got, at)
	}
	want := map[string]any{
		"AlarmName": "busy", "AlarmDescription": "d", "AWSAccountId": "111122223333", "NewStateValue": "ALARM", "NewStateReason": "by hand",
		"Region": "US East (N. Virginia)", "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:busy", "OldStateValue": "INSUFFICIENT_DATA",
		"OKActions": []any{}, "AlarmActions": []any{gone, topic}, "InsufficientDataActions": []any{},
		"Trigger": map[string]any{
			"MetricName": "load", "Namespace": "app", "StatisticType": "Statistic", "Statistic": "AVERAGE",
			"Dimensions": []any{map[string]any{"name": "Host", "value": "a"}}, "Period": 60.0, "EvaluationPeriods": 2.0, "DatapointsToAlarm": 2.0,
			"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.5, "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var said []string
	history := &cloudwatch.DescribeAlarmHistoryInput{AlarmName: new("busy"), HistoryItemType: cwtypes.HistoryItemTypeAction}
	for _, item := range roomtest.Must(r.DescribeAlarmHistory(ctx, history))(t).AlarmHistoryItems {
		said = append(said, *item.HistorySummary)
	}
	slices.Sort(said)
	if want := []string{"Failed to execute action " + gone + ": Topic does not exist", "Successfully executed action " + topic}; !slices.Equal(said, want) {
		t.Errorf("its history says %q", said)
	}
}

// TestToldOfMathAndPercentiles: what an alarm watches has other members then.
func TestToldOfMathAndPercentiles(t *testing.T) {
	s := alarmSettings{Statistic: "p99", Period: 60}
	if got := s.told(); got.StatisticType != "ExtendedStatistic" || got.ExtendedStatistic != "p99" || got.Statistic != "" {
		t.Errorf("%+v", got)
	}
	s = alarmSettings{Period: 60, Queries: []query{{ID: "m", Hidden: true, Period: 60, Statistic: "Sum"}, {ID: "e", Expression: "m*2", Label: "twice"}}}
	b, err := json.Marshal(s.told().Metrics)
	if want := `[{"Id":"m","MetricStat":{"Metric":{"MetricName":"","Namespace":"","Dimensions":[]},"Period":60,"Stat":"Sum"},"ReturnData":false},` +
		`{"Id":"e","Label":"twice","Expression":"m*2","ReturnData":true}]`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
}
