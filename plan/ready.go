package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// targets waits until the load balancer finds as many of the fleet's instances healthy as the group is to have now.
type targets struct {
	resource.Scope
	group   *balancing.TargetGroup
	fleet   *fleet
	healthy int
	want    int
	ill     []string // each instance that is not healthy, with its state and reason
}

func (t *targets) Awaited() {}
func (t *targets) Desired() []resource.Field {
	return []resource.Field{{Name: "all targets healthy", Value: resource.Yes(true)}}
}
func (t *targets) Actual() []resource.Field {
	return []resource.Field{{Name: "all targets healthy", Value: resource.Yes(t.enough())}}
}

func (t *targets) Find(ctx context.Context) (bool, error) {
	if slices.Contains(t.group.ARNs(), "") || t.fleet.was == nil {
		return false, nil
	}
	states, err := t.group.States(ctx)
	if err != nil {
		return false, err
	}
	t.count(t.fleet.was, states)
	return true, nil
}

// look asks for the group and its targets as they are now.
func (t *targets) look(ctx context.Context) error {
	g, err := t.fleet.there(ctx)
	if err != nil {
		return err
	}
	states, err := t.group.States(ctx)
	if err == nil {
		t.count(g, states)
	}
	return err
}

// count separates the healthy ones of a group's instances from the others. A target that is none of them does not count.
func (t *targets) count(g *autoscalingtypes.AutoScalingGroup, states map[string]*balancing.TargetState) {
	t.healthy, t.want, t.ill = 0, int(aws.ToInt32(g.DesiredCapacity)), nil
	for _, i := range g.Instances {
		id := aws.ToString(i.InstanceId)
		switch {
		case onItsWayOut(i.LifecycleState):
		case states[id].Healthy():
			t.healthy++
		default:
			t.ill = append(t.ill, id+" "+cmp.Or(states[id].String(), string(i.LifecycleState)))
		}
	}
}

func (t *targets) enough() bool { return t.healthy >= t.want }

func (t *targets) String() string {
	text := fmt.Sprintf("%d of %d targets are healthy", t.healthy, t.want)
	if len(t.ill) > 0 {
		text += ", not " + strings.Join(t.ill, ", ")
	}
	return text
}

// Create waits for a group that has just been made: instances that come up one after the other only to be replaced say that
// none will. Beside a group that serves, the first that is unhealthy after its grace says it: nobody waits for the new one.
func (t *targets) Create(ctx context.Context) error {
	a := arrival{want: t.fleet.template.Exact(), forgives: 2}
	if len(t.fleet.predecessors()) > 0 {
		a.forgives, a.condemns = 0, machines.BootTime+time.Duration(t.Declared.Fleet.Grace)*time.Second
	}
	return t.fleet.arrive(ctx, a)
}

// Change waits for a group that was there before. It replaces by itself what fell ill, and is left to do so.
func (t *targets) Change(ctx context.Context, _ []resource.Difference) error {
	return t.fleet.arrive(ctx, arrival{want: t.fleet.template.Exact(), forgives: manyLosses})
}

func (t *targets) Remove(context.Context) error { return nil }

// passing waits until a region's health check passes.
type passing struct {
	resource.Scope
	check   *check
	further []*ownCheck  // beside it
	seen    Measured     // of the first
	found   []FoundCheck // of all, where there are several
	other   Measured     // what is found of an earlier network, while there is one
}

func (p *passing) Awaited()   {}
func (p *passing) Worldwide() {}
func (p *passing) Desired() []resource.Field {
	return []resource.Field{{Name: "passes", Value: resource.Yes(true)}}
}
func (p *passing) Actual() []resource.Field {
	return []resource.Field{{Name: "passes", Value: resource.Yes(p.passes() || p.check.dark())}}
}

func (p *passing) Find(ctx context.Context) (bool, error) {
	if p.check.id == "" {
		return false, nil
	}
	var err error
	p.seen, err = Measure(ctx, p.Route53, p.check.id)
	if err == nil {
		err = p.lookAtFurther(ctx)
	}
	if err == nil {
		err = p.lookAtOther(ctx)
	}
	return err == nil, err
}

// lookAtOther asks for the check that a region is judged by until the record follows the new one.
func (p *passing) lookAtOther(ctx context.Context) (err error) {
	p.other = p.seen // until there is a new check
	if !p.check.balancer.Beside() || len(p.check.superseded) == 0 {
		return nil
	}
	p.other, err = Measure(ctx, p.Route53, p.check.superseded[0])
	if account.IsNotFound(err) {
		return nil
	}
	return err
}

// serves tells whether the region passes, in one network or the other.
func (p *passing) serves() bool { return p.passes() || p.other.Passes() }

func (p *passing) Create(ctx context.Context) error {
	err := account.Poll(ctx, "health check "+p.check.id, resource.LongTime, func(ctx context.Context) (bool, error) {
		_, err := p.Find(ctx)
		if account.IsNotFound(err) { // it is new
			return false, nil
		}
		return p.passes() || p.check.dark(), err
	})
	if account.IsTimeout(err) {
		return &resource.NotServing{Cause: fmt.Errorf("%w: %s", err, p.told())}
	}
	return err
}

func (p *passing) Change(ctx context.Context, _ []resource.Difference) error { return p.Create(ctx) }
func (p *passing) Remove(context.Context) error                              { return nil }

// Measured is how many of Route 53's checkers report on a health check, and how many with success.
type Measured struct {
	Checkers int `json:"checkers"`
	Healthy  int `json:"healthy"`
}

// Passes applies Route 53's rule.
func (m Measured) Passes() bool { return account.Passes(m.Healthy, m.Checkers) }

// Measure asks what Route 53's checkers find. This is the result before inversion: a check that Route 53
// inverts passes too if the endpoint works.
func Measure(ctx context.Context, c *route53.Client, id string) (Measured, error) {
	seen, err := account.Observations(ctx, c, id)
	if err != nil {
		return Measured{}, err
	}
	return measured(seen), nil
}

func measured(observations []route53types.HealthCheckObservation) Measured {
	var m Measured
	for _, o := range observations {
		if o.StatusReport == nil {
			continue
		}
		m.Checkers++
		if strings.HasPrefix(aws.ToString(o.StatusReport.Status), "Success") {
			m.Healthy++
		}
	}
	return m
}

var (
	_ resource.Resource = (*targets)(nil)
	_ resource.Resource = (*passing)(nil)
)
