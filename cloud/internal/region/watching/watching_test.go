package watching

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// told is Auto Scaling that writes down what alarms ask of it, and SNS that remembers whom they tell.
type told struct{ asked, sent []string }

func (a *told) Notify(topic, subject, message string) error {
	if strings.HasSuffix(topic, ":gone") {
		return errors.New("Topic does not exist")
	}
	a.sent = append(a.sent, topic, subject, message)
	return nil
}

func (a *told) Policy(arn, alarm string, state cwtypes.StateValue, distance float64) (string, error) {
	a.asked = append(a.asked, fmt.Sprintf("%s %s %s %v", arn[strings.LastIndex(arn, "/")+1:], alarm, state, distance))
	switch {
	case strings.HasSuffix(arn, "/cooling"):
		return "the cooldown is not over", nil
	case strings.HasSuffix(arn, "/gone"):
		return "", errors.New("no such policy")
	}
	return "", nil
}

func (a *told) Instance(verb, id string) error {
	a.asked = append(a.asked, verb+" "+id)
	return nil
}

// openSlow is CloudWatch whose minutes do not pass by themselves within a test. shut ends it before the test does.
func openSlow(t *testing.T, dir string) (r *Room, shut func()) {
	t.Helper()
	return openAt(t, dir, 0.01)
}

func openAt(t *testing.T, dir string, speed tempo.Speed) (r *Room, shut func()) {
	t.Helper()
	base, shut := roomtest.Open(t, dir, speed)
	r, err := Load(base, &told{}, func(metrics.Put) {})
	if err != nil {
		t.Fatal(err)
	}
	r.Open()
	return r, shut
}

func alarmInput(name string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: new(name), Namespace: new("App"), MetricName: new("Errors"), Dimensions: []cwtypes.Dimension{{Name: new("Service"), Value: new("hello")}},
		Statistic: cwtypes.StatisticSum, Period: new(int32(60)), EvaluationPeriods: new(int32(1)),
		Threshold: new(5.0), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
	}
}

func datum(value float64, at time.Time) *cloudwatch.PutMetricDataInput {
	return &cloudwatch.PutMetricDataInput{Namespace: new("App"), MetricData: []cwtypes.MetricDatum{{
		MetricName: new("Errors"), Dimensions: []cwtypes.Dimension{{Name: new("Service"), Value: new("hello")}}, Value: &value, Timestamp: &at,
	}}}
}

func (r *Room) stateOf(t *testing.T, name string) cwtypes.MetricAlarm {
	t.Helper()
	out := roomtest.Must(r.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}}))(t)
	if len(out.MetricAlarms) != 1 {
		t.Fatalf("alarms %+v", out.MetricAlarms)
	}
	return out.MetricAlarms[0]
}

func every(alarmSettings) bool { return true }

// An alarm follows its data, SetAlarmState only until the next evaluation, and what Route 53 is told does
// not follow SetAlarmState at all, nor an edit for those who watch the settings from before it.
func TestAlarmFollowsItsData(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	ctx := t.Context()
	roomtest.Must(r.PutMetricAlarm(ctx, alarmInput("errors")))(t)
	minute := r.Speed.Of(time.Minute)
	now := r.Data.Floor(time.Now(), time.Minute)
	stream := func(current bool) string {
		for _, a := range r.Streams() {
			if a.Name == "errors" && a.Current == current {
				return a.State
			}
		}
		return "none"
	}
	expect := func(when string, state cwtypes.StateValue, told string) {
		t.Helper()
		if a := r.stateOf(t, "errors"); a.StateValue != state || stream(true) != told {
			t.Errorf("%s: %s (%s), Route 53 is told %s; want %s, %s", when, a.StateValue, *a.StateReason, stream(true), state, told)
		}
	}
	expect("at first", "INSUFFICIENT_DATA", beacon.InsufficientData)
	roomtest.Must(r.PutMetricData(ctx, datum(9, now.Add(-minute/2))))(t)
	r.evaluateAlarms(now, time.Now(), every)
	expect("with errors", "ALARM", "ALARM")
	roomtest.Must(r.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: new("errors"), StateValue: "OK", StateReason: new("by hand")}))(t)
	expect("set by hand", "OK", "ALARM")
	r.evaluateAlarms(now, time.Now(), every)
	expect("evaluated again", "ALARM", "ALARM")

	// The newest period without errors.
	roomtest.Must(r.PutMetricData(ctx, datum(1, now.Add(minute/100))))(t)
	r.evaluateAlarms(now.Add(minute), time.Now(), every)
	expect("without errors", "OK", "OK")
	edit := alarmInput("errors")
	edit.Threshold = new(0.0)
	roomtest.Must(r.PutMetricAlarm(ctx, edit))(t)
	r.evaluateAlarms(now.Add(minute), time.Now(), every)
	expect("edited", "ALARM", "ALARM")
	if s := stream(false); s != "OK" {
		t.Errorf("the settings from before the edit: %s", s)
	}
	// No data within the evaluation range.
	r.evaluateAlarms(now.Add(10*minute), time.Now(), every)
	expect("silence", "INSUFFICIENT_DATA", beacon.InsufficientData)

	items := roomtest.Must(
		r.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{AlarmName: new("errors"), HistoryItemType: "StateUpdate"}),
	)(t).AlarmHistoryItems
	var story []string
	for _, i := range items {
		story = append(story, *i.HistorySummary)
	}
	slices.Reverse(story)
	if want := "INSUFFICIENT_DATA to ALARM, from ALARM to OK, from OK to ALARM, " +
		"from ALARM to OK, from OK to ALARM, from ALARM to INSUFFICIENT_DATA"; strings.ReplaceAll(
		strings.Join(story, ", "),
		"Alarm updated ",
		"",
	) != "from "+want {
		t.Errorf("history %s", story)
	}
	var last struct {
		OldState, NewState struct {
			StateValue, StateReason string
			StateReasonData         struct{ Version string }
		}
	}
	if err := json.Unmarshal([]byte(*items[1].HistoryData), &last); err != nil {
		t.Fatal(err)
	}
	if from, to := last.OldState, last.NewState; from.StateValue != "OK" || !strings.HasPrefix(from.StateReason, "Threshold Crossed") ||
		from.StateReasonData.Version != "1.0" || to.StateReason == "" || to.StateReasonData.Version != "1.0" {
		t.Errorf("the history tells of %s", *items[1].HistoryData)
	}
}

func TestAlarmsSurvive(t *testing.T) {
	dir := t.TempDir()
	r, end := openSlow(t, dir)
	roomtest.Must(r.PutMetricAlarm(t.Context(), alarmInput("a")))(t)
	edit := alarmInput("a")
	edit.Threshold = new(1.0)
	roomtest.Must(r.PutMetricAlarm(t.Context(), edit))(t)
	before := r.stateOf(t, "a")
	end()
	r, _ = openSlow(t, dir)
	if after := r.stateOf(t, "a"); *after.Threshold != 1 || !after.AlarmConfigurationUpdatedTimestamp.Equal(*before.AlarmConfigurationUpdatedTimestamp) {
		t.Errorf("%+v", after)
	}
	if told := r.Streams(); len(told) != 2 || told[0].State != beacon.InsufficientData {
		t.Errorf("told %+v", told)
	}
}

// Deleted alarms are remembered, but not all for ever; settings of alarms that are edited are bounded as well.
func TestDeletedAlarmsAreForgotten(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	if err := r.Update(func(tx *store.Tx) error {
		for i := range maxDeleted + 5 {
			name := fmt.Sprintf("old-%04d", i)
			if err := r.remember(tx, alarmRow{Name: name}, historyItem{At: time.Unix(int64(i), 0)}); err != nil {
				return err
			}
			if err := r.keepStream(tx, alarmRow{Name: name, Settings: alarmSettings{Period: 60, Statistic: "Sum"}}, time.Unix(int64(i), 0)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range maxStreams + 3 {
		in := alarmInput("edited")
		in.Threshold = new(float64(i))
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	}
	roomtest.Must(r.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"edited"}}))(t)
	if h, s := r.histories.Len(), r.streams.Len(); h != maxDeleted || s != maxDeleted-1+maxStreams {
		t.Errorf("%d histories and %d settings are kept", h, s)
	}
	if _, ok := r.histories.Get("old-0005"); ok {
		t.Error("the oldest is kept")
	}
	if _, ok := r.streams.Get(streamKey("edited", r.Streams()[0].Fingerprint)); !ok {
		t.Error("the newest is not")
	}
}

// What Route 53 cannot watch is told with the reason.
func TestAlarmsThatHealthChecksCannotWatch(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	for _, c := range []struct {
		why  string
		edit func(*cloudwatch.PutMetricAlarmInput)
	}{
		{"high-resolution", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = new(int32(10)) }},
		{"extended statistic", func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic, in.ExtendedStatistic = "", new("p99") }},
		{"M out of N", func(in *cloudwatch.PutMetricAlarmInput) {
			in.EvaluationPeriods, in.DatapointsToAlarm = new(int32(3)), new(int32(2))
		}},
	} {
		in := alarmInput("a")
		c.edit(in)
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
		told := r.Streams()
		if len(told) != 1 || !strings.Contains(told[0].Unfit, c.why) || !told[0].Current {
			t.Errorf("%s: %+v", c.why, told)
		}
	}
}

func TestAlarmsThatAreRefused(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	for _, c := range []struct {
		code string
		edit func(*cloudwatch.PutMetricAlarmInput)
	}{
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmName = new("") }},
		{"MissingParameter", func(in *cloudwatch.PutMetricAlarmInput) { in.Namespace = nil }},
		{"MissingParameter", func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = nil }},
		{"MissingParameter", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = nil }},
		{"InvalidParameterCombination", func(in *cloudwatch.PutMetricAlarmInput) { in.ExtendedStatistic = new("p50") }},
		{"InvalidParameterCombination", func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic = "" }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic = "Median" }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = new(int32(45)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = new(int32(5)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = new(int32(0)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.DatapointsToAlarm = new(int32(2)) }},
		{"InvalidParameterCombination", func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = new(int32(1441)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) {
			in.ComparisonOperator = cwtypes.ComparisonOperatorGreaterThanUpperThreshold
		}},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.TreatMissingData = new("maybe") }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Furlongs" }},
		{"UnsupportedOperation", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{"arn:aws:lambda:us-east-1:111122223333:function:f"}
		}},
		{"UnsupportedOperation", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{"arn:aws:automate:us-east-1:ec2:paint"}
		}},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{"arn:aws:automate:us-east-1:ec2:stop"}
		}},
		{"InvalidParameterCombination", func(in *cloudwatch.PutMetricAlarmInput) { in.Metrics = []cwtypes.MetricDataQuery{{}} }},
		{"UnsupportedOperation", func(in *cloudwatch.PutMetricAlarmInput) { in.ThresholdMetricId = new("a") }},
	} {
		in := alarmInput("a")
		c.edit(in)
		_, err := r.PutMetricAlarm(t.Context(), in)
		roomtest.WantCode(t, err, c.code)
	}
	in := alarmInput("a")
	in.AlarmActions, in.ActionsEnabled = []string{"arn:aws:lambda:us-east-1:111122223333:function:f"}, new(false)
	roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	_, err := r.EnableAlarmActions(t.Context(), &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"a"}})
	roomtest.WantCode(t, err, "UnsupportedOperation")
	roomtest.Must(r.EnableAlarmActions(t.Context(), &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"nobody"}}))(t)
	roomtest.Must(r.DisableAlarmActions(t.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"nobody"}}))(t)
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html: those with correct names are still deleted.
	roomtest.Must(r.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"b", "a"}}))(t)
	_, err = r.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"a", "b"}})
	roomtest.WantCode(t, err, "ResourceNotFound")
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html: at most 1,440 data points.
func TestDayByTheMinuteMayBeAskedForAtAnySpeed(t *testing.T) {
	for _, speed := range []tempo.Speed{1, 30} {
		r, _ := openAt(t, t.TempDir(), speed)
		end := time.Now().Truncate(time.Minute)
		ask := func(span time.Duration) error {
			_, err := r.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
				Namespace: new("App"), MetricName: new("Errors"), StartTime: new(end.Add(-span)), EndTime: &end, Period: new(int32(60)),
				Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
			})
			return err
		}
		if err := ask(24 * time.Hour); err != nil {
			t.Errorf("a day at speed %v: %v", speed, err)
		}
		roomtest.WantCode(t, ask(26*time.Hour), "InvalidParameterCombination")
	}
}

func TestDataThatIsRefused(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	now := time.Now()
	for _, c := range []struct {
		code string
		edit func(*cloudwatch.PutMetricDataInput)
	}{
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) { in.Namespace = new("AWS/EC2") }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) { in.MetricData = nil }},
		{"MissingParameter", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].Value = nil }},
		{"MissingParameter", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].MetricName = nil }},
		{"InvalidParameterCombination", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].Values = []float64{1} }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) {
			in.MetricData[0].Timestamp = new(now.Add(-15 * 24 * time.Hour))
		}},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].Timestamp = new(now.Add(3 * time.Hour)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].StorageResolution = new(int32(5)) }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) { in.MetricData[0].Unit = "Furlongs" }},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) {
			in.MetricData[0].Dimensions = append(in.MetricData[0].Dimensions, in.MetricData[0].Dimensions...)
		}},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) {
			in.MetricData[0].Value, in.MetricData[0].Values, in.MetricData[0].Counts = nil, []float64{1}, []float64{1, 2}
		}},
		{"InvalidParameterValue", func(in *cloudwatch.PutMetricDataInput) {
			in.MetricData[0].Value, in.MetricData[0].StatisticValues = nil, &cwtypes.StatisticSet{
				Sum: new(1.0), Minimum: new(2.0), Maximum: new(1.0), SampleCount: new(1.0),
			}
		}},
		{"UnsupportedOperation", func(in *cloudwatch.PutMetricDataInput) { in.EntityMetricData = []cwtypes.EntityMetricData{{}} }},
	} {
		in := datum(1, now)
		c.edit(in)
		_, err := r.PutMetricData(t.Context(), in)
		roomtest.WantCode(t, err, c.code)
	}
	if n := len(roomtest.Must(r.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{}))(t).Metrics); n != 0 {
		t.Errorf("%d metrics are left of what was refused", n)
	}
}

func TestQueriesPageAndScan(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	ctx := t.Context()
	minute := r.Speed.Of(time.Minute)
	start := r.Data.Floor(time.Now(), time.Minute).Add(-9 * minute)
	for i := range 5 {
		roomtest.Must(r.PutMetricData(ctx, datum(float64(i), start.Add(time.Duration(i)*minute))))(t)
	}
	query := func(id string) cwtypes.MetricDataQuery {
		return cwtypes.MetricDataQuery{Id: &id, MetricStat: &cwtypes.MetricStat{Stat: new("Sum"), Period: new(int32(60)), Metric: &cwtypes.Metric{
			Namespace: new("App"), MetricName: new("Errors"), Dimensions: []cwtypes.Dimension{{Name: new("Service"), Value: new("hello")}},
		}}}
	}
	in := &cloudwatch.GetMetricDataInput{
		StartTime:         &start,
		EndTime:           new(start.Add(9 * minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{query("a"), query("b")},
		MaxDatapoints:     new(int32(4)),
		ScanBy:            cwtypes.ScanByTimestampAscending,
	}
	got := ""
	for n := 0; n < 5; n++ {
		out := roomtest.Must(r.GetMetricData(ctx, in))(t)
		for _, result := range out.MetricDataResults {
			for _, v := range result.Values {
				got += fmt.Sprint(*result.Id, v, " ")
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if got != "a0 a1 a2 a3 a4 b0 b1 b2 b3 b4 " {
		t.Error(got)
	}
	in.NextToken, in.MaxDatapoints, in.ScanBy = nil, nil, ""
	if v := roomtest.Must(r.GetMetricData(ctx, in))(t).MetricDataResults[0].Values; len(v) != 5 || v[0] != 4 {
		t.Errorf("newest first: %v", v)
	}
	in.MetricDataQueries[0].Expression = new("m1*2")
	_, err := r.GetMetricData(ctx, in)
	roomtest.WantCode(t, err, "InvalidParameterCombination")
	_, err = r.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: new(
			"App",
		), MetricName: new("Errors"), Period: new(int32(60)), StartTime: &start, EndTime: new(start.Add(1441 * minute)), Statistics: []cwtypes.Statistic{"Sum"},
	})
	roomtest.WantCode(t, err, "InvalidParameterCombination")
}

// Clients of other makers, each with its own reading of the models, drive every operation.
func TestOtherClientsOfCloudWatch(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	endpoint := roomtest.Serve(t, r.Operations)
	sdk := cloudwatch.New(cloudwatch.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: roomtest.Credentials,
	})
	roomtest.Must(sdk.PutMetricData(t.Context(), datum(3, time.Now())))(t)
	roomtest.Must(sdk.PutMetricAlarm(t.Context(), alarmInput("sdk")))(t)
	out := roomtest.Must(sdk.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("s")}))(t)
	if len(out.MetricAlarms) != 1 || *out.MetricAlarms[0].Threshold != 5 || len(out.MetricAlarms[0].Dimensions) != 1 {
		t.Errorf("%+v", out)
	}

	env := append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "ENDPOINT="+*endpoint)
	run := func(command, file string, more ...string) {
		cmd := exec.CommandContext(t.Context(), command, file)
		cmd.Env = append(env, more...)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s, %s: %v\n%s", file, more, err, said)
		}
	}
	run("/bin/bash", "testdata/cloudwatch.sh", "AWS="+judge.Need(t, "/usr/bin/aws"))
	run(judge.Need(t, "python3:boto3"), "testdata/cloudwatch.py")
}
