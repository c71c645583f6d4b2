package fleet

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// arrival judges whether a group's instances of one version come to serve. It is pure: what is seen and the time go in.
type arrival struct {
	want     machines.Version
	refresh  string        // the id of the refresh that brings them, empty for none
	forgives int           // how many instances may be lost that never were healthy
	patience time.Duration // how long it may take until one more is healthy
	condemns time.Duration // how long the first may be unhealthy, 0 for as long as patience lasts

	last time.Time       // when it began, or one more became healthy
	most int             // were healthy at once
	well map[string]bool // instances of the version: whether they ever were healthy
	lost []string        // those that went and never were
	ill  time.Time       // since when some are unhealthy and none ever was healthy; zero where that is not so
}

// sight is a group at a moment.
type sight struct {
	group    *autoscalingtypes.AutoScalingGroup
	states   map[string]*balancing.TargetState
	refresh  *autoscalingtypes.InstanceRefresh // nil where there is none to see
	failures []autoscalingtypes.Activity       // launches that failed since the arrival began
}

// judge tells whether all instances are there and healthy, and why they never will be.
func (a *arrival) judge(s sight, now time.Time) (done bool, err error) {
	if a.well == nil {
		a.well, a.last = map[string]bool{}, now
	}
	healthy, others := a.count(s)
	if healthy > a.most {
		a.most, a.last = healthy, now
	}
	a.watchFirst(s, now)
	if healthy >= int(aws.ToInt32(s.group.DesiredCapacity)) && others == 0 && a.over(s.refresh) {
		return true, nil
	}
	return false, a.hopeless(s, now)
}

// watchFirst notes since when the first instances are unhealthy. Auto Scaling does not replace them: it waits until one target has
// passed a check (DescribeLoadBalancerTargetGroups in the Auto Scaling API Reference: the state InService).
func (a *arrival) watchFirst(s sight, now time.Time) {
	unhealthy := func(t *balancing.TargetState) bool {
		return t != nil && t.State == elbtypes.TargetHealthStateEnumUnhealthy
	}
	switch {
	case a.most > 0 || !slices.ContainsFunc(slices.Collect(maps.Values(s.states)), unhealthy):
		a.ill = time.Time{}
	case a.ill.IsZero():
		a.ill = now
	}
}

// count returns how many instances of the version are healthy, and how many instances are not, or of another version.
func (a *arrival) count(s sight) (healthy, others int) {
	there := map[string]bool{}
	for _, i := range s.group.Instances {
		id := aws.ToString(i.InstanceId)
		if onItsWayOut(i.LifecycleState) {
			continue
		}
		ok := i.LifecycleState == autoscalingtypes.LifecycleStateInService && aws.ToString(i.HealthStatus) == "Healthy" && s.states[id].Healthy()
		if machines.VersionOf(i.LaunchTemplate) == a.want {
			there[id] = true
			a.well[id] = a.well[id] || ok
		}
		if there[id] && ok {
			healthy++
		} else {
			others++
		}
	}
	for id, well := range a.well {
		if !there[id] && !well && !slices.Contains(a.lost, id) {
			a.lost = append(a.lost, id)
		}
	}
	return healthy, others
}

// progress tells how far the arrival is, and what the load balancer finds of an instance that is not there yet.
func (a *arrival) progress(s sight) string {
	healthy, one := 0, ""
	for _, i := range s.group.Instances {
		id := aws.ToString(i.InstanceId)
		switch {
		case machines.VersionOf(i.LaunchTemplate) != a.want || onItsWayOut(i.LifecycleState):
		case s.states[id].Healthy():
			healthy++
		default:
			one = fmt.Sprintf("; %s is %s", id, cmp.Or(s.states[id].String(), string(i.LifecycleState)))
		}
	}
	return fmt.Sprintf("%d of %d instances of template version %s are healthy%s", healthy, aws.ToInt32(s.group.DesiredCapacity), a.want.Number, one)
}

// over tells whether the refresh is done, if there is one.
func (a *arrival) over(r *autoscalingtypes.InstanceRefresh) bool {
	if r == nil {
		return a.refresh == ""
	}
	return r.Status == autoscalingtypes.InstanceRefreshStatusSuccessful || r.Status == autoscalingtypes.InstanceRefreshStatusRollbackSuccessful
}

// hopeless returns an error where waiting longer is in vain.
func (a *arrival) hopeless(s sight, now time.Time) error {
	if r := s.refresh; r != nil && refreshEnded(r.Status) && !a.over(r) {
		err := fmt.Errorf("instance refresh %s is %s: %s", a.refresh, r.Status, aws.ToString(r.StatusReason))
		if r.Status == autoscalingtypes.InstanceRefreshStatusCancelled {
			return err // by somebody, who may have a reason
		}
		return &resource.NotServing{Cause: err}
	}
	const forgivenLaunches = 1 // a zone may have no room for a moment
	switch {
	case len(a.lost) > a.forgives:
		return &resource.NotServing{Cause: fmt.Errorf("instance %s of template version %s was taken out of service before it was healthy", a.lost[len(a.lost)-1],
			a.want.Number)}
	case len(s.failures) > a.forgives+forgivenLaunches:
		return &resource.NotServing{Cause: fmt.Errorf("%d launches of template version %s failed", len(s.failures), a.want.Number)}
	case a.condemns > 0 && !a.ill.IsZero() && now.Sub(a.ill) > a.condemns:
		return &resource.NotServing{Cause: fmt.Errorf("no instance of template version %s is healthy, and the load balancer finds them unhealthy for %v",
			a.want.Number, a.condemns)}
	case now.Sub(a.last) > a.patience:
		return &resource.NotServing{Cause: fmt.Errorf("%d of %d instances of template version %s are healthy, and for %v none more became so",
			a.most, aws.ToInt32(s.group.DesiredCapacity), a.want.Number, a.patience)}
	}
	return nil
}

// arrive waits until all instances of a version are there and healthy. Where they do not come, the error says why.
func (f *Fleet) arrive(ctx context.Context, a arrival) error {
	a.patience = resource.LongTime + f.pauses()
	began := time.Now()
	evidence := &evidence{fleet: f, version: a.want, since: began, targets: map[string]string{}, consoles: map[string]string{}}
	const never = 365 * 24 * time.Hour // the arrival has a patience of its own
	err := account.Poll(ctx, fmt.Sprintf("instances of template version %s", f.Template.Label(a.want)), never, func(ctx context.Context) (bool, error) {
		s, err := f.sight(ctx, a.refresh, began)
		if err != nil {
			return false, err
		}
		evidence.gather(ctx, s)
		done, err := a.judge(s, time.Now())
		account.Tell(ctx, a.progress(s))
		return done, err
	})
	if len(a.lost) > 0 {
		evidence.suspect = a.lost[len(a.lost)-1]
	}
	return f.explain(ctx, err, evidence)
}

// pauses is how long an arrival may stand still on purpose.
func (f *Fleet) pauses() time.Duration {
	d := f.Declared.Fleet
	still := max(d.Grace, d.WarmUp, d.Refresh.WarmUp)
	if len(d.Refresh.Checkpoints) > 0 {
		still += d.Refresh.CheckpointDelay
	}
	return time.Duration(still) * time.Second
}

// sight looks at the group.
func (f *Fleet) sight(ctx context.Context, refresh string, since time.Time) (s sight, err error) {
	var (
		all                          sync.WaitGroup
		refreshes                    []autoscalingtypes.InstanceRefresh
		noGroup, noTargets, noStatus error
	)
	all.Go(func() { s.group, noGroup = f.there(ctx) })
	all.Go(func() { s.states, noTargets = f.Group.States(ctx) })
	if refresh != "" {
		all.Go(func() { refreshes, noStatus = f.describeRefreshes(ctx, refresh) })
	}
	all.Wait()
	if err := cmp.Or(noGroup, noTargets, noStatus); err != nil {
		return s, err
	}
	for _, r := range refreshes {
		s.refresh = &r
	}
	if len(s.group.Instances) < int(aws.ToInt32(s.group.DesiredCapacity)) {
		activities, err := f.activities(ctx, since)
		if err != nil {
			return s, err
		}
		s.failures = slices.DeleteFunc(activities, func(x autoscalingtypes.Activity) bool {
			return x.StatusCode != autoscalingtypes.ScalingActivityStatusCodeFailed
		})
	}
	return s, nil
}
