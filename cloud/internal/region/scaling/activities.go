package scaling

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// keptActivities is how many finished activities of a group are remembered. AWS keeps six weeks of them.
const keptActivities = 200

// The states of an activity that are used here.
const (
	preInService = autoscalingtypes.ScalingActivityStatusCodePreInService
	inProgress   = autoscalingtypes.ScalingActivityStatusCodeInProgress
	elbDraining  = autoscalingtypes.ScalingActivityStatusCodeWaitingForELBConnectionDraining
	successful   = autoscalingtypes.ScalingActivityStatusCodeSuccessful
	failed       = autoscalingtypes.ScalingActivityStatusCodeFailed
	cancelled    = autoscalingtypes.ScalingActivityStatusCodeCancelled
	midAction    = autoscalingtypes.ScalingActivityStatusCodeMidLifecycleAction
)

// longestCause is how many characters a cause has at most
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html).
const longestCause = 1023

// newActivity begins an activity of a group and forgets the oldest ones.
func (r *Room) newActivity(tx *store.Tx, f fleetRow, a activityRow) (activityRow, error) {
	if cause := []rune(a.Cause); len(cause) > longestCause {
		a.Cause = string(cause[:longestCause])
	}
	a.ID, a.Group, a.GroupARN, a.Start = room.NewUUID(), f.Name, r.fleetARN(f), time.Now().UTC()
	if a.Status == failed {
		a.End = a.Start
		r.notify(tx, a)
	}
	old := slices.DeleteFunc(r.activities.AllTx(tx), func(x activityRow) bool { return x.Group != f.Name || x.End.IsZero() })
	slices.SortFunc(old, func(a, b activityRow) int { return b.Start.Compare(a.Start) })
	for _, x := range old[min(len(old), keptActivities):] {
		if err := r.activities.Delete(tx, x.ID); err != nil {
			return a, err
		}
	}
	return a, r.activities.Put(tx, a.ID, a)
}

// moveActivity changes an activity, and ends it where it has succeeded or failed.
func (r *Room) moveActivity(tx *store.Tx, id string, change func(*activityRow)) error {
	a, ok := r.activities.GetTx(tx, id)
	if !ok || !a.End.IsZero() {
		return nil
	}
	change(&a)
	switch a.Status {
	case successful, failed, cancelled:
		a.End, a.Progress = time.Now().UTC(), 100
		r.notify(tx, a)
	}
	return r.activities.Put(tx, id, a)
}

// keptDeleted is how many activities are kept of groups that are deleted, the latest; AWS keeps them for six weeks
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html, IncludeDeletedGroups).
const keptDeleted = 1000

// forgetActivities drops what is too much of groups that are deleted.
func (r *Room) forgetActivities(tx *store.Tx) error {
	gone := slices.DeleteFunc(r.activities.AllTx(tx), func(a activityRow) bool {
		f, ok := r.fleets.GetTx(tx, a.Group)
		return ok && r.fleetARN(f) == a.GroupARN
	})
	slices.SortFunc(gone, func(a, b activityRow) int { return b.Start.Compare(a.Start) })
	for _, a := range gone[min(len(gone), keptDeleted):] {
		if err := r.activities.Delete(tx, a.ID); err != nil {
			return err
		}
	}
	return nil
}

// details are what AWS puts into an activity's Details.
func details(subnet, zone string) string {
	return fmt.Sprintf(`{"Subnet ID":%q,"Availability Zone":%q}`, subnet, zone)
}

func (a activityRow) show() autoscalingtypes.Activity {
	out := autoscalingtypes.Activity{
		ActivityId: new(a.ID), AutoScalingGroupName: new(a.Group), AutoScalingGroupARN: new(a.GroupARN), Description: new(a.Description),
		Cause: new(a.Cause), StartTime: new(a.Start), StatusCode: a.Status, StatusMessage: room.Some(a.Message), Progress: new(a.Progress),
		Details: room.Some(a.Details),
	}
	if !a.End.IsZero() {
		out.EndTime = new(a.End)
	}
	return out
}

// DescribeScalingActivities lists activities, the latest first, and of groups that are deleted where it is asked for those too.
func (r *Room) DescribeScalingActivities(
	ctx context.Context,
	in *autoscaling.DescribeScalingActivitiesInput,
) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	if err := room.Only(in, "ActivityIds", "AutoScalingGroupName", "Filters", "IncludeDeletedGroups", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	passes, err := activityFilter(in)
	if err != nil {
		return nil, err
	}
	name, deleted := room.Deref(in.AutoScalingGroupName), room.Deref(in.IncludeDeletedGroups)
	if _, ok := r.fleets.Get(name); name != "" && !ok && !deleted {
		return nil, missingFleet(name)
	}
	rows := slices.DeleteFunc(r.activities.All(), func(a activityRow) bool {
		return !deleted && !r.ofLiving(a) || name != "" && a.Group != name ||
			len(in.ActivityIds) > 0 && !slices.Contains(in.ActivityIds, a.ID) || !passes(a)
	})
	latest := func(a activityRow) string { // those that go on appear first
		over := "0"
		if !a.End.IsZero() {
			over = "1"
		}
		return strings.Join([]string{over, fmt.Sprintf("%020d", math.MaxInt64-a.Start.UnixNano()), a.ID}, " ")
	}
	rows, next, err := page(rows, latest, in.MaxRecords, in.NextToken, 100, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeScalingActivitiesOutput{NextToken: next}
	for _, a := range rows {
		shown := a.show()
		if shown.AutoScalingGroupState = new("InService"); !r.ofLiving(a) {
			shown.AutoScalingGroupState = new("Deleted")
		}
		out.Activities = append(out.Activities, shown)
	}
	return out, nil
}

// ofLiving tells whether an activity's group is there still; another may have its name.
func (r *Room) ofLiving(a activityRow) bool {
	f, ok := r.fleets.Get(a.Group)
	return ok && r.fleetARN(f) == a.GroupARN
}

// activityFilter reads the filters of DescribeScalingActivities: an activity passes if it has one of the values of each
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html, Filters).
func activityFilter(in *autoscaling.DescribeScalingActivitiesInput) (passes func(activityRow) bool, err error) {
	var all []func(activityRow) bool
	for _, f := range in.Filters {
		if len(f.Values) == 0 {
			return nil, invalid("The filter %s must have a value.", room.Deref(f.Name))
		}
		var any []func(activityRow) bool
		for _, v := range f.Values {
			one, err := activityTest(in, room.Deref(f.Name), v)
			if err != nil {
				return nil, err
			}
			any = append(any, one)
		}
		all = append(all, func(a activityRow) bool {
			return slices.ContainsFunc(any, func(is func(activityRow) bool) bool { return is(a) })
		})
	}
	return func(a activityRow) bool {
		return !slices.ContainsFunc(all, func(is func(activityRow) bool) bool { return !is(a) })
	}, nil
}

// activityTest is one value of a filter.
func activityTest(in *autoscaling.DescribeScalingActivitiesInput, name, value string) (func(activityRow) bool, error) {
	switch name {
	case "Status":
		if in.AutoScalingGroupName == nil {
			return nil, invalid("The Status filter can only be used in combination with the AutoScalingGroupName parameter.")
		}
		return func(a activityRow) bool { return string(a.Status) == value }, nil
	case "StartTimeLowerBound", "StartTimeUpperBound":
		at, err := time.Parse(time.RFC3339, value)
		if err != nil { // without an offset it is UTC
			at, err = time.Parse("2006-01-02T15:04:05", value)
		}
		if err != nil {
			return nil, invalid("The value '%s' of the filter %s is no timestamp of ISO 8601.", value, name)
		}
		if name == "StartTimeLowerBound" {
			return func(a activityRow) bool { return !a.Start.Before(at) }, nil
		}
		return func(a activityRow) bool { return !a.Start.After(at) }, nil
	}
	return nil, invalid("Filter type %s is not correct. Please verify the filter name.", name)
}
