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

func (m memberRow) health() *string {
	if m.Sick != "" {
		return new("Unhealthy")
	}
	return new("Healthy")
}

// lifecycle is a member's state as AWS shows it, with the stage of its lifecycle hooks.
func (m memberRow) lifecycle() autoscalingtypes.LifecycleState {
	if m.Stage == fleet.Unhooked {
		return autoscalingtypes.LifecycleState(m.State)
	}
	return autoscalingtypes.LifecycleState(string(m.State) + ":" + string(m.Stage))
}

// shownTemplate is what a member was launched from; one that was attached has none.
func (m memberRow) shownTemplate() *autoscalingtypes.LaunchTemplateSpecification {
	if m.Template.ID == "" {
		return nil
	}
	return m.Template.show()
}

func (r *Room) showMember(m memberRow) autoscalingtypes.Instance {
	i, _ := r.machines.Instance(nil, m.Instance)
	return autoscalingtypes.Instance{
		InstanceId: new(m.Instance), AvailabilityZone: new(m.Zone), AvailabilityZoneId: new(r.machines.ZoneID(m.Zone)), HealthStatus: m.health(),
		LifecycleState: m.lifecycle(), ProtectedFromScaleIn: new(m.Protected), InstanceType: room.Some(string(i.Type)), LaunchTemplate: m.shownTemplate(),
		WeightedCapacity: weight(m.Weight), LaunchConfigurationName: room.Some(m.Configuration),
	}
}

// DescribeAutoScalingInstances lists instances of all groups; an id that is none of theirs is left out.
func (r *Room) DescribeAutoScalingInstances(
	ctx context.Context,
	in *autoscaling.DescribeAutoScalingInstancesInput,
) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.members.All(), func(m memberRow) bool {
		return m.Instance == "" || len(in.InstanceIds) > 0 && !slices.Contains(in.InstanceIds, m.Instance)
	})
	rows, next, err := page(rows, func(m memberRow) string { return m.Instance }, in.MaxRecords, in.NextToken, 50, 50)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeAutoScalingInstancesOutput{NextToken: next}
	for _, m := range rows {
		s := r.showMember(m)
		state := string(s.LifecycleState)
		// This call alone writes the health in capitals.
		health := map[string]string{"Healthy": "HEALTHY", "Unhealthy": "UNHEALTHY"}[*s.HealthStatus]
		out.AutoScalingInstances = append(out.AutoScalingInstances, autoscalingtypes.AutoScalingInstanceDetails{
			AutoScalingGroupName: new(m.Group), InstanceId: s.InstanceId, AvailabilityZone: s.AvailabilityZone,
			AvailabilityZoneId: s.AvailabilityZoneId, HealthStatus: &health, LifecycleState: &state,
			ProtectedFromScaleIn: s.ProtectedFromScaleIn, InstanceType: s.InstanceType, LaunchTemplate: s.LaunchTemplate,
			WeightedCapacity: s.WeightedCapacity, LaunchConfigurationName: s.LaunchConfigurationName,
		})
	}
	return out, nil
}

// memberTx finds the member that an instance is.
func (r *Room) memberTx(tx *store.Tx, instance *string) (memberRow, error) {
	if err := required("instanceId", room.Deref(instance) == ""); err != nil {
		return memberRow{}, err
	}
	for _, m := range r.members.AllTx(tx) {
		if m.Instance == *instance {
			return m, nil
		}
	}
	return memberRow{}, invalid("Instance Id not found - No managed instance found for instance ID: %s", *instance)
}

// SetInstanceHealth overrides the health of an instance.
func (r *Room) SetInstanceHealth(ctx context.Context, in *autoscaling.SetInstanceHealthInput) (*autoscaling.SetInstanceHealthOutput, error) {
	if err := room.Only(in, "HealthStatus", "InstanceId", "ShouldRespectGracePeriod"); err != nil {
		return nil, err
	}
	if s := room.Deref(in.HealthStatus); s != "Healthy" && s != "Unhealthy" {
		return nil, invalid("Valid instance health states are: [Healthy, Unhealthy].")
	}
	return &autoscaling.SetInstanceHealthOutput{}, r.Update(func(tx *store.Tx) error {
		m, err := r.memberTx(tx, in.InstanceId)
		if err != nil {
			return err
		}
		if *in.HealthStatus == "Healthy" {
			m.Sick = ""
			return r.members.Put(tx, m.Token, m)
		}
		f, _ := r.fleets.GetTx(tx, m.Group)
		respect := in.ShouldRespectGracePeriod == nil || *in.ShouldRespectGracePeriod
		if respect && m.State == fleet.InService && time.Since(r.servesSince(tx, m)) < r.bootTime(f.Grace) {
			return nil
		}
		if m.Sick == "" {
			m.Sick = fleet.UserHealth
		}
		return r.members.Put(tx, m.Token, m)
	})
}

// bootTime is how long the API's seconds for an instance to boot in are here.
func (r *Room) bootTime(seconds int32) time.Duration {
	return r.Speed.Boot(time.Duration(seconds) * time.Second)
}

// servesSince is when a member entered service, or was last booted since: its grace period begins anew then, as where
// the region itself was started again.
func (r *Room) servesSince(tx *store.Tx, m memberRow) time.Time {
	if row, ok := r.machines.Instance(tx, m.Instance); ok && m.State == fleet.InService && row.Started.After(m.InService) {
		return row.Started
	}
	return m.InService
}

// mostProtected is how many instances a call may protect (API reference, SetInstanceProtection).
const mostProtected = 50

// SetInstanceProtection protects instances from scale-in, or no longer.
func (r *Room) SetInstanceProtection(ctx context.Context, in *autoscaling.SetInstanceProtectionInput) (*autoscaling.SetInstanceProtectionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceIds", "ProtectedFromScaleIn"); err != nil {
		return nil, err
	}
	if err := required("protectedFromScaleIn", in.ProtectedFromScaleIn == nil); err != nil {
		return nil, err
	}
	if n := len(in.InstanceIds); n == 0 || n > mostProtected {
		return nil, invalid("The number of instance IDs must be between 1 and %d.", mostProtected)
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		for _, id := range in.InstanceIds {
			m, err := r.memberTx(tx, &id)
			if err != nil {
				return err
			}
			if m.Group != f.Name {
				return invalid("The instance %s is not part of Auto Scaling group %s.", id, f.Name)
			}
			if m.State != fleet.InService && m.State != fleet.Standby {
				return invalid("The instance %s is not in InService.", id)
			}
			m.Protected = *in.ProtectedFromScaleIn
			if err := r.members.Put(tx, m.Token, m); err != nil {
				return fmt.Errorf("protect %s: %w", id, err)
			}
		}
		return nil
	})
	return &autoscaling.SetInstanceProtectionOutput{}, err
}
