package scaling

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// mostNamed is how many instances a call may move into or out of standby, attach or detach
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
const mostNamed = 20

// departure is a way in which instances leave service without being terminated, and the words of its activities.
type departure struct {
	to               fleet.Lifecycle
	description, was string
}

var (
	toStandby = departure{fleet.EnteringStandby, "Moving EC2 instance to Standby: ", "moved to standby"}
	toNowhere = departure{fleet.Detaching, "Detaching EC2 instance: ", "detached"}
)

// EnterStandby takes instances out of service and keeps them.
func (r *Room) EnterStandby(ctx context.Context, in *autoscaling.EnterStandbyInput) (*autoscaling.EnterStandbyOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity"); err != nil {
		return nil, err
	}
	all, err := r.depart(in.AutoScalingGroupName, in.InstanceIds, in.ShouldDecrementDesiredCapacity, toStandby)
	return &autoscaling.EnterStandbyOutput{Activities: all}, err
}

// DetachInstances takes instances out of their group, which run on.
func (r *Room) DetachInstances(ctx context.Context, in *autoscaling.DetachInstancesInput) (*autoscaling.DetachInstancesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity"); err != nil {
		return nil, err
	}
	all, err := r.depart(in.AutoScalingGroupName, in.InstanceIds, in.ShouldDecrementDesiredCapacity, toNowhere)
	return &autoscaling.DetachInstancesOutput{Activities: all}, err
}

// checkNamed bounds a call's instances.
func checkNamed(ids []string) error {
	if n := len(ids); n == 0 || n > mostNamed {
		return invalid("The number of instance IDs must be between 1 and %d.", mostNamed)
	}
	return nil
}

// depart begins to take instances out of service.
func (r *Room) depart(group *string, ids []string, decrement *bool, way departure) (all []autoscalingtypes.Activity, err error) {
	if err := required("shouldDecrementDesiredCapacity", decrement == nil); err != nil {
		return nil, err
	}
	if err := checkNamed(ids); err != nil {
		return nil, err
	}
	return all, r.changeFleet(group, func(tx *store.Tx, f *fleetRow) error {
		if n := r.sizeOf(tx, ids); *decrement && f.Desired-n < f.Min {
			return invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. "+
				"To place into standby or detach %d instance, please update the AutoScalingGroup sizes appropriately.",
				f.Name, f.Min, f.Max, f.Desired, n)
		}
		for _, id := range ids {
			m, err := r.memberOf(tx, f.Name, id)
			if err != nil {
				return err
			}
			if ok := m.State == fleet.InService || m.State == fleet.Standby && way == toNowhere; !ok {
				return invalid("The instance %s is not in InService.", id)
			}
			a, err := r.departMember(tx, f, m, *decrement && m.State == fleet.InService, way)
			if err != nil {
				return err
			}
			all = append(all, a.show())
		}
		return nil
	})
}

// sizeOf is how much capacity the instances of a call are.
func (r *Room) sizeOf(tx *store.Tx, ids []string) (sum int32) {
	for _, id := range ids {
		m, _ := r.memberTx(tx, &id)
		sum += m.size()
	}
	return sum
}

// memberOf finds a member of a group.
func (r *Room) memberOf(tx *store.Tx, group, id string) (memberRow, error) {
	m, err := r.memberTx(tx, &id)
	if err == nil && m.Group != group {
		err = invalid("The instance %s is not part of Auto Scaling group %s.", id, group)
	}
	return m, err
}

func (r *Room) departMember(tx *store.Tx, f *fleetRow, m memberRow, decrement bool, way departure) (activityRow, error) {
	cause := fmt.Sprintf("At %s instance %s was %s in response to a user request", fleet.Stamp(time.Now()), m.Instance, way.was)
	if decrement {
		f.Desired -= m.size()
		cause += fmt.Sprintf(", shrinking the capacity from %d to %d", f.Desired+m.size(), f.Desired)
	}
	activity, err := r.newActivity(tx, *f, activityRow{
		Description: way.description + m.Instance, Details: details(m.Subnet, m.Zone), Status: inProgress, Progress: 50, Cause: cause + ".",
	})
	if err != nil {
		return activity, err
	}
	m.State, m.Terminal = way.to, activity.ID
	return activity, r.members.Put(tx, m.Token, m)
}

// ExitStandby brings instances back into service, as if they were launched.
func (r *Room) ExitStandby(ctx context.Context, in *autoscaling.ExitStandbyInput) (*autoscaling.ExitStandbyOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceIds"); err != nil {
		return nil, err
	}
	if err := checkNamed(in.InstanceIds); err != nil {
		return nil, err
	}
	out := &autoscaling.ExitStandbyOutput{}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		if f.Desired+r.sizeOf(tx, in.InstanceIds) > f.Max {
			return invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. "+
				"To exit standby %d instance, please update the AutoScalingGroup sizes appropriately.",
				f.Name, f.Min, f.Max, f.Desired, len(in.InstanceIds))
		}
		for _, id := range in.InstanceIds {
			m, err := r.memberOf(tx, f.Name, id)
			if err != nil {
				return err
			}
			if m.State != fleet.Standby {
				return invalid("The instance %s is not in Standby.", id)
			}
			a, err := r.enter(tx, f, m, "Moving EC2 instance out of Standby: ", "moved out of standby")
			if err != nil {
				return err
			}
			out.Activities = append(out.Activities, a.show())
		}
		return nil
	})
	return out, err
}

// enter has a running instance become one in service, of a group that grows by it.
func (r *Room) enter(tx *store.Tx, f *fleetRow, m memberRow, description, was string) (activityRow, error) {
	f.Desired += m.size()
	activity, err := r.newActivity(tx, *f, activityRow{
		Description: description + m.Instance, Details: details(m.Subnet, m.Zone), Status: preInService, Progress: 30,
		Cause: fmt.Sprintf("At %s instance %s was %s in response to a user request, increasing the capacity from %d to %d.",
			fleet.Stamp(time.Now()), m.Instance, was, f.Desired-m.size(), f.Desired),
	})
	if err != nil {
		return activity, err
	}
	m.State, m.Launch, m.Terminal, m.Stage, m.Sick = fleet.Pending, activity.ID, "", fleet.Unhooked, ""
	return activity, r.members.Put(tx, m.Token, m)
}

// AttachInstances makes running instances members of a group, which grows by them
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-attach-detach-instances.html).
func (r *Room) AttachInstances(ctx context.Context, in *autoscaling.AttachInstancesInput) (*autoscaling.AttachInstancesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceIds"); err != nil {
		return nil, err
	}
	if err := checkNamed(in.InstanceIds); err != nil {
		return nil, err
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		if f.Desired+int32(len(in.InstanceIds)) > f.Max {
			return invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. "+
				"To attach %d instance, please update the AutoScalingGroup sizes appropriately.",
				f.Name, f.Min, f.Max, f.Desired, len(in.InstanceIds))
		}
		for _, id := range in.InstanceIds {
			if err := r.attach(tx, f, id); err != nil {
				return err
			}
		}
		return nil
	})
	return &autoscaling.AttachInstancesOutput{}, err
}

func (r *Room) attach(tx *store.Tx, f *fleetRow, id string) error {
	i, ok := r.machines.Instance(tx, id)
	if !ok || i.State != "running" {
		return invalid("Invalid Instances: The instance %s is not in the running state.", id)
	}
	if m, err := r.memberTx(tx, &id); err == nil {
		return invalid("Invalid Instances: The instance %s is already part of the Auto Scaling group %s.", id, m.Group)
	}
	zone, _ := r.machines.Zone(tx, i.Subnet)
	if !slices.Contains(r.fleetZones(tx, *f), zone) {
		return invalid("Invalid Instances: The instance %s is in the availability zone %s, which is none of the Auto Scaling group's.", id, zone)
	}
	m := memberRow{Token: room.NewUUID(), Group: f.Name, Instance: id, Zone: zone, Subnet: i.Subnet, Launched: time.Now().UTC(), Protected: f.ProtectNew}
	if err := r.machines.Tag(tx, id, groupTags(f.Name)); err != nil {
		return err
	}
	_, err := r.enter(tx, f, m, "Attaching an existing EC2 instance: ", "attached")
	return err
}
