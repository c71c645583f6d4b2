package plan

import (
	"context"

	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// alias has a side's failover record follow its health check alone while two target groups stand behind its load balancer. The
// alias itself takes a load balancer for unhealthy if any of its target groups has no healthy target, one without targets too
// (AliasTarget, EvaluateTargetHealth, in the Route 53 API Reference): the new target group, whose targets are still to come, would
// send the users to the other region, and so would the old one, whose targets are gone. The health check asks as users do, and
// goes on to move them if the region fails.
type alias struct {
	resource.Scope
	group   *balancing.TargetGroup
	records *records // a reading of its own
}

// Foreign says that there is nothing to delete: it is a setting of the records.
func (a *alias) Foreign() bool { return true }
func (a *alias) Momentary()    {}
func (a *alias) Worldwide()    {}

// Find reads the records only during a replacement, which is rare.
func (a *alias) Find(ctx context.Context) (bool, error) {
	a.records.seen = nil
	if len(a.group.Earlier) == 0 {
		return true, nil
	}
	return true, a.records.look(ctx)
}

func (a *alias) record() (route53types.ResourceRecordSet, bool) {
	set, ok := a.records.seen[a.Side]
	return set, ok && set.AliasTarget != nil
}

func (a *alias) Desired() []resource.Field {
	if _, ok := a.record(); !ok {
		return nil
	}
	return []resource.Field{{Name: "target health", Value: resource.Yes(false)}}
}

func (a *alias) Actual() []resource.Field {
	set, ok := a.record()
	return []resource.Field{{Name: "target health", Value: resource.Yes(ok && set.AliasTarget.EvaluateTargetHealth)}}
}

func (a *alias) Create(context.Context) error { return nil }
func (a *alias) Remove(context.Context) error { return nil }
func (a *alias) Change(ctx context.Context, _ []resource.Difference) error {
	return a.evaluate(ctx, false)
}

// evaluate sets whether the record follows the target groups too. It reads the record again, since all else of it stays.
func (a *alias) evaluate(ctx context.Context, is bool) error {
	if err := a.records.look(ctx); err != nil {
		return err
	}
	set, ok := a.record()
	if !ok || set.AliasTarget.EvaluateTargetHealth == is {
		return nil
	}
	target := *set.AliasTarget
	target.EvaluateTargetHealth = is
	set.AliasTarget = &target
	return a.records.submit(ctx, []route53types.Change{{Action: route53types.ChangeActionUpsert, ResourceRecordSet: &set}})
}

var _ resource.Resource = (*alias)(nil)
