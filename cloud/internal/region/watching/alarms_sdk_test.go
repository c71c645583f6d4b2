package watching

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// served is CloudWatch behind the SDK's client, which outlives its reopening.
type served struct {
	*cloudwatch.Client
	t   *testing.T
	dir string
	r   *Room
	end func()
}

func serve(t *testing.T) *served {
	s := &served{t: t, dir: t.TempDir()}
	s.r, s.end = openSlow(t, s.dir)
	s.Client = cloudwatch.New(cloudwatch.Options{
		Region: "us-east-1", BaseEndpoint: roomtest.Serve(t, func(m *wire.Mux) { s.r.Operations(m) }), Credentials: roomtest.Credentials,
	})
	return s
}

func (s *served) reopen() {
	s.t.Helper()
	s.end()
	s.r, s.end = openSlow(s.t, s.dir)
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmsForMetric.html: a metric is its
// namespace, its name and exactly its dimensions; statistic, period and unit narrow the search.
func TestAlarmsAreFoundByTheirMetric(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	for name, edit := range map[string]func(*cloudwatch.PutMetricAlarmInput){
		"sum":     func(*cloudwatch.PutMetricAlarmInput) {},
		"slow":    func(in *cloudwatch.PutMetricAlarmInput) { in.Period = new(int32(300)) },
		"median":  func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic, in.ExtendedStatistic = "", new("p50") },
		"counted": func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = cwtypes.StandardUnitCount },
		"other":   func(in *cloudwatch.PutMetricAlarmInput) { in.MetricName = new("Requests") },
		"foreign": func(in *cloudwatch.PutMetricAlarmInput) { in.Namespace = new("Else") },
		"bare":    func(in *cloudwatch.PutMetricAlarmInput) { in.Dimensions = nil },
	} {
		in := alarmInput(name)
		edit(in)
		roomtest.Must(s.PutMetricAlarm(ctx, in))(t)
	}
	ask := func() *cloudwatch.DescribeAlarmsForMetricInput {
		return &cloudwatch.DescribeAlarmsForMetricInput{Namespace: new("App"), MetricName: new("Errors"), Dimensions: alarmInput("").Dimensions}
	}
	for range 2 {
		for _, c := range []struct {
			what string
			edit func(*cloudwatch.DescribeAlarmsForMetricInput)
			want []string
		}{
			{"the metric", func(*cloudwatch.DescribeAlarmsForMetricInput) {}, []string{"counted", "median", "slow", "sum"}},
			{"its sums", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Statistic = cwtypes.StatisticSum }, []string{"counted", "slow", "sum"}},
			{"its medians", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.ExtendedStatistic = new("p50") }, []string{"median"}},
			{"a period", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Period = new(int32(300)) }, []string{"slow"}},
			{"a unit", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Unit = cwtypes.StandardUnitCount }, []string{"counted"}},
			{"no dimensions", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Dimensions = nil }, []string{"bare"}},
			{"another name", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.MetricName = new("Requests") }, []string{"other"}},
			{"another namespace", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Namespace = new("Else") }, []string{"foreign"}},
			{"another value", func(in *cloudwatch.DescribeAlarmsForMetricInput) { in.Dimensions[0].Value = new("bye") }, nil},
		} {
			in := ask()
			c.edit(in)
			var got []string
			for _, a := range roomtest.Must(s.DescribeAlarmsForMetric(ctx, in))(t).MetricAlarms {
				got = append(got, *a.AlarmName)
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.what, got, c.want)
			}
		}
		s.reopen()
	}
	in := ask()
	in.Dimensions = append(in.Dimensions, in.Dimensions...)
	_, err := s.DescribeAlarmsForMetric(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html
func TestAlarmActionsAreDisabled(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	for _, name := range []string{"a", "b", "c"} {
		roomtest.Must(s.PutMetricAlarm(ctx, alarmInput(name)))(t)
	}
	expect := func(when string, want string) {
		t.Helper()
		got := ""
		for _, a := range roomtest.Must(s.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{}))(t).MetricAlarms {
			if *a.ActionsEnabled {
				got += *a.AlarmName
			}
		}
		if got != want {
			t.Errorf("%s: the actions of %q are enabled, want %q", when, got, want)
		}
	}
	expect("at first", "abc")
	roomtest.Must(s.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"a", "b"}}))(t)
	expect("disabled", "c")
	s.reopen()
	expect("opened again", "c")
	roomtest.Must(s.EnableAlarmActions(ctx, &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"a"}}))(t)
	expect("enabled", "ac")

	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprint(i))
	}
	_, err := s.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: many})
	roomtest.WantAPIError(t, err, "ValidationError")
	expect("what was refused changed nothing", "ac")
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html: a tag whose key is there gets
// the new value.
func TestAlarmsAreTagged(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	in := alarmInput("a")
	in.Tags = []cwtypes.Tag{{Key: new("team"), Value: new("one")}, {Key: new("stage"), Value: new("test")}}
	roomtest.Must(s.PutMetricAlarm(ctx, in))(t)
	arn := roomtest.Must(s.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{}))(t).MetricAlarms[0].AlarmArn
	expect := func(when string, want map[string]string) {
		t.Helper()
		got := map[string]string{}
		for _, tag := range roomtest.Must(s.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: arn}))(t).Tags {
			got[*tag.Key] = *tag.Value
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	expect("made with tags", map[string]string{"team": "one", "stage": "test"})
	roomtest.Must(s.TagResource(ctx, &cloudwatch.TagResourceInput{
		ResourceARN: arn, Tags: []cwtypes.Tag{{Key: new("team"), Value: new("two")}, {Key: new("empty"), Value: new("")}},
	}))(t)
	expect("tagged", map[string]string{"team": "two", "stage": "test", "empty": ""})
	roomtest.Must(s.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"stage", "absent"}}))(t)
	want := map[string]string{"team": "two", "empty": ""}
	expect("untagged", want)
	s.reopen()
	expect("opened again", want)

	for key, code := range map[string]string{"aws:own": "InvalidParameterValue", "": "ValidationError"} {
		_, err := s.TagResource(ctx, &cloudwatch.TagResourceInput{
			ResourceARN: arn, Tags: []cwtypes.Tag{{Key: new("good"), Value: new("x")}, {Key: &key, Value: new("x")}},
		})
		roomtest.WantAPIError(t, err, code)
	}
	var many []cwtypes.Tag
	for i := range 49 { // two are there, 50 are allowed
		many = append(many, cwtypes.Tag{Key: new(fmt.Sprint("k", i)), Value: new("v")})
	}
	_, err := s.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: arn, Tags: many})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	expect("what was refused changed nothing", want)
	absent := new(*arn + "0")
	_, err = s.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: absent, Tags: many[:1]})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
	_, err = s.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: absent, TagKeys: []string{"team"}})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
	_, err = s.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: absent})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
}
