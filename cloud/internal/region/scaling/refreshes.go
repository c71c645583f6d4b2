package scaling

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	refreshing  = autoscalingtypes.InstanceRefreshStatusInProgress
	rollingBack = autoscalingtypes.InstanceRefreshStatusRollbackInProgress
	cancelling  = autoscalingtypes.InstanceRefreshStatusCancelling
)

// byRequest is why a refresh is cancelled.
const byRequest = "Cancelled due to user request."

// refreshPatience is how long a refresh waits for instances that do not become healthy before it fails
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html). Shrunken, it stays long enough for
// instances that boot on a busy machine.
const (
	refreshPatience = time.Hour
	leastPatience   = 5 * time.Minute
)

// StartInstanceRefresh begins to replace a group's instances.
func (r *Room) StartInstanceRefresh(ctx context.Context, in *autoscaling.StartInstanceRefreshInput) (*autoscaling.StartInstanceRefreshOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "DesiredConfiguration", "Preferences", "Strategy"); err != nil {
		return nil, err
	}
	if in.Strategy != "" && in.Strategy != autoscalingtypes.RefreshStrategyRolling {
		return nil, wire.Errorf("UnsupportedOperation", "The strategy '%s' is not supported here: Rolling is.", in.Strategy)
	}
	if in.DesiredConfiguration != nil {
		if err := r.checkProfiles(in.DesiredConfiguration.LaunchTemplate, in.DesiredConfiguration.MixedInstancesPolicy); err != nil {
			return nil, err
		}
	}
	var id string
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		if f.Refresh != "" {
			return wire.Errorf("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
		}
		row := refreshRow{ID: room.NewUUID(), Group: f.Name, Started: time.Now().UTC(), Status: refreshing}
		if err := row.prefer(*f, in.Preferences); err != nil {
			return err
		}
		if err := r.refreshSource(tx, &row, *f, in.DesiredConfiguration); err != nil {
			return err
		}
		if why := r.irreversible(tx, row, *f); row.AutoRollback && why != "" {
			return invalid("AutoRollback cannot be enabled: %s.", why)
		}
		id, f.Refresh = row.ID, row.ID
		return r.refreshes.Put(tx, row.ID, row)
	})
	return &autoscaling.StartInstanceRefreshOutput{InstanceRefreshId: &id}, err
}

// refreshSource sets what a refresh replaces instances by: versions are fixed at its start.
func (r *Room) refreshSource(tx *store.Tx, row *refreshRow, f fleetRow, want *autoscalingtypes.DesiredConfiguration) (err error) {
	if want == nil {
		row.Source, err = r.exactSource(tx, r.sourceOf(tx, f))
		return err
	}
	if err := room.Only(want, "LaunchTemplate", "MixedInstancesPolicy"); err != nil {
		return err
	}
	var desired source
	switch {
	case (want.LaunchTemplate == nil) == (want.MixedInstancesPolicy == nil):
		return invalid("The desired configuration must have either a launch template or a mixed instances policy.")
	case want.LaunchTemplate != nil:
		desired.Template, _, err = r.resolveTemplate(tx, want.LaunchTemplate)
	default:
		desired, err = r.newSource(tx, r.sourceOf(tx, f), want.MixedInstancesPolicy)
	}
	if err != nil {
		return err
	}
	row.Desired = &desired
	row.Source, err = r.exactSource(tx, desired)
	return err
}

// endRefresh ends the refresh under way, if any; the caller writes the group.
func (r *Room) endRefresh(tx *store.Tx, f *fleetRow, status autoscalingtypes.InstanceRefreshStatus, reason string) error {
	row, ok := r.refreshes.GetTx(tx, f.Refresh)
	f.Refresh = ""
	if !ok {
		return nil
	}
	left, percent := r.refreshProgress(row, r.observed(ofGroup(r.members.AllTx(tx), f.Name)))
	row.Status, row.Reason, row.End, row.Left, row.Percent = status, reason, time.Now().UTC(), int32(left), int32(percent)
	if status == autoscalingtypes.InstanceRefreshStatusSuccessful && row.Desired != nil {
		f.Template, f.Mixed, f.Configuration, f.Exhausted = row.Desired.Template, row.Desired.Mixed, "", nil
	}
	return r.refreshes.Put(tx, row.ID, row)
}

// completeRefresh ends the refresh under way with success, or its rollback.
func (r *Room) completeRefresh(tx *store.Tx, f *fleetRow) error {
	status := autoscalingtypes.InstanceRefreshStatusSuccessful
	if row, _ := r.refreshes.GetTx(tx, f.Refresh); row.Rollback != nil {
		status = autoscalingtypes.InstanceRefreshStatusRollbackSuccessful
	}
	return r.endRefresh(tx, f, status, "")
}

// failRefresh ends a refresh for a reason, or because its instances do not become healthy, or rolls it back where that was asked for.
func (r *Room) failRefresh(tx *store.Tx, f *fleetRow, why string) error {
	why = cmp.Or(why, "Instances did not become healthy in time.")
	row, _ := r.refreshes.GetTx(tx, f.Refresh)
	switch {
	case row.Rollback != nil:
		return r.endRefresh(tx, f, autoscalingtypes.InstanceRefreshStatusRollbackFailed, why)
	case row.AutoRollback && r.irreversible(tx, row, *f) == "":
		return r.rollBack(tx, f, row, "The instance refresh failed. "+why)
	}
	return r.endRefresh(tx, f, autoscalingtypes.InstanceRefreshStatusFailed, why)
}

// irreversible tells why a refresh cannot be rolled back, or nothing where it can
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html).
func (r *Room) irreversible(tx *store.Tx, row refreshRow, f fleetRow) string {
	switch {
	case row.Desired == nil:
		return "the instance refresh has no desired configuration"
	case f.Configuration != "":
		return "the Auto Scaling group uses a launch configuration"
	case f.Template.Version == "" || strings.HasPrefix(f.Template.Version, "$"):
		return "the Auto Scaling group uses $Latest or $Default as the version of its launch template"
	}
	if f.Mixed != nil && slices.ContainsFunc(f.Mixed.Overrides, func(o override) bool { return o.Template != nil && strings.HasPrefix(o.Template.Version, "$") }) {
		return "the Auto Scaling group uses $Latest or $Default as the version of a launch template of its overrides"
	}
	t, err := r.machines.Template(tx, &f.Template.ID, nil, &f.Template.Version)
	if err == nil && t.ByParameter {
		return "the Auto Scaling group has a launch template that uses a Systems Manager parameter instead of an AMI ID"
	}
	return ""
}

// rollBack turns a refresh round: from now on it replaces what it has replaced by what the group itself is set to.
func (r *Room) rollBack(tx *store.Tx, f *fleetRow, row refreshRow, reason string) error {
	before, err := r.exactSource(tx, r.sourceOf(tx, *f))
	if err != nil {
		return err
	}
	left, percent := r.refreshProgress(row, r.observed(ofGroup(r.members.AllTx(tx), f.Name)))
	row.Rollback = &rollback{Began: time.Now().UTC(), Reason: reason, Left: int32(left), Percent: int32(percent)}
	row.Status, row.Source, row.SkipMatching, row.Baking = rollingBack, before, true, time.Time{}
	return r.refreshes.Put(tx, row.ID, row)
}

// RollbackInstanceRefresh cancels the refresh under way and replaces again what it has replaced.
func (r *Room) RollbackInstanceRefresh(ctx context.Context, in *autoscaling.RollbackInstanceRefreshInput) (*autoscaling.RollbackInstanceRefreshOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName"); err != nil {
		return nil, err
	}
	var id string
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		row, ok := r.refreshes.GetTx(tx, f.Refresh)
		if !ok || row.Rollback != nil || row.Status == cancelling {
			return wire.Errorf("ActiveInstanceRefreshNotFound", "No in progress Instance Refresh found for Auto Scaling group %s", f.Name)
		}
		if why := r.irreversible(tx, row, *f); why != "" {
			return wire.Errorf("IrreversibleInstanceRefresh", "The instance refresh cannot be rolled back: %s.", why)
		}
		id = row.ID
		return r.rollBack(tx, f, row, "Rolled back due to user request.")
	})
	return &autoscaling.RollbackInstanceRefreshOutput{InstanceRefreshId: &id}, err
}

func (r *Room) refreshProgress(row refreshRow, members []fleet.Instance) (left, percent int) {
	return r.decidable(row).Progress(members, time.Now())
}

func (r *Room) decidable(row refreshRow) *fleet.Refresh {
	group, _ := r.fleets.Get(row.Group)
	began := row.Started
	if row.Rollback != nil {
		began = row.Rollback.Began
	}
	seconds := func(n int32) time.Duration { return r.Speed.Of(time.Duration(n) * time.Second) }
	out := &fleet.Refresh{
		Started: began, Range: row.Range, Warmup: r.bootTime(row.Warmup), Patience: max(r.Speed.Of(refreshPatience), leastPatience),
		Versions: row.Source.versions(), SkipMatching: row.SkipMatching, ELB: strings.Contains(group.HealthCheckType, "ELB"),
		Protected: string(row.Protected), Standby: string(row.Standby), Bake: seconds(row.Bake), Baking: row.Baking,
		Resumed: row.Resumed,
	}
	if row.Rollback == nil { // which goes back at once
		out.Passed, out.Since, out.Delay = row.Passed, row.Since, seconds(row.Delay)
		for _, percent := range row.Checkpoints {
			out.Checkpoints = append(out.Checkpoints, int(percent))
		}
	}
	return out
}

// CancelInstanceRefresh stops replacing; what has been replaced stays so. Launches and terminations that are under way are waited for, unless
// the call says not to.
func (r *Room) CancelInstanceRefresh(ctx context.Context, in *autoscaling.CancelInstanceRefreshInput) (*autoscaling.CancelInstanceRefreshOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "WaitForTransitioningInstances"); err != nil {
		return nil, err
	}
	var id string
	err := r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		row, ok := r.refreshes.GetTx(tx, f.Refresh)
		if id = f.Refresh; !ok || id == "" {
			return wire.Errorf("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group %s", f.Name)
		}
		waits := in.WaitForTransitioningInstances == nil || *in.WaitForTransitioningInstances
		if waits && slices.ContainsFunc(ofGroup(r.members.AllTx(tx), f.Name), memberRow.transitions) {
			row.Status = cancelling
			return r.refreshes.Put(tx, row.ID, row)
		}
		return r.endRefresh(tx, f, autoscalingtypes.InstanceRefreshStatusCancelled, byRequest)
	})
	return &autoscaling.CancelInstanceRefreshOutput{InstanceRefreshId: &id}, err
}

// transitions tells whether a member is on its way into service, or out of the group by termination.
func (m memberRow) transitions() bool {
	return m.State == fleet.Pending || m.State == fleet.Terminating
}

// DescribeInstanceRefreshes lists a group's refreshes, the latest first.
func (r *Room) DescribeInstanceRefreshes(
	ctx context.Context,
	in *autoscaling.DescribeInstanceRefreshesInput,
) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "InstanceRefreshIds", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	name := room.Deref(in.AutoScalingGroupName)
	if _, ok := r.fleets.Get(name); !ok {
		return nil, missingFleet(name)
	}
	rows := slices.DeleteFunc(r.refreshes.All(), func(f refreshRow) bool {
		return f.Group != name || len(in.InstanceRefreshIds) > 0 && !slices.Contains(in.InstanceRefreshIds, f.ID)
	})
	latest := func(f refreshRow) string { return fmt.Sprintf("%020d %s", math.MaxInt64-f.Started.UnixNano(), f.ID) }
	rows, next, err := page(rows, latest, in.MaxRecords, in.NextToken, 50, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeInstanceRefreshesOutput{NextToken: next}
	for _, f := range rows {
		out.InstanceRefreshes = append(out.InstanceRefreshes, r.showRefresh(f))
	}
	return out, nil
}

func (r *Room) showRefresh(f refreshRow) autoscalingtypes.InstanceRefresh {
	left, percent := int(f.Left), int(f.Percent)
	if f.End.IsZero() {
		left, percent = r.refreshProgress(f, r.observed(r.membersOf(f.Group)))
	}
	out := autoscalingtypes.InstanceRefresh{
		AutoScalingGroupName: new(f.Group), InstanceRefreshId: new(f.ID), StartTime: new(f.Started), Status: f.Status, StatusReason: room.Some(f.Reason),
		Strategy: autoscalingtypes.RefreshStrategyRolling, InstancesToUpdate: new(int32(left)), PercentageComplete: new(int32(percent)),
		Preferences: f.preferences(),
		ProgressDetails: &autoscalingtypes.InstanceRefreshProgressDetails{LivePoolProgress: &autoscalingtypes.InstanceRefreshLivePoolProgress{
			InstancesToUpdate: new(int32(left)), PercentageComplete: new(int32(percent)),
		}},
	}
	if f.Desired != nil {
		template, mixed := f.Desired.show()
		out.DesiredConfiguration = &autoscalingtypes.DesiredConfiguration{LaunchTemplate: template, MixedInstancesPolicy: mixed}
	}
	if b := f.Rollback; b != nil {
		out.RollbackDetails = &autoscalingtypes.RollbackDetails{
			RollbackReason: new(b.Reason), RollbackStartTime: new(b.Began),
			InstancesToUpdateOnRollback: new(b.Left), PercentageCompleteOnRollback: new(b.Percent),
			ProgressDetailsOnRollback: &autoscalingtypes.InstanceRefreshProgressDetails{LivePoolProgress: &autoscalingtypes.InstanceRefreshLivePoolProgress{
				InstancesToUpdate: new(b.Left), PercentageComplete: new(b.Percent),
			}},
		}
	}
	if !f.End.IsZero() {
		out.EndTime = new(f.End)
	}
	return out
}
