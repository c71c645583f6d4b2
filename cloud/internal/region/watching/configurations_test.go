package watching

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The history of an alarm's configuration tells the whole of it, and whether it was created or updated.
func TestHistoryTellsConfigurations(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	told := func(name string, kind cwtypes.AlarmType) string {
		t.Helper()
		items := roomtest.Must(r.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{
			AlarmName: &name, AlarmTypes: []cwtypes.AlarmType{kind},
		}))(t).AlarmHistoryItems
		return *items[0].HistoryData
	}
	row := func(name string) (stamps *strings.Replacer) {
		a, _ := r.alarms.Get(name)
		return strings.NewReplacer("CONFIGURED", a.Configured.Format(messageTime), "UPDATED", a.Updated.Format(messageTime), "ARN", r.alarmARN(""))
	}
	in := alarmInput("a")
	in.AlarmDescription, in.AlarmActions = new("d"), []string{"arn:aws:sns:us-east-1:1:t"}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	const alarm = `{"alarmName":"a","alarmDescription":"d","alarmArn":"ARNa","alarmConfigurationUpdatedTimestamp":"CONFIGURED","namespace":"App",` +
		`"metricName":"Errors","statistic":"Sum","period":60,"dimensions":[{"value":"hello","name":"Service"}],"threshold":5.0,` +
		`"comparisonOperator":"GreaterThanThreshold","evaluationPeriods":1,"stateValue":"INSUFFICIENT_DATA",` +
		`"stateUpdatedTimestamp":"UPDATED","actionsEnabled":true,"alarmActions":["arn:aws:sns:us-east-1:1:t"],"insufficientDataActions":[],"okactions":[]}}`
	if got, want := told("a", "MetricAlarm"), row("a").Replace(`{"version":"1.0","type":"Create","createdAlarm":`+alarm); got != want {
		t.Errorf("created\n%s, want\n%s", got, want)
	}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	if got, want := told("a", "MetricAlarm"), row("a").Replace(`{"version":"1.0","type":"Update","updatedAlarm":`+alarm); got != want {
		t.Errorf("updated\n%s, want\n%s", got, want)
	}

	roomtest.Must(r.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("m"), EvaluationPeriods: new(int32(3)), DatapointsToAlarm: new(int32(2)), Threshold: new(1.5), ComparisonOperator: "LessThanThreshold",
		Metrics: []cwtypes.MetricDataQuery{expression("e", "a*2", true), sum("a", "Errors", false)},
	}))(t)
	for _, want := range []string{
		`"metrics":[{"id":"e","expression":"a*2","returnData":true},{"id":"a","metricStat":{"metric":{"namespace":"App","metricName":"Errors","dimensions":[]},` +
			`"period":60,"stat":"Sum"},"returnData":false}],"threshold":1.5`, `"evaluationPeriods":3,"datapointsToAlarm":2`,
	} {
		if got := told("m", "MetricAlarm"); !strings.Contains(got, want) || strings.Contains(got, "namespace\":\"\"") {
			t.Errorf("of metric math\n%s, want\n%s", got, want)
		}
	}
	roomtest.Must(r.PutCompositeAlarm(t.Context(), &cloudwatch.PutCompositeAlarmInput{AlarmName: new("c"), AlarmRule: new("ALARM(a)")}))(t)
	if got, want := told("c", "CompositeAlarm"), `"alarmRule":"ALARM(a)","stateValue"`; !strings.Contains(got, want) {
		t.Errorf("of a composite alarm\n%s, want\n%s", got, want)
	}
}

// The history of an alarm's states is written as the AWS CLI's example of describe-alarm-history has it.
func TestHistoryTellsStatesAsTheyAre(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	roomtest.Must(r.PutMetricAlarm(t.Context(), alarmInput("a")))(t)
	roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: new("a"), StateValue: "ALARM", StateReason: new("OK -> ALARM & <more>"), StateReasonData: new(`{"x": "<y>"}`),
	}))(t)
	items := roomtest.Must(r.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{AlarmName: new("a"), HistoryItemType: "StateUpdate"}))(t)
	const want = `{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial alarm creation"},` +
		`"newState":{"stateValue":"ALARM","stateReason":"OK -> ALARM & <more>","stateReasonData":{"x":"<y>"}}}`
	if got := *items.AlarmHistoryItems[0].HistoryData; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
