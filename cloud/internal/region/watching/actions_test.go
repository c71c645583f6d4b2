package watching

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html: an alarm acts when it enters a state, and
// Auto Scaling is asked again for each minute that it stays in that state, whichever it is.
func TestAlarmsCarryOutScalingPolicies(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	asked := &r.actions.(*told).asked
	policy := func(name string) string { return r.policies() + "1:autoScalingGroupName/app:policyName/" + name }
	in := alarmInput("busy")
	in.AlarmActions, in.OKActions, in.InsufficientDataActions =
		[]string{policy("out"), policy("cooling"), policy("gone")}, []string{policy("in")}, []string{policy("lost")}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)

	at := r.Data.Floor(time.Now(), eachMinute)
	minute := r.Speed.Of(eachMinute)
	roomtest.Must(r.PutMetricData(t.Context(), datum(9, at.Add(-time.Second))))(t)
	r.evaluateAlarms(at, at, every)
	if want := []string{"out busy ALARM 4", "cooling busy ALARM 4", "gone busy ALARM 4"}; !slices.Equal(*asked, want) {
		t.Errorf("when it is breached %v", *asked)
	}
	*asked = nil
	r.evaluateAlarms(at, at.Add(time.Second), every)
	if len(*asked) != 0 {
		t.Errorf("a moment later %v", *asked)
	}
	r.evaluateAlarms(at, time.Now().Add(2*minute), every)
	if len(*asked) != 3 {
		t.Errorf("a minute later %v", *asked)
	}
	*asked = nil
	roomtest.Must(r.PutMetricAlarm(t.Context(), calm(in, policy("in"))))(t)
	r.evaluateAlarms(at, at, every)
	r.evaluateAlarms(at, time.Now().Add(2*minute), every)
	if want := []string{"in calm OK -91", "in calm OK -91"}; !slices.Equal(slices.DeleteFunc(*asked, isBusy), want) {
		t.Errorf("calm for a minute %v", *asked)
	}
	roomtest.Must(r.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"calm"}}))(t)
	*asked = nil
	roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: new("busy"), StateValue: cwtypes.StateValueOk, StateReason: new("by hand"),
	}))(t)
	if want := []string{"in busy OK 0"}; !slices.Equal(*asked, want) {
		t.Errorf("set by hand %v", *asked)
	}
	roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: new("busy"), StateValue: cwtypes.StateValueOk, StateReason: new("again"),
	}))(t)
	roomtest.Must(r.DisableAlarmActions(t.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"busy"}}))(t)
	roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: new("busy"), StateValue: cwtypes.StateValueAlarm, StateReason: new("disabled"),
	}))(t)
	if len(*asked) != 1 {
		t.Errorf("in the same state, and with disabled actions: %v", *asked)
	}

	var said []string
	history := roomtest.Must(r.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{
		AlarmName: new("busy"), HistoryItemType: cwtypes.HistoryItemTypeAction,
	}))(t)
	for _, item := range history.AlarmHistoryItems {
		said = append(said, *item.HistorySummary)
	}
	for _, want := range []string{
		"Successfully executed action " + policy("out"), "Failed to execute action " + policy("gone") + ": no such policy",
		"Action " + policy("cooling") + " was not carried out: the cooldown is not over",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("its history lacks %q: %s", want, strings.Join(said, "\n"))
		}
	}
	if names, arns := r.Acting(policy("in")); len(names) != 1 || names[0] != "busy" || arns[0] != r.alarmARN("busy") {
		t.Errorf("acting are %v %v", names, arns)
	}
}

// calm is an alarm of the same metric that is not breached.
func calm(in *cloudwatch.PutMetricAlarmInput, policy string) *cloudwatch.PutMetricAlarmInput {
	c := *in
	c.AlarmName, c.Threshold, c.AlarmActions, c.InsufficientDataActions, c.OKActions = new("calm"), new(100.0), nil, nil, []string{policy}
	return &c
}

func isBusy(asked string) bool { return strings.Contains(asked, " busy ") }

// An alarm does with the instance whose metric it watches what it is told to, once, and tells topics in the log.
func TestAlarmsActOnInstancesAndTopics(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	asked := &r.actions.(*told).asked
	in := alarmInput("idle")
	in.Dimensions = []cwtypes.Dimension{{Name: new("InstanceId"), Value: new("i-1")}}
	in.AlarmActions = []string{"arn:aws:automate:us-east-1:ec2:stop", "arn:aws:sns:eu-west-1:444455556666:t"}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: new("idle"), StateValue: cwtypes.StateValueAlarm, StateReason: new("by hand"),
	}))(t)
	at := r.Data.Floor(time.Now(), eachMinute)
	d := datum(9, at.Add(-time.Second))
	d.MetricData[0].Dimensions = in.Dimensions
	roomtest.Must(r.PutMetricData(t.Context(), d))(t)
	r.evaluateAlarms(at, time.Now().Add(2*r.Speed.Of(eachMinute)), every)
	if want := []string{"stop i-1"}; !slices.Equal(*asked, want) {
		t.Errorf("it asked for %v", *asked)
	}
	var said []string
	history := roomtest.Must(r.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{
		AlarmName: new("idle"), HistoryItemType: cwtypes.HistoryItemTypeAction,
	}))(t)
	for _, item := range history.AlarmHistoryItems {
		said = append(said, *item.HistorySummary)
	}
	if len(said) != 2 || !slices.Contains(said, "Successfully executed action arn:aws:sns:eu-west-1:444455556666:t") {
		t.Errorf("its history says %q", said)
	}
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, AlarmActions: what is done with an instance by a role
// has an ARN of another form.
func TestAlarmsActOnInstancesByRoles(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	in := alarmInput("idle")
	in.Dimensions = []cwtypes.Dimension{{Name: new("InstanceId"), Value: new("i-1")}}
	action := func(what string) string {
		return "arn:aws:swf:us-east-1:" + r.Account + ":action/actions/AWS_EC2.InstanceId." + what
	}
	in.AlarmActions, in.OKActions = []string{action("Stop/1.0")}, []string{action("Reboot/1.0")}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	for _, state := range []cwtypes.StateValue{cwtypes.StateValueAlarm, cwtypes.StateValueOk} {
		roomtest.Must(r.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: new("idle"), StateValue: state, StateReason: new("by hand")}))(t)
	}
	if asked := r.actions.(*told).asked; !slices.Equal(asked, []string{"stop i-1", "reboot i-1"}) {
		t.Errorf("it asked for %v", asked)
	}
	for _, wrong := range []string{action("Stop/2.0"), action("Stop"), action("Hibernate/1.0"), action("/1.0"), "Stop/1.0"} {
		in.AlarmActions = []string{wrong}
		_, err := r.PutMetricAlarm(t.Context(), in)
		roomtest.WantCode(t, err, "UnsupportedOperation")
	}
}

// The order of a metric's dimensions is kept, and is no part of its identity.
func TestDimensionsKeepTheirOrder(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	b, a := cwtypes.Dimension{Name: new("b"), Value: new("1")}, cwtypes.Dimension{Name: new("a"), Value: new("2")}
	in := alarmInput("order")
	in.Dimensions = []cwtypes.Dimension{b, a}
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	shown := roomtest.Must(r.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{}))(t).MetricAlarms[0].Dimensions
	if *shown[0].Name != "b" || *shown[1].Name != "a" {
		t.Errorf("they are shown as %s, %s", *shown[0].Name, *shown[1].Name)
	}
	found := roomtest.Must(r.DescribeAlarmsForMetric(t.Context(), &cloudwatch.DescribeAlarmsForMetricInput{
		Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: []cwtypes.Dimension{a, b},
	}))(t)
	if len(found.MetricAlarms) != 1 {
		t.Errorf("in another order there are %d alarms", len(found.MetricAlarms))
	}
}

// The words are as recorded from AWS in November 2026.
func TestReasonWithoutDataCountsEvaluationPeriods(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	for n, want := range map[int32]string{
		1: "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].",
		2: "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
	} {
		s := alarmSettings{EvaluationPeriods: n, DatapointsToAlarm: n, TreatMissingData: "breaching", Comparison: cwtypes.ComparisonOperatorGreaterThanThreshold}
		if got := r.explain(s, make([]*float64, n+2), cwtypes.StateValueAlarm, time.Now()); got != want {
			t.Errorf("for %d: %s", n, got)
		}
	}
}

// The words are those of alarm notifications in the CloudWatch user guide's examples, with the data points' times, the newest first.
func TestReasonShowsTheDatapoints(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	s := alarmSettings{
		Period: 60, EvaluationPeriods: 2, DatapointsToAlarm: 1, Threshold: 5, Comparison: cwtypes.ComparisonOperatorGreaterThanThreshold,
	}
	end := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	values := []*float64{nil, nil, new(1.5), new(9.0)}
	before := func(periods int) string {
		return end.Add(-time.Duration(periods) * r.Speed.Of(time.Minute)).Format("02/01/06 15:04:05")
	}
	points := "[9.0 (" + before(1) + "), 1.5 (" + before(2) + ")]"
	for state, want := range map[cwtypes.StateValue]string{
		"ALARM": "Threshold Crossed: 1 out of the last 2 datapoints " + points +
			" was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).",
		"OK": "Threshold Crossed: 1 out of the last 2 datapoints " + points +
			" was not greater than the threshold (5.0) (minimum 2 datapoints for ALARM -> OK transition).",
	} {
		if got := r.explain(s, values, state, end); got != want {
			t.Errorf("%s:\n%s, want\n%s", state, got, want)
		}
	}
	if got := r.explain(s, make([]*float64, 4), "INSUFFICIENT_DATA", end); got != "Insufficient Data: 2 datapoints were unknown." {
		t.Error(got)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeletePolicy.html and API_DeleteAutoScalingGroup.html: a policy that goes is
// no alarm's action any more; with its group go the alarms that were for it alone.
func TestActionsAreDropped(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	policy := func(name string) string { return r.policies() + "1:autoScalingGroupName/app:policyName/" + name }
	for name, actions := range map[string][]string{
		"alone": {policy("a")}, "both": {policy("a"), policy("b")}, "other": {policy("b")}, "needed": {policy("a")}, "bare": nil,
	} {
		in := alarmInput(name)
		in.OKActions = actions
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	}
	roomtest.Must(r.PutCompositeAlarm(t.Context(), &cloudwatch.PutCompositeAlarmInput{AlarmName: new("whole"), AlarmRule: new("ALARM(needed)")}))(t)
	left := func() string {
		var all []string
		for _, a := range roomtest.Must(r.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{}))(t).MetricAlarms {
			names := []string{*a.AlarmName}
			for _, action := range a.OKActions {
				names = append(names, action[strings.LastIndexByte(action, '/')+1:])
			}
			all = append(all, strings.Join(names, " "))
		}
		return strings.Join(all, ", ")
	}
	for _, c := range []struct {
		action string
		last   bool
		want   string
	}{
		{policy("b"), false, "alone a, bare, both a, needed a, other"},
		{policy("a"), true, "bare, needed, other"},
	} {
		if err := r.DB.Update(func(tx *store.Tx) error { return r.DropAction(tx, c.action, c.last) }); err != nil || left() != c.want {
			t.Errorf("without %s: %v, %s, want %s", c.action, err, left(), c.want)
		}
	}
}
