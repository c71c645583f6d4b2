package scaling

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// scheduledPerGroup is how many scheduled actions a group may have, and batchSize how many one call may name
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
const (
	scheduledPerGroup = 125
	batchSize         = 50
)

// PutScheduledUpdateGroupAction makes a scheduled action or changes one of the same name.
func (r *Room) PutScheduledUpdateGroupAction(
	ctx context.Context,
	in *autoscaling.PutScheduledUpdateGroupActionInput,
) (*autoscaling.PutScheduledUpdateGroupActionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScheduledActionName", "StartTime",
		"EndTime", "Recurrence", "TimeZone", "MinSize", "MaxSize", "DesiredCapacity"); err != nil {
		return nil, err
	}
	err := r.changeKnown(in.AutoScalingGroupName, missingNull, func(tx *store.Tx, f *fleetRow) error {
		return r.putScheduled(tx, f.Name, autoscalingtypes.ScheduledUpdateGroupActionRequest{
			ScheduledActionName: in.ScheduledActionName, StartTime: in.StartTime, EndTime: in.EndTime, Recurrence: in.Recurrence,
			TimeZone: in.TimeZone, MinSize: in.MinSize, MaxSize: in.MaxSize, DesiredCapacity: in.DesiredCapacity,
		})
	})
	return &autoscaling.PutScheduledUpdateGroupActionOutput{}, err
}

// BatchPutScheduledUpdateGroupAction makes several, and tells of those that it did not.
func (r *Room) BatchPutScheduledUpdateGroupAction(
	ctx context.Context,
	in *autoscaling.BatchPutScheduledUpdateGroupActionInput,
) (*autoscaling.BatchPutScheduledUpdateGroupActionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScheduledUpdateGroupActions"); err != nil {
		return nil, err
	}
	if n := len(in.ScheduledUpdateGroupActions); n == 0 || n > batchSize {
		return nil, invalid("You must specify between 1 and %d scheduled actions.", batchSize)
	}
	if err := r.exists(in.AutoScalingGroupName); err != nil {
		return nil, err
	}
	out := &autoscaling.BatchPutScheduledUpdateGroupActionOutput{}
	for _, request := range in.ScheduledUpdateGroupActions {
		err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error { return r.putScheduled(tx, f.Name, request) })
		if err := failedAction(request.ScheduledActionName, err, &out.FailedScheduledUpdateGroupActions); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// failedAction adds an action that was refused to a list. It returns what is no refusal.
func failedAction(name *string, err error, to *[]autoscalingtypes.FailedScheduledUpdateGroupActionRequest) error {
	var refused *wire.Error
	if !errors.As(err, &refused) {
		return err
	}
	*to = append(*to, autoscalingtypes.FailedScheduledUpdateGroupActionRequest{
		ScheduledActionName: name, ErrorCode: &refused.Code, ErrorMessage: &refused.Message,
	})
	return nil
}

// putScheduled checks an action and writes it down.
func (r *Room) putScheduled(tx *store.Tx, group string, in autoscalingtypes.ScheduledUpdateGroupActionRequest) error {
	if err := required("scheduledActionName", room.Deref(in.ScheduledActionName) == ""); err != nil {
		return err
	}
	now, key := time.Now().UTC(), scheduleKey(group, *in.ScheduledActionName)
	row, known := r.scheduled.GetTx(tx, key)
	if !known {
		row = scheduledRow{Group: group, Name: *in.ScheduledActionName, ID: room.NewUUID()}
		if len(r.scheduledOf(tx, group)) >= scheduledPerGroup {
			return wire.Errorf("LimitExceeded", "You have reached the maximum number of scheduled actions, %d, for the group %s.", scheduledPerGroup, group)
		}
	}
	// What is not said of an action that is there stays as it is (API reference, PutScheduledUpdateGroupAction).
	row.Start, row.End = cmp.Or(in.StartTime, row.Start), cmp.Or(in.EndTime, row.End)
	row.Min, row.Max, row.Desired = cmp.Or(in.MinSize, row.Min), cmp.Or(in.MaxSize, row.Max), cmp.Or(in.DesiredCapacity, row.Desired)
	row.Recurrence, row.Zone = cmp.Or(room.Deref(in.Recurrence), row.Recurrence), cmp.Or(room.Deref(in.TimeZone), row.Zone)
	if err := row.check(in.StartTime, now); err != nil {
		return err
	}
	if err := row.schedule(now); err != nil || row.Next.IsZero() {
		return invalid("The scheduled action %s would never be carried out.", row.Name)
	}
	if in.StartTime != nil && r.startsWithAnother(tx, row) {
		return wire.Errorf("AlreadyExists", "Scheduled action with this scheduled start time already exists")
	}
	return r.scheduled.Put(tx, key, row)
}

// startsWithAnother tells whether another action of the group is due when this one starts, which AWS refuses; recurrences may meet
// ("Considerations" and "Limitations" in https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html). Its
// words were seen in https://github.com/TerraConstructs/base/issues/127.
func (r *Room) startsWithAnother(tx *store.Tx, row scheduledRow) bool {
	return slices.ContainsFunc(r.scheduledOf(tx, row.Group), func(s scheduledRow) bool { return s.Name != row.Name && s.Next.Equal(row.Next) })
}

func (s *scheduledRow) check(start *time.Time, now time.Time) error {
	_, err := time.LoadLocation(cmp.Or(s.Zone, "UTC"))
	switch {
	case s.Min == nil && s.Max == nil && s.Desired == nil:
		return invalid("At least one of MinSize, MaxSize and DesiredCapacity must be specified.")
	case s.Min != nil && s.Max != nil && *s.Min > *s.Max:
		return invalid("Max bound, %d, must be greater than or equal to min bound, %d", *s.Max, *s.Min)
	case s.Start == nil && s.Recurrence == "":
		return invalid("Either a StartTime or a Recurrence must be specified.")
	case start != nil && start.Before(now):
		return invalid("Given start time is in the past")
	case s.End != nil && s.Start != nil && !s.Start.Before(*s.End):
		return invalid("The start time must be before the end time.")
	case s.Recurrence != "" && !validRecurrence(s.Recurrence):
		return invalid("Given recurrence string:%s is invalid", s.Recurrence)
	case err != nil || s.Zone == "Local":
		return invalid("The time zone '%s' is not valid: names of the IANA time zone database are.", s.Zone)
	}
	return nil
}

func (r *Room) scheduledOf(tx *store.Tx, group string) []scheduledRow {
	return slices.DeleteFunc(r.scheduled.AllTx(tx), func(s scheduledRow) bool { return s.Group != group })
}

// DeleteScheduledAction deletes a scheduled action.
func (r *Room) DeleteScheduledAction(ctx context.Context, in *autoscaling.DeleteScheduledActionInput) (*autoscaling.DeleteScheduledActionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScheduledActionName"); err != nil {
		return nil, err
	}
	return &autoscaling.DeleteScheduledActionOutput{}, r.deleteScheduled(in.AutoScalingGroupName, in.ScheduledActionName)
}

func (r *Room) deleteScheduled(group, name *string) error {
	if err := required("scheduledActionName", room.Deref(name) == ""); err != nil {
		return err
	}
	return r.changeFleet(group, func(tx *store.Tx, f *fleetRow) error {
		key := scheduleKey(f.Name, *name)
		if _, ok := r.scheduled.GetTx(tx, key); !ok {
			return invalid("Scheduled action name not found - Scheduled Action %s not found", *name)
		}
		return r.scheduled.Delete(tx, key)
	})
}

// BatchDeleteScheduledAction deletes several, and tells of those that it did not.
func (r *Room) BatchDeleteScheduledAction(
	ctx context.Context,
	in *autoscaling.BatchDeleteScheduledActionInput,
) (*autoscaling.BatchDeleteScheduledActionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScheduledActionNames"); err != nil {
		return nil, err
	}
	if n := len(in.ScheduledActionNames); n == 0 || n > batchSize {
		return nil, invalid("You must specify between 1 and %d scheduled actions.", batchSize)
	}
	if err := r.exists(in.AutoScalingGroupName); err != nil {
		return nil, err
	}
	out := &autoscaling.BatchDeleteScheduledActionOutput{}
	for _, name := range in.ScheduledActionNames {
		if err := failedAction(&name, r.deleteScheduled(in.AutoScalingGroupName, &name), &out.FailedScheduledActions); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DescribeScheduledActions lists scheduled actions that are still to be carried out.
func (r *Room) DescribeScheduledActions(
	ctx context.Context, in *autoscaling.DescribeScheduledActionsInput,
) (*autoscaling.DescribeScheduledActionsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "EndTime", "MaxRecords", "NextToken", "ScheduledActionNames", "StartTime"); err != nil {
		return nil, err
	}
	if in.AutoScalingGroupName != nil {
		if err := r.exists(in.AutoScalingGroupName); err != nil {
			return nil, err
		}
	}
	rows := slices.DeleteFunc(r.scheduled.All(), func(s scheduledRow) bool {
		if in.AutoScalingGroupName != nil && s.Group != *in.AutoScalingGroupName {
			return true
		}
		if len(in.ScheduledActionNames) > 0 { // times are ignored where names are given
			return !slices.Contains(in.ScheduledActionNames, s.Name)
		}
		return in.StartTime != nil && s.Next.Before(*in.StartTime) || in.EndTime != nil && s.Next.After(*in.EndTime)
	})
	rows, next, err := page(rows, func(s scheduledRow) string { return scheduleKey(s.Group, s.Name) }, in.MaxRecords, in.NextToken, 50, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeScheduledActionsOutput{NextToken: next}
	for _, s := range rows {
		out.ScheduledUpdateGroupActions = append(out.ScheduledUpdateGroupActions, r.showScheduled(s))
	}
	return out, nil
}

// showScheduled shows the next time of a recurring action as its start.
func (r *Room) showScheduled(s scheduledRow) autoscalingtypes.ScheduledUpdateGroupAction {
	return autoscalingtypes.ScheduledUpdateGroupAction{
		AutoScalingGroupName: &s.Group, ScheduledActionName: &s.Name, StartTime: &s.Next, Time: &s.Next, EndTime: s.End,
		Recurrence: room.Some(s.Recurrence), TimeZone: room.Some(s.Zone), MinSize: s.Min, MaxSize: s.Max, DesiredCapacity: s.Desired,
		ScheduledActionARN: new(r.ARN("autoscaling", "scheduledUpdateGroupAction:"+s.ID+":autoScalingGroupName/"+s.Group+":scheduledActionName/"+s.Name)),
	}
}
