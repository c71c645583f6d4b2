package watching

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

// composite asks for one composite alarm.
func (s *served) composite(name string) cwtypes.CompositeAlarm {
	s.t.Helper()
	out := roomtest.Must(s.DescribeAlarms(s.t.Context(), &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeCompositeAlarm},
	}))(s.t)
	if len(out.CompositeAlarms) != 1 || len(out.MetricAlarms) != 0 {
		s.t.Fatalf("alarms of the name %s: %+v", name, out)
	}
	return out.CompositeAlarms[0]
}

// becomes waits for a composite alarm's state.
func (s *served) becomes(name string, state cwtypes.StateValue) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience.Limit)
	defer cancel()
	watch := s.r.Watch(s.r.alarms.Any())
	defer watch.Stop()
	for {
		next := watch.Next()
		if s.composite(name).StateValue == state {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
			s.t.Fatalf("%s is %s, want %s", name, s.composite(name).StateValue, state)
		}
	}
}

func (s *served) set(name string, state cwtypes.StateValue) {
	s.t.Helper()
	roomtest.Must(s.SetAlarmState(s.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: state, StateReason: new("by hand")}))(s.t)
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
func TestCompositeAlarmsFollowOthers(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	for _, name := range []string{"east", "west", "quiet"} {
		roomtest.Must(s.PutMetricAlarm(ctx, alarmInput(name)))(t)
	}
	topic := "arn:aws:sns:us-east-1:111122223333:pages"
	both := &cloudwatch.PutCompositeAlarmInput{
		AlarmName: new("both"), AlarmRule: new(`ALARM(east) AND ALARM("` + s.r.alarmARN("west") + `")`), AlarmDescription: new("all is lost"),
		AlarmActions: []string{topic}, Tags: []cwtypes.Tag{{Key: new("app"), Value: new("hello")}},
	}
	roomtest.Must(s.PutCompositeAlarm(ctx, both))(t)
	roomtest.Must(s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: new("page"), AlarmRule: new("ALARM(both) AND NOT ALARM(quiet)")}))(t)
	s.becomes("both", cwtypes.StateValueOk)
	s.becomes("page", cwtypes.StateValueOk)
	s.set("east", cwtypes.StateValueAlarm)
	s.set("west", cwtypes.StateValueAlarm)
	s.becomes("both", cwtypes.StateValueAlarm)
	s.becomes("page", cwtypes.StateValueAlarm)
	a := s.composite("both")
	if !strings.HasPrefix(*a.StateReason, s.r.alarmARN("west")+" transitioned to ALARM at ") || !strings.Contains(*a.StateReasonData, "triggeringAlarms") ||
		*a.AlarmRule != *both.AlarmRule || *a.AlarmDescription != "all is lost" {
		t.Errorf("alarm: %+v", a)
	}
	s.set("quiet", cwtypes.StateValueAlarm)
	s.becomes("page", cwtypes.StateValueOk)
	s.reopen()
	s.becomes("both", cwtypes.StateValueAlarm)
	history := roomtest.Must(s.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{
		AlarmName: new("both"), AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeCompositeAlarm},
	}))(t).AlarmHistoryItems
	said := ""
	for _, item := range history {
		said += string(item.AlarmType) + " " + *item.HistorySummary + "\n"
	}
	for _, part := range []string{`Alarm "both" created`, "Alarm updated from OK to ALARM", "Successfully executed action " + topic} {
		if !strings.Contains(said, "CompositeAlarm "+part) {
			t.Errorf("no %q in\n%s", part, said)
		}
	}
	tags := roomtest.Must(s.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn}))(t).Tags
	if len(tags) != 1 || *tags[0].Value != "hello" {
		t.Errorf("tags: %v", tags)
	}
}

func TestCompositeAlarmsAreListedApartAndDeleted(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	roomtest.Must(s.PutMetricAlarm(ctx, alarmInput("a")))(t)
	for _, name := range []string{"c1", "c2"} {
		roomtest.Must(s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: new("ALARM(a)")}))(t)
	}
	count := func(types ...cwtypes.AlarmType) [2]int {
		t.Helper()
		out := roomtest.Must(s.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmTypes: types}))(t)
		return [2]int{len(out.MetricAlarms), len(out.CompositeAlarms)}
	}
	if a, b, c := count(), count("CompositeAlarm"), count("CompositeAlarm", "MetricAlarm"); a != [2]int{1, 0} || b != [2]int{0, 2} || c != [2]int{1, 2} {
		t.Errorf("listed: %v, %v, %v", a, b, c)
	}
	for _, c := range []struct{ name, rule, part string }{
		{"c3", "ALARM(x)", "alarms [arn:aws:cloudwatch:us-east-1:111122223333:alarm:x] in the alarm rule do not exist"},
		{"c3", "ALARM(a", "AlarmRule is invalid"}, {"c3", "", "failed to satisfy constraint"}, {"a", "TRUE", "of another type"},
	} {
		_, err := s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: &c.name, AlarmRule: &c.rule})
		roomtest.WantAPIError(t, err, "ValidationError")
		if err != nil && !strings.Contains(err.Error(), c.part) {
			t.Errorf("%v, want %q", err, c.part)
		}
	}
	in := alarmInput("c1")
	_, err := s.PutMetricAlarm(ctx, in)
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{
		AlarmName: new("c3"), AlarmRule: new("TRUE"), AlarmActions: []string{"arn:aws:automate:us-east-1:ec2:stop"},
	})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	_, err = s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: new("c3"), AlarmRule: new("TRUE"), ActionsSuppressor: new("a")})
	roomtest.WantAPIError(t, err, "ValidationError")
	remove := func(names ...string) error {
		_, err := s.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: names})
		return err
	}
	roomtest.WantAPIError(t, remove("a"), "ValidationError")
	roomtest.WantAPIError(t, remove("c1", "c2"), "ValidationError")
	for _, name := range []string{"c1", "c2", "a"} {
		if err := remove(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html: a composite alarm returns to its actual state only once
// one of its children changes, or its configuration.
func TestCompositeAlarmKeepsWhatWasSetByHand(t *testing.T) {
	s := serve(t)
	for _, name := range []string{"child", "other"} {
		roomtest.Must(s.PutMetricAlarm(t.Context(), alarmInput(name)))(t)
		s.set(name, "OK")
	}
	put := func(name, child string) {
		t.Helper()
		roomtest.Must(s.PutCompositeAlarm(t.Context(), &cloudwatch.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: new("ALARM(" + child + ")")}))(t)
		s.becomes(name, "OK")
	}
	put("whole", "child")
	put("witness", "other")
	s.set("whole", "ALARM")
	for range 2 {
		for _, state := range []cwtypes.StateValue{"ALARM", "OK"} { // in the meantime all are judged
			s.set("other", state)
			s.becomes("witness", state)
		}
		if state := s.composite("whole").StateValue; state != "ALARM" {
			t.Errorf("it is %s", state)
		}
		s.reopen()
	}
	s.set("child", "INSUFFICIENT_DATA")
	s.becomes("whole", "OK")
	s.set("child", "ALARM")
	s.becomes("whole", "ALARM")
	s.set("whole", "INSUFFICIENT_DATA")
	s.set("child", "OK")
	s.becomes("whole", "OK")
	s.set("whole", "ALARM")
	put("whole", "child")
}
