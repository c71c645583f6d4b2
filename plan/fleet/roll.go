package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// How the instances of a group are replaced: by an instance refresh whose desired configuration is the wanted version.
// The group itself keeps its version until the refresh succeeds, so that scaling and a rollback know what is proven
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html).

// refreshTime bounds the wait for another refresh to end: one may wait an hour for a single instance.
const refreshTime = 3 * time.Hour

// roll makes every instance be of the template's version, and returns once they all serve.
func (f *Fleet) roll(ctx context.Context) error {
	want := f.Template.Exact()
	if f.running == nil && (f.versionsOf(f.Was) == f.Template.Label(want) || f.Dark() && len(f.Was.Instances) == 0) {
		return f.setTemplate(ctx, want) // the instances are as wanted, or there are none; the group is not
	}
	f.rolled = true
	id, err := f.refresh(ctx, want, f.preferences())
	if account.IsUnsupported(err) {
		if err := f.setTemplate(ctx, want); err != nil {
			return err
		}
		return fmt.Errorf("the new template is in place, but this endpoint cannot replace the old instances; terminate them one by one: %w", err)
	}
	if err != nil {
		return err
	}
	return f.arrive(ctx, arrival{want: want, refresh: id})
}

// manyLosses is for waits that only their patience ends.
const manyLosses = 1000

// reversible tells whether AWS can roll a refresh back by itself: to a numbered version.
func (f *Fleet) reversible() bool { return f.before().Numbered() }

// before returns the version that the group had when it was found.
func (f *Fleet) before() machines.Version { return machines.VersionOf(f.Was.LaunchTemplate) }

func (f *Fleet) setTemplate(ctx context.Context, v machines.Version) error {
	_, err := f.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(f.FleetName()), LaunchTemplate: v.Launch(),
	})
	if err != nil {
		return fmt.Errorf("update auto scaling group: %w", err)
	}
	return nil
}

// refresh starts a refresh to a version, or finds the one to it that runs, and returns its id. Another one is cancelled,
// or waited for where it ends by itself.
func (f *Fleet) refresh(ctx context.Context, want machines.Version, how *autoscalingtypes.RefreshPreferences) (id string, err error) {
	told := ""
	err = account.Poll(ctx, "the end of another instance refresh", refreshTime, func(ctx context.Context) (bool, error) {
		r, err := f.refreshing(ctx)
		if err != nil {
			return false, err
		}
		if r == nil {
			id, err = f.startRefresh(ctx, want, how)
			if account.IsCode(err, "InstanceRefreshInProgress") || account.IsLost(err) {
				return false, nil // the next look shows which it is: another, or this one
			}
			return err == nil, err
		}
		if told != aws.ToString(r.InstanceRefreshId) {
			told = aws.ToString(r.InstanceRefreshId)
			resource.Note(ctx, "instance refresh %s is under way: %s", f.refreshText(r), f.dealWith(r, want))
		}
		switch f.dealWith(r, want) {
		case continued:
			id = told
			return true, nil
		case cancelled:
			return false, f.cancelRefresh(ctx)
		}
		return false, nil
	})
	return id, err
}

// What is done with a refresh that is found under way.
const (
	continued = "it does what is wanted, and is waited for"
	cancelled = "it is cancelled"
	awaitEnd  = "its end is waited for"
)

func (f *Fleet) dealWith(r *autoscalingtypes.InstanceRefresh, want machines.Version) string {
	switch r.Status {
	case autoscalingtypes.InstanceRefreshStatusCancelling, autoscalingtypes.InstanceRefreshStatusRollbackInProgress:
		return awaitEnd
	}
	if f.refreshTarget(r) == want {
		return continued
	}
	return cancelled
}

// refreshTarget returns the version that a refresh brings: without one of its own, the group's.
func (f *Fleet) refreshTarget(r *autoscalingtypes.InstanceRefresh) machines.Version {
	if c := r.DesiredConfiguration; c != nil && c.LaunchTemplate != nil {
		return machines.VersionOf(c.LaunchTemplate)
	}
	return f.before()
}

// refreshText names a refresh for a person.
func (f *Fleet) refreshText(r *autoscalingtypes.InstanceRefresh) string {
	text := fmt.Sprintf("%s to version %s, %s", aws.ToString(r.InstanceRefreshId), f.Template.Label(f.refreshTarget(r)), r.Status)
	if r.PercentageComplete != nil {
		text += fmt.Sprintf(" %d %%", *r.PercentageComplete)
	}
	return text
}

// preferences are the declared ones of a refresh to a new version.
func (f *Fleet) preferences() *autoscalingtypes.RefreshPreferences {
	r, how := f.Declared.Fleet.Refresh, f.reversal()
	how.AutoRollback, how.InstanceWarmup = aws.Bool(f.reversible()), unlessZero(r.WarmUp)
	for _, percent := range r.Checkpoints {
		how.CheckpointPercentages, how.CheckpointDelay = append(how.CheckpointPercentages, int32(percent)), aws.Int32(int32(r.CheckpointDelay))
	}
	return how
}

// reversal are those of a refresh to a version that is proven, which pauses nowhere. With a minimum of 100 %, all that serves is kept until
// its successor does: AWS launches before it terminates (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html).
func (f *Fleet) reversal() *autoscalingtypes.RefreshPreferences {
	r := f.Declared.Fleet.Refresh
	return &autoscalingtypes.RefreshPreferences{
		MinHealthyPercentage: aws.Int32(int32(r.MinHealthy)), MaxHealthyPercentage: unlessZero(r.MaxHealthy),
		SkipMatching: aws.Bool(true), AutoRollback: aws.Bool(false),
	}
}

func (f *Fleet) startRefresh(ctx context.Context, want machines.Version, how *autoscalingtypes.RefreshPreferences) (string, error) {
	out, err := f.AutoScaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: aws.String(f.FleetName()),
		DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{LaunchTemplate: want.Launch()},
		Preferences:          how,
	})
	if err != nil {
		return "", fmt.Errorf("start instance refresh: %w", err)
	}
	return aws.ToString(out.InstanceRefreshId), nil
}

func (f *Fleet) cancelRefresh(ctx context.Context) error {
	_, err := f.AutoScaling.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: aws.String(f.FleetName())})
	if err != nil && !account.IsCode(err, "ActiveInstanceRefreshNotFound") {
		return fmt.Errorf("cancel instance refresh: %w", err)
	}
	return nil
}

// refreshing returns the refresh under way, or nil.
func (f *Fleet) refreshing(ctx context.Context) (*autoscalingtypes.InstanceRefresh, error) {
	refreshes, err := f.describeRefreshes(ctx)
	for _, r := range refreshes {
		if !refreshEnded(r.Status) {
			return &r, nil
		}
	}
	return nil, err
}

func (f *Fleet) describeRefreshes(ctx context.Context, ids ...string) ([]autoscalingtypes.InstanceRefresh, error) {
	out, err := f.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: aws.String(f.FleetName()), InstanceRefreshIds: ids,
	})
	switch {
	case account.IsUnsupported(err), account.IsNotFound(err): // none can run; or the group is gone
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe instance refreshes: %w", err)
	}
	return out.InstanceRefreshes, nil
}

func refreshEnded(s autoscalingtypes.InstanceRefreshStatus) bool {
	switch s {
	case autoscalingtypes.InstanceRefreshStatusPending, autoscalingtypes.InstanceRefreshStatusInProgress, autoscalingtypes.InstanceRefreshStatusBaking,
		autoscalingtypes.InstanceRefreshStatusCancelling, autoscalingtypes.InstanceRefreshStatusRollbackInProgress:
		return false
	}
	return true
}

// Undo brings back the version from before where the new one does not come to serve, and tells both. Any other error,
// a refused call for one, says nothing about the instances: what was begun goes on, and the next run with it.
func (f *Fleet) Undo(ctx context.Context, cause error) error {
	var ill *resource.NotServing
	if !errors.As(cause, &ill) || !f.rolled {
		return cause
	}
	f.rolled = false
	before := f.before()
	if !before.Numbered() {
		return fmt.Errorf("%w\nnot rolled back: the group used %s of its template, which is no version to go back to", cause, before.Number)
	}
	resource.Note(ctx, "%s does not come to serve; rolling back to version %s", f.FleetName(), f.Template.Label(before))
	said, err := f.rollBack(ctx, before)
	if err != nil {
		return fmt.Errorf("%w\nrolling back to version %s failed: %w", cause, f.Template.Label(before), err)
	}
	if f.Second != "" {
		said += "; the " + string(f.Second) + " fleet was not touched"
	}
	return fmt.Errorf("%w\n%s", cause, said)
}

// rollBack restores the settings and then the instances: those that were given too little time to boot need the settings
// from before.
func (f *Fleet) rollBack(ctx context.Context, before machines.Version) (said string, err error) {
	if err := f.restore(ctx); err != nil {
		return "", err
	}
	id, err := f.reverse(ctx, before)
	if err != nil {
		return "", err
	}
	if err := f.arrive(ctx, arrival{want: before, refresh: id, forgives: manyLosses}); err != nil {
		return "", err
	}
	if err := f.Template.GiveUp(ctx, f.Template.Exact()); err != nil {
		return "", err
	}
	return fmt.Sprintf("rolled back by instance refresh %s: all instances are of version %s again, and healthy", id, f.Template.Label(before)), nil
}

// restore gives the group the settings that it was found with.
func (f *Fleet) restore(ctx context.Context) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:   f.Was.AutoScalingGroupName,
		MinSize:                f.Was.MinSize,
		MaxSize:                f.Was.MaxSize,
		HealthCheckType:        f.Was.HealthCheckType,
		HealthCheckGracePeriod: f.Was.HealthCheckGracePeriod,
		VPCZoneIdentifier:      f.Was.VPCZoneIdentifier,
		TerminationPolicies:    f.Was.TerminationPolicies,
	}
	if f.Declared.Fleet.WarmUp != int(aws.ToInt32(f.Was.DefaultInstanceWarmup)) {
		in.DefaultInstanceWarmup = cmp.Or(f.Was.DefaultInstanceWarmup, aws.Int32(-1))
	}
	if f.Declared.Fleet.MaxLifetime != int(aws.ToInt32(f.Was.MaxInstanceLifetime)) {
		in.MaxInstanceLifetime = cmp.Or(f.Was.MaxInstanceLifetime, aws.Int32(0))
	}
	if _, err := f.AutoScaling.UpdateAutoScalingGroup(ctx, in); err != nil {
		return fmt.Errorf("restore the settings of %s: %w", f.FleetName(), err)
	}
	return nil
}

// reverse has AWS roll back the refresh under way. One that is over, or that AWS does not roll back, is followed by
// another to the version from before.
func (f *Fleet) reverse(ctx context.Context, before machines.Version) (id string, err error) {
	out, err := f.AutoScaling.RollbackInstanceRefresh(ctx, &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: aws.String(f.FleetName())})
	switch {
	case err == nil:
		return aws.ToString(out.InstanceRefreshId), nil
	case !account.IsLost(err) && !account.IsUnsupported(err) && !account.IsCode(err, "ActiveInstanceRefreshNotFound", "IrreversibleInstanceRefresh"):
		return "", fmt.Errorf("roll back instance refresh: %w", err)
	}
	r, err := f.refreshing(ctx)
	if err != nil {
		return "", err
	}
	if r != nil && r.Status == autoscalingtypes.InstanceRefreshStatusRollbackInProgress {
		return aws.ToString(r.InstanceRefreshId), nil // AWS began it by itself
	}
	return f.refresh(ctx, before, f.reversal())
}

// Succeeds counts the time until the new instances serve, which are launched together, and until the old have finished their requests.
func (f *Fleet) Succeeds() string {
	if len(f.Predecessors()) == 0 {
		return ""
	}
	var names []string
	for _, one := range f.Predecessors() {
		names = append(names, one.FleetName())
	}
	t := f.Declared.Target
	all := machines.BootTime + time.Duration(t.Healthy*t.Interval+t.DeregistrationDelay)*time.Second
	return fmt.Sprintf("%d instances of %s, all at once: as many of %s are made beside them, and those go when these serve; about %v",
		f.Begins(), strings.Join(names, " and "), f.FleetName(), max(all.Round(time.Minute), time.Minute))
}

func (f *Fleet) Replaces(differences []resource.Difference) string {
	if !resource.Differs(differences, "instances' version") {
		return ""
	}
	t, n := f.Declared.Target, f.Declared.Size(f.Side).Desired
	each := machines.BootTime + time.Duration(t.Healthy*t.Interval+t.DeregistrationDelay)*time.Second
	r := f.Declared.Fleet.Refresh
	all := time.Duration(n)*(each+time.Duration(r.WarmUp)*time.Second) + time.Duration(r.Pauses())*time.Second
	return fmt.Sprintf("%d instances, %s; about %v", n, r, all.Round(time.Minute))
}
