package scaling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// UpdateAutoScalingGroup changes settings; instances are changed only in number.
func (r *Room) UpdateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown", "DefaultInstanceWarmup", "PlacementGroup",
		"HealthCheckGracePeriod", "HealthCheckType", "LaunchTemplate", "NewInstancesProtectedFromScaleIn", "TerminationPolicies",
		"VPCZoneIdentifier", "AvailabilityZones", "MixedInstancesPolicy", "InstanceMaintenancePolicy", "MaxInstanceLifetime", "CapacityRebalance",
		"AvailabilityZoneDistribution", "DesiredCapacityType", "ServiceLinkedRoleARN",
		"LaunchConfigurationName", "DeletionProtection", "CapacityReservationSpecification",
		"AvailabilityZoneIds"); err != nil {
		return nil, err
	}
	if err := r.checkProfiles(in.LaunchTemplate, in.MixedInstancesPolicy); err != nil {
		return nil, err
	}
	err := r.changeKnown(in.AutoScalingGroupName, missingNull, func(tx *store.Tx, f *fleetRow) error {
		before := f.Desired
		err := r.applySettings(tx, f, fleetSettings{
			min: in.MinSize, max: in.MaxSize, desired: in.DesiredCapacity, grace: in.HealthCheckGracePeriod, cooldown: in.DefaultCooldown,
			warmup: in.DefaultInstanceWarmup, placement: in.PlacementGroup, template: in.LaunchTemplate, subnets: in.VPCZoneIdentifier,
			zones: in.AvailabilityZones, zoneIDs: in.AvailabilityZoneIds,
			healthCheck: in.HealthCheckType, policies: in.TerminationPolicies, protect: in.NewInstancesProtectedFromScaleIn,
			rebalance: in.CapacityRebalance, mixed: in.MixedInstancesPolicy, maintenance: in.InstanceMaintenancePolicy, lifetime: in.MaxInstanceLifetime,
			distribution: in.AvailabilityZoneDistribution, capacityType: in.DesiredCapacityType, role: in.ServiceLinkedRoleARN,
			configuration: in.LaunchConfigurationName, deletion: in.DeletionProtection, reservations: in.CapacityReservationSpecification,
		})
		f.Failures, f.Resting = 0, nil // what made launches fail may be what has been put right
		if before != f.Desired {
			f.Request = fmt.Sprintf(
				"At %s a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d.",
				fleet.Stamp(time.Now()),
				f.Min,
				f.Max,
				f.Desired,
				before,
				f.Desired,
			)
		}
		return err
	})
	return &autoscaling.UpdateAutoScalingGroupOutput{}, err
}

// SetDesiredCapacity changes how many instances a group has.
func (r *Room) SetDesiredCapacity(ctx context.Context, in *autoscaling.SetDesiredCapacityInput) (*autoscaling.SetDesiredCapacityOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "DesiredCapacity", "HonorCooldown"); err != nil {
		return nil, err
	}
	if err := required("desiredCapacity", in.DesiredCapacity == nil); err != nil {
		return nil, err
	}
	err := r.changeKnown(in.AutoScalingGroupName, missingNull, func(tx *store.Tx, f *fleetRow) error {
		before, n := f.Desired, *in.DesiredCapacity
		switch {
		case n > f.Max:
			return invalid("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, f.Max)
		case n < f.Min:
			return invalid("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, f.Min)
		case room.Deref(in.HonorCooldown) && r.cooling(tx, f.Name, nil):
			return coolingDown(f.Name)
		}
		if f.Desired = n; n != before {
			f.Request = fmt.Sprintf("At %s a user request explicitly set group desired capacity changing the desired capacity from %d to %d.",
				fleet.Stamp(time.Now()), before, n)
		}
		return nil
	})
	return &autoscaling.SetDesiredCapacityOutput{}, err
}

// DeleteAutoScalingGroup deletes a group without instances, or, forced, one with them: it is listed until
// they are gone.
func (r *Room) DeleteAutoScalingGroup(ctx context.Context, in *autoscaling.DeleteAutoScalingGroupInput) (*autoscaling.DeleteAutoScalingGroupOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ForceDelete"); err != nil {
		return nil, err
	}
	name := room.Deref(in.AutoScalingGroupName)
	if err := required("autoScalingGroupName", name == ""); err != nil {
		return nil, err
	}
	return &autoscaling.DeleteAutoScalingGroupOutput{}, r.Update(func(tx *store.Tx) error {
		f, ok := r.fleets.GetTx(tx, name)
		if !ok {
			return missingFleet(name)
		}
		if err := f.checkDeletion(room.Deref(in.ForceDelete)); err != nil {
			return err
		}
		members := ofGroup(r.members.AllTx(tx), name)
		if len(members) == 0 {
			return r.dropFleet(tx, name)
		}
		if !room.Deref(in.ForceDelete) { // else what hooks wait for ends, too
			return refuseDelete(members)
		}
		f.Deleting, f.Min, f.Max, f.Desired = true, 0, 0, 0
		if err := r.endRefresh(tx, &f, autoscalingtypes.InstanceRefreshStatusCancelled, "The Auto Scaling group is being deleted."); err != nil {
			return err
		}
		return r.fleets.Put(tx, name, f)
	})
}

func refuseDelete(members []memberRow) error {
	if slices.ContainsFunc(members, func(m memberRow) bool { return !m.leaving() }) {
		return wire.Errorf("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
	}
	return wire.Errorf("ScalingActivityInProgress", "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.")
}

// dropFleet forgets a group whose members are gone, and its policies. Its activities are kept for who asks for those of deleted groups.
func (r *Room) dropFleet(tx *store.Tx, name string) error {
	return errors.Join(
		dropOf(tx, r.refreshes, name, func(f refreshRow) (group, key string) { return f.Group, f.ID }),
		r.dropPolicies(tx, name),
		dropOf(tx, r.scheduled, name, func(s scheduledRow) (group, key string) { return s.Group, scheduleKey(s.Group, s.Name) }),
		r.fleets.Delete(tx, name),
		r.forgetActivities(tx),
	)
}

// dropOf deletes a table's rows that are of a group.
func dropOf[T any](tx *store.Tx, table *store.Table[T], name string, place func(row T) (group, key string)) error {
	for _, row := range table.AllTx(tx) {
		if group, key := place(row); group == name {
			if err := table.Delete(tx, key); err != nil {
				return err
			}
		}
	}
	return nil
}
