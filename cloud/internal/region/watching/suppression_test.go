package watching

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// pager is a composite alarm that follows the alarm "east" and is suppressed by "deploy", in virtual time.
type pager struct {
	*Room
	t *testing.T
}

func newPager(t *testing.T, dir string) (pager, func()) {
	t.Helper()
	r, shut := openAt(t, dir, 1)
	p := pager{r, t}
	for _, name := range []string{"east", "deploy"} {
		in := alarmInput(name)
		in.TreatMissingData = new("ignore") // so that it stays as it is set
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
		p.set(name, "OK")
	}
	p.put(nil)
	return p, shut
}

func (p pager) put(change func(*cloudwatch.PutCompositeAlarmInput)) {
	p.t.Helper()
	in := &cloudwatch.PutCompositeAlarmInput{
		AlarmName: new("page"), AlarmRule: new("ALARM(east)"), ActionsSuppressor: new(p.alarmARN("deploy")), ActionsSuppressorWaitPeriod: new(int32(120)),
		ActionsSuppressorExtensionPeriod: new(int32(180)), AlarmActions: []string{"arn:aws:sns:us-east-1:111122223333:bad"},
		OKActions: []string{"arn:aws:sns:us-east-1:111122223333:good"},
	}
	if change != nil {
		change(in)
	}
	roomtest.Must(p.PutCompositeAlarm(p.t.Context(), in))(p.t)
	synctest.Wait()
}

// set puts an alarm into a state and lets what follows happen.
func (p pager) set(name string, state cwtypes.StateValue) {
	p.t.Helper()
	roomtest.Must(p.SetAlarmState(p.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: state, StateReason: new("by hand")}))(p.t)
	synctest.Wait()
}

func (p pager) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// expect checks what the alarm has performed so far, and what suppresses it now.
func (p pager) expect(when, by string, performed ...string) {
	p.t.Helper()
	var got []string
	for _, item := range roomtest.Must(p.DescribeAlarmHistory(p.t.Context(), &cloudwatch.DescribeAlarmHistoryInput{
		AlarmName: new("page"), AlarmTypes: []cwtypes.AlarmType{"CompositeAlarm"}, HistoryItemType: "Action", ScanBy: "TimestampAscending",
	}))(p.t).AlarmHistoryItems {
		got = append(got, (*item.HistorySummary)[strings.LastIndex(*item.HistorySummary, ":")+1:])
	}
	if !slices.Equal(got, performed) {
		p.t.Errorf("%s: it has performed %v, want %v", when, got, performed)
	}
	a := roomtest.Must(p.DescribeAlarms(p.t.Context(), &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{"page"}, AlarmTypes: []cwtypes.AlarmType{"CompositeAlarm"},
	}))(p.t).CompositeAlarms[0]
	reason := ""
	if a.ActionsSuppressedReason != nil {
		reason = *a.ActionsSuppressedReason
	}
	if string(a.ActionsSuppressedBy) != by || by != "" && reason != "Actions suppressed by "+by || *a.ActionsSuppressorWaitPeriod != 120 {
		p.t.Errorf("%s: it is suppressed by %q (%s), want %q", when, a.ActionsSuppressedBy, reason, by)
	}
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
func TestSuppressorKeepsACompositeAlarmQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p, shut := newPager(t, dir)
		p.expect("made", "", "good")

		p.set("east", "ALARM")
		p.expect("in alarm", "WaitPeriod", "good")
		p.pass(119 * time.Second)
		p.expect("it waits", "WaitPeriod", "good")
		p.pass(time.Second)
		p.expect("its suppressor did not come", "", "good", "bad")
		p.set("east", "OK")
		p.expect("well again", "", "good", "bad", "good")

		p.set("east", "ALARM")
		p.pass(time.Minute)
		p.set("deploy", "ALARM")
		p.pass(time.Hour)
		p.expect("suppressed", "Alarm", "good", "bad", "good")
		p.set("deploy", "OK")
		p.pass(179 * time.Second)
		p.expect("extended", "ExtensionPeriod", "good", "bad", "good")
		shut()
		r, _ := openAt(t, dir, 1)
		p.Room = r
		p.pass(time.Second)
		p.expect("extended across a restart", "", "good", "bad", "good", "bad")

		p.set("deploy", "ALARM")
		p.set("east", "OK")
		p.set("east", "ALARM")
		p.set("deploy", "OK")
		p.pass(3 * time.Minute)
		p.expect("it came back to what it had told", "", "good", "bad", "good", "bad")
	})
}

// A suppressor that is added or taken away changes nothing of what was performed.
func TestSuppressorComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPager(t, t.TempDir())
		none := func(in *cloudwatch.PutCompositeAlarmInput) {
			in.ActionsSuppressor, in.ActionsSuppressorWaitPeriod, in.ActionsSuppressorExtensionPeriod = nil, nil, nil
		}
		p.put(none)
		p.set("east", "ALARM")
		p.put(nil)
		p.expect("suppressed anew", "", "good", "bad")
		for what, change := range map[string]func(*cloudwatch.PutCompositeAlarmInput){
			"without its periods":     func(in *cloudwatch.PutCompositeAlarmInput) { in.ActionsSuppressorWaitPeriod = nil },
			"periods of none":         func(in *cloudwatch.PutCompositeAlarmInput) { in.ActionsSuppressor = nil },
			"of an alarm that is not": func(in *cloudwatch.PutCompositeAlarmInput) { in.ActionsSuppressor = new("none") },
			"a negative period":       func(in *cloudwatch.PutCompositeAlarmInput) { in.ActionsSuppressorExtensionPeriod = new(int32(-1)) },
		} {
			in := &cloudwatch.PutCompositeAlarmInput{
				AlarmName: new("other"), AlarmRule: new("TRUE"), ActionsSuppressor: new("deploy"), ActionsSuppressorWaitPeriod: new(int32(1)),
				ActionsSuppressorExtensionPeriod: new(int32(1)),
			}
			change(in)
			_, err := p.PutCompositeAlarm(t.Context(), in)
			if roomtest.WantCode(t, err, "ValidationError"); t.Failed() {
				t.Log(what)
			}
		}
		_, err := p.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"deploy"}})
		roomtest.WantCode(t, err, "ValidationError")
	})
}
