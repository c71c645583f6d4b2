package scaling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// processes are those that can be suspended.
var processes = []fleet.Process{
	fleet.Launch, fleet.Terminate, fleet.AddToLoadBalancer, fleet.HealthCheck, fleet.ReplaceUnhealthy, fleet.InstanceRefresh,
	"AlarmNotification", fleet.AZRebalance, "ScheduledActions",
}

func sortedProcesses(suspended map[fleet.Process]string) []fleet.Process {
	return slices.Sorted(maps.Keys(suspended))
}

// named returns the processes of a request: all where it names none.
func named(names []string) ([]fleet.Process, error) {
	if len(names) == 0 {
		return processes, nil
	}
	var out []fleet.Process
	for _, n := range names {
		if !slices.Contains(processes, fleet.Process(n)) {
			return nil, invalid("Invalid process name '%s'. Valid ones are: %v", n, processes)
		}
		out = append(out, fleet.Process(n))
	}
	return out, nil
}

// SuspendProcesses makes a group leave out parts of its work.
func (r *Room) SuspendProcesses(ctx context.Context, in *autoscaling.SuspendProcessesInput) (*autoscaling.SuspendProcessesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScalingProcesses"); err != nil {
		return nil, err
	}
	list, err := named(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		f.Suspended = maps.Clone(f.Suspended)
		if f.Suspended == nil {
			f.Suspended = map[fleet.Process]string{}
		}
		for _, p := range list {
			if f.Suspended[p] == "" {
				f.Suspended[p] = fmt.Sprintf("User suspended at %s", fleet.Stamp(time.Now()))
			}
		}
		return nil
	})
	return &autoscaling.SuspendProcessesOutput{}, err
}

// ResumeProcesses takes that back.
func (r *Room) ResumeProcesses(ctx context.Context, in *autoscaling.ResumeProcessesInput) (*autoscaling.ResumeProcessesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "ScalingProcesses"); err != nil {
		return nil, err
	}
	list, err := named(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		f.Suspended = maps.Clone(f.Suspended)
		for _, p := range list {
			delete(f.Suspended, p)
		}
		return r.resumeRefresh(tx, *f)
	})
	return &autoscaling.ResumeProcessesOutput{}, err
}

// resumeRefresh has the time in which a refresh may replace nothing begin anew: it was only paused
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html).
func (r *Room) resumeRefresh(tx *store.Tx, f fleetRow) error {
	row, ok := r.refreshes.GetTx(tx, f.Refresh)
	if !ok || f.Refresh == "" {
		return nil
	}
	row.Resumed = time.Now().UTC()
	return r.refreshes.Put(tx, row.ID, row)
}

// DescribeScalingProcessTypes lists the processes.
func (r *Room) DescribeScalingProcessTypes(
	context.Context,
	*autoscaling.DescribeScalingProcessTypesInput,
) (*autoscaling.DescribeScalingProcessTypesOutput, error) {
	out := &autoscaling.DescribeScalingProcessTypesOutput{}
	for _, p := range processes {
		out.Processes = append(out.Processes, autoscalingtypes.ProcessType{ProcessName: new(string(p))})
	}
	return out, nil
}

// DescribeTerminationPolicyTypes lists the termination policies.
func (r *Room) DescribeTerminationPolicyTypes(
	context.Context,
	*autoscaling.DescribeTerminationPolicyTypesInput,
) (*autoscaling.DescribeTerminationPolicyTypesOutput, error) {
	return &autoscaling.DescribeTerminationPolicyTypesOutput{TerminationPolicyTypes: terminationPolicies}, nil
}

// DescribeAccountLimits tells the quotas, and how many of each there are.
func (r *Room) DescribeAccountLimits(context.Context, *autoscaling.DescribeAccountLimitsInput) (*autoscaling.DescribeAccountLimitsOutput, error) {
	return &autoscaling.DescribeAccountLimitsOutput{
		MaxNumberOfAutoScalingGroups: new(int32(r.Quota(groupsPerRegion))), NumberOfAutoScalingGroups: new(int32(r.fleets.Len())),
		MaxNumberOfLaunchConfigurations: new(int32(r.Quota(configurationsPerRegion))), NumberOfLaunchConfigurations: new(int32(r.configurations.Len())),
	}, nil
}
