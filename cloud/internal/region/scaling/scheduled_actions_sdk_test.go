package scaling

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// schedule puts a scheduled action of the group "app".
func (s *stage) schedule(name string, change func(*autoscaling.PutScheduledUpdateGroupActionInput)) error {
	s.t.Helper()
	in := &autoscaling.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: new("app"), ScheduledActionName: &name}
	change(in)
	_, err := s.client().PutScheduledUpdateGroupAction(s.t.Context(), in)
	return err
}

func (s *stage) scheduled() []autoscalingtypes.ScheduledUpdateGroupAction {
	s.t.Helper()
	in := &autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: new("app")}
	return roomtest.Must(s.client().DescribeScheduledActions(s.t.Context(), in))(s.t).ScheduledUpdateGroupActions
}

func TestScheduledActionChangesTheGroupOnce(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	if err := s.schedule("morning", func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
		in.StartTime, in.MinSize, in.DesiredCapacity = new(time.Now().Add(time.Hour)), new(int32(2)), new(int32(3))
	}); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	found := s.scheduled()
	if len(found) != 1 || *found[0].DesiredCapacity != 3 || found[0].MaxSize != nil ||
		!strings.HasSuffix(*found[0].ScheduledActionARN, ":autoScalingGroupName/app:scheduledActionName/morning") {
		t.Errorf("found %+v", found)
	}
	due := s.r.passSchedule(time.Now())
	if !due.Equal(*found[0].StartTime) || s.desired() != 1 {
		t.Errorf("before its time: due %v, desired %d", due, s.desired())
	}
	s.r.passSchedule(due)
	s.await("three in service", serve(3))
	if a := s.activity("a scheduled action update of AutoScalingGroup constraints " +
		"to min: 2, max: 4, desired: 3 changing the desired capacity from 1 to 3."); a.ActivityId == nil {
		t.Error("no activity tells of it")
	}
	if left := s.scheduled(); len(left) != 0 {
		t.Errorf("afterwards there is %+v", left)
	}
}

func TestScheduledActionWaitsForItsTime(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	// The API's times have whole seconds.
	if err := s.schedule("soon", func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
		in.StartTime, in.DesiredCapacity = new(time.Now().Add(1500*time.Millisecond)), new(int32(2))
	}); err != nil {
		t.Fatal(err)
	}
	s.await("two in service", serve(2))
}

func TestRecurringActionGoesOn(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	roomtest.Must(s.client().SuspendProcesses(t.Context(), &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: new("app"), ScalingProcesses: []string{"ScheduledActions"},
	}))(t)
	if err := s.schedule("nightly", func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
		in.Recurrence, in.TimeZone, in.DesiredCapacity = new("30 9 * * 1-5"), new("Europe/Berlin"), new(int32(2))
	}); err != nil {
		t.Fatal(err)
	}
	first := *s.scheduled()[0].StartTime
	berlin := roomtest.Must(time.LoadLocation("Europe/Berlin"))(t)
	if local := first.In(berlin); local.Hour() != 9 || local.Minute() != 30 || local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
		t.Errorf("it is carried out at %v", local)
	}
	s.r.passSchedule(first)
	if s.desired() != 1 {
		t.Errorf("suspended, and desired is %d", s.desired())
	}
	roomtest.Must(s.client().ResumeProcesses(t.Context(), &autoscaling.ResumeProcessesInput{
		AutoScalingGroupName: new("app"), ScalingProcesses: []string{"ScheduledActions"},
	}))(t)
	second := *s.scheduled()[0].StartTime
	if !second.After(first) || second.Sub(first) > 4*24*time.Hour {
		t.Errorf("after %v comes %v", first, second)
	}
	s.r.passSchedule(second)
	if s.desired() != 2 {
		t.Errorf("resumed, and desired is %d", s.desired())
	}
	if err := s.schedule("nightly", func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
		in.EndTime = new(time.Now().Add(10 * 24 * time.Hour))
	}); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		for _, a := range s.scheduled() {
			s.r.passSchedule(*a.StartTime)
		}
	}
	if left := s.scheduled(); len(left) != 0 {
		t.Errorf("after its end there is %+v", left)
	}
}

// A clock that is put forward leaves a time out, one that is put back has it twice: the action is carried out at the first one.
func TestRecurrenceFollowsItsTimeZone(t *testing.T) {
	zone := roomtest.Must(time.LoadLocation("America/New_York"))(t)
	for _, c := range []struct{ recurrence, after, want string }{
		{"30 2 * * *", "2026-03-07T12:00:00-05:00", "2026-03-09T02:30:00-04:00"},
		{"30 1 * * *", "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"30 1 * * *", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"0 0 1 1,6,12 *", "2026-02-01T00:00:00-05:00", "2026-06-01T00:00:00-04:00"},
	} {
		s := scheduledRow{Recurrence: c.recurrence, Zone: zone.String()}
		if err := s.schedule(roomtest.Must(time.Parse(time.RFC3339, c.after))(t)); err != nil {
			t.Fatal(err)
		}
		if got := s.Next.In(zone).Format(time.RFC3339); got != c.want {
			t.Errorf("%q after %s is %s, want %s", c.recurrence, c.after, got, c.want)
		}
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html, "Recurring schedules": a recurring action is
// carried out at its start, too, and not at its end.
func TestRecurrenceHasItsStartAndNotItsEnd(t *testing.T) {
	at := func(text string) time.Time { return roomtest.Must(time.Parse(time.RFC3339, text))(t) }
	start, end := at("2026-03-02T10:15:00Z"), at("2026-03-04T09:00:00Z")
	s := scheduledRow{Recurrence: "0 9 * * *", Start: &start, End: &end}
	var got []string
	for now := at("2026-03-01T12:00:00Z"); ; now = s.Next {
		if err := s.schedule(now); err != nil {
			t.Fatal(err)
		}
		if s.Next.IsZero() {
			break
		}
		got = append(got, s.Next.Format(time.RFC3339))
	}
	if want := []string{"2026-03-02T10:15:00Z", "2026-03-03T09:00:00Z"}; !slices.Equal(got, want) {
		t.Errorf("carried out at %q, want %q", got, want)
	}
}

// The same page, "Limitations" and "Considerations": no two actions of a group start at one time, but recurrences may meet.
func TestScheduledActionsStartAtTimesOfTheirOwn(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	start := time.Now().Add(time.Hour)
	at := func(start time.Time) func(*autoscaling.PutScheduledUpdateGroupActionInput) {
		return func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.StartTime, in.MinSize = &start, new(int32(1))
		}
	}
	nightly := func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
		in.Recurrence, in.MinSize = new("0 1 * * *"), new(int32(1))
	}
	roomtest.WantAPIError(t, errors.Join(s.schedule("a", at(start)), s.schedule("b", at(start))), "AlreadyExists")
	later := at(start.Add(time.Minute))
	if err := errors.Join(s.schedule("a", at(start)), s.schedule("b", later), s.schedule("c", nightly), s.schedule("d", nightly)); err != nil {
		t.Error(err)
	}
	if found := s.scheduled(); len(found) != 4 {
		t.Errorf("there are %+v", found)
	}
}

func TestScheduledActionsInBatches(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	put := func(group string) (*autoscaling.BatchPutScheduledUpdateGroupActionOutput, error) {
		return client.BatchPutScheduledUpdateGroupAction(ctx, &autoscaling.BatchPutScheduledUpdateGroupActionInput{
			AutoScalingGroupName: &group, ScheduledUpdateGroupActions: []autoscalingtypes.ScheduledUpdateGroupActionRequest{
				{ScheduledActionName: new("a"), Recurrence: new("0 1 * * *"), MaxSize: new(int32(2))},
				{ScheduledActionName: new("b"), Recurrence: new("never"), MaxSize: new(int32(2))},
				{ScheduledActionName: new("c"), Recurrence: new("0 2 * * *"), MaxSize: new(int32(2))},
			},
		})
	}
	failed := roomtest.Must(put("app"))(t).FailedScheduledUpdateGroupActions
	if len(failed) != 1 || *failed[0].ScheduledActionName != "b" || *failed[0].ErrorCode != "ValidationError" || len(s.scheduled()) != 2 {
		t.Errorf("failed %+v, made %+v", failed, s.scheduled())
	}
	_, err := put("nobody")
	roomtest.WantAPIError(t, err, "ValidationError")
	gone := roomtest.Must(client.BatchDeleteScheduledAction(ctx, &autoscaling.BatchDeleteScheduledActionInput{
		AutoScalingGroupName: new("app"), ScheduledActionNames: []string{"a", "b"},
	}))(t).FailedScheduledActions
	if len(gone) != 1 || room.Deref(gone[0].ScheduledActionName) != "b" || len(s.scheduled()) != 1 {
		t.Errorf("failed %+v, left %+v", gone, s.scheduled())
	}
	remove := func() error {
		_, err := client.DeleteScheduledAction(ctx, &autoscaling.DeleteScheduledActionInput{AutoScalingGroupName: new("app"), ScheduledActionName: new("c")})
		return err
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, remove(), "ValidationError")
	past, one := new(time.Now().Add(-time.Hour)), new(int32(1))
	for name, change := range map[string]func(*autoscaling.PutScheduledUpdateGroupActionInput){
		"no size":  func(in *autoscaling.PutScheduledUpdateGroupActionInput) { in.Recurrence = new("0 1 * * *") },
		"no time":  func(in *autoscaling.PutScheduledUpdateGroupActionInput) { in.MinSize = one },
		"the past": func(in *autoscaling.PutScheduledUpdateGroupActionInput) { in.StartTime, in.MinSize = past, one },
		"seconds": func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.Recurrence, in.MinSize = new("0 0 1 * * *"), one
		},
		"a word": func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.Recurrence, in.MinSize = new("@daily"), one
		},
		"no such day": func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.Recurrence, in.MinSize = new("0 0 31 2 *"), one
		},
		"no such zone": func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.Recurrence, in.TimeZone, in.MinSize = new("0 0 * * *"), new("Mars"), one
		},
		"ended before": func(in *autoscaling.PutScheduledUpdateGroupActionInput) {
			in.Recurrence, in.EndTime, in.MinSize = new("0 0 * * *"), past, one
		},
	} {
		t.Log(name)
		roomtest.WantAPIError(t, s.schedule("refused", change), "ValidationError")
	}
}
