package failover

import (
	"context"

	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// Alias has a side's failover record follow its health check alone while two target groups stand behind its load balancer. The
// alias itself takes a load balancer for unhealthy if any of its target groups has no healthy target, one without targets too
// (AliasTarget, EvaluateTargetHealth, in the Route 53 API Reference): the new target group, whose targets are still to come, would
// send the users to the other region, and so would the old one, whose targets are gone. The health check asks as users do, and
// goes on to move them if the region fails.
type Alias struct {
	resource.Scope
	Group   *balancing.TargetGroup
	Records *Records // a reading of its own
}

// Foreign says that there is nothing to delete: it is a setting of the records.
func (a *Alias) Foreign() bool { return true }
func (a *Alias) Momentary()    {}
func (a *Alias) Worldwide()    {}

// Find reads the records only during a replacement, which is rare.
func (a *Alias) Find(ctx context.Context) (bool, error) {
	a.Records.Seen = nil
	if len(a.Group.Earlier) == 0 {
		return true, nil
	}
	return true, a.Records.Look(ctx)
}

func (a *Alias) record() (route53types.ResourceRecordSet, bool) {
	set, ok := a.Records.Seen[a.Side]
	return set, ok && set.AliasTarget != nil
}

func (a *Alias) Desired() []resource.Field {
	if _, ok := a.record(); !ok {
		return nil
	}
	return []resource.Field{{Name: "target health", Value: resource.Yes(false)}}
}

func (a *Alias) Actual() []resource.Field {
	set, ok := a.record()
	return []resource.Field{{Name: "target health", Value: resource.Yes(ok && set.AliasTarget.EvaluateTargetHealth)}}
}

func (a *Alias) Create(context.Context) error { return nil }
func (a *Alias) Remove(context.Context) error { return nil }
func (a *Alias) Change(ctx context.Context, _ []resource.Difference) error {
	return a.Evaluate(ctx, false)
}

// Evaluate sets whether the record follows the target groups too. It reads the record again, since all else of it stays.
func (a *Alias) Evaluate(ctx context.Context, is bool) error {
	if err := a.Records.Look(ctx); err != nil {
		return err
	}
	set, ok := a.record()
	if !ok || set.AliasTarget.EvaluateTargetHealth == is {
		return nil
	}
	target := *set.AliasTarget
	target.EvaluateTargetHealth = is
	set.AliasTarget = &target
	return a.Records.submit(ctx, []route53types.Change{{Action: route53types.ChangeActionUpsert, ResourceRecordSet: &set}})
}

var _ resource.Resource = (*Alias)(nil)
