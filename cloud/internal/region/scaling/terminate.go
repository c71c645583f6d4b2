package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// mostTerminated is how many instances a call may terminate (API reference, TerminateInstanceInAutoScalingGroup).
const mostTerminated = 100

// TerminateInstanceInAutoScalingGroup takes instances out of their group and ends them: all or none. Of one it shows the activity, of several
// the activities.
func (r *Room) TerminateInstanceInAutoScalingGroup(
	ctx context.Context,
	in *autoscaling.TerminateInstanceInAutoScalingGroupInput,
) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceId", "InstanceIds", "ShouldDecrementDesiredCapacity"); err != nil {
		return nil, err
	}
	if err := required("shouldDecrementDesiredCapacity", in.ShouldDecrementDesiredCapacity == nil); err != nil {
		return nil, err
	}
	ids := in.InstanceIds
	switch {
	case len(ids) == 0:
		ids = []string{room.Deref(in.InstanceId)}
	case in.InstanceId != nil:
		return nil, invalid("Either InstanceId or InstanceIds can be specified, but not both.")
	case len(ids) > mostTerminated:
		return nil, invalid("The number of instance IDs must be between 1 and %d.", mostTerminated)
	case room.Deref(in.AutoScalingGroupName) == "":
		return nil, invalid("AutoScalingGroupName is required when using InstanceIds.")
	}
	var all []autoscalingtypes.Activity
	err := r.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			a, err := r.terminateMember(tx, in.AutoScalingGroupName, id, *in.ShouldDecrementDesiredCapacity)
			if err != nil {
				return err
			}
			all = append(all, a.show())
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(in.InstanceIds) > 0:
		return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{Activities: all}, nil
	}
	return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{Activity: &all[0]}, nil
}

// terminateMember takes one instance out of its group, which is of a name where one is given.
func (r *Room) terminateMember(tx *store.Tx, group *string, id string, decrement bool) (activityRow, error) {
	m, err := r.memberTx(tx, &id)
	switch {
	case err != nil:
		return activityRow{}, err
	case group != nil && m.Group != *group:
		return activityRow{}, invalid("The instance %s is not part of Auto Scaling group %s.", id, *group)
	case m.inPool():
		return activityRow{}, invalid("The instance %s is in the warm pool of Auto Scaling group %s.", id, m.Group)
	case m.leaving():
		a, _ := r.activities.GetTx(tx, m.Terminal)
		return a, nil
	}
	f, _ := r.fleets.GetTx(tx, m.Group)
	retire := fleet.Action{Do: fleet.DoRetire, Reason: fleet.UserRequest, From: int(f.Desired), To: int(f.Desired)}
	if decrement {
		if f.Desired-m.size() < f.Min {
			return activityRow{}, invalid(
				"Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. "+
					"Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
				f.Min,
			)
		}
		f.Desired -= m.size()
		retire.To = int(f.Desired)
	}
	return r.retireMember(tx, &f, m, retire)
}
