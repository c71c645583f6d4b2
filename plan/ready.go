package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
)

// targets waits until the load balancer finds as many instances healthy as the fleet should have.
type targets struct {
	scope
	group   *targetGroup
	healthy int
	ill     []string // each other target, with its state and reason
}

func (t *targets) awaited() {}
func (t *targets) desired() []Field {
	return []Field{{Name: "enough healthy targets", Value: yes(true)}}
}
func (t *targets) actual() []Field {
	return []Field{{Name: "enough healthy targets", Value: yes(t.healthy >= t.declared.Fleet.Desired)}}
}

func (t *targets) find(ctx context.Context) (bool, error) {
	if t.group.arn == "" {
		return false, nil
	}
	found, err := health(ctx, t.scope, t.group.arn)
	if err != nil {
		return false, err
	}
	t.count(found)
	return true, nil
}

// count separates the healthy targets from the others.
func (t *targets) count(found []elbtypes.TargetHealthDescription) {
	t.healthy, t.ill = 0, nil
	for _, h := range found {
		switch {
		case h.TargetHealth == nil || h.Target == nil:
		case h.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy:
			t.healthy++
		default:
			t.ill = append(t.ill, strings.TrimSpace(fmt.Sprintf("%s %s %s", aws.ToString(h.Target.Id), h.TargetHealth.State, h.TargetHealth.Reason)))
		}
	}
}

func health(ctx context.Context, s scope, group string) ([]elbtypes.TargetHealthDescription, error) {
	out, err := s.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, fmt.Errorf("describe target health of %s: %w", group, err)
	}
	return out.TargetHealthDescriptions, nil
}

func (t *targets) create(ctx context.Context) error {
	what := fmt.Sprintf("%d healthy targets", t.declared.Fleet.Desired)
	err := account.Poll(ctx, what, longTime, func(ctx context.Context) (bool, error) {
		_, err := t.find(ctx)
		return t.healthy >= t.declared.Fleet.Desired, err
	})
	if err != nil && len(t.ill) > 0 {
		return fmt.Errorf("%w; the others: %s", err, strings.Join(t.ill, ", "))
	}
	return err
}

func (t *targets) change(ctx context.Context, _ []Difference) error { return t.create(ctx) }
func (t *targets) remove(context.Context) error                     { return nil }

// passing waits until a region's health check passes.
type passing struct {
	scope
	check *check
	seen  Measured
}

func (p *passing) awaited()         {}
func (p *passing) worldwide()       {}
func (p *passing) desired() []Field { return []Field{{Name: "passes", Value: yes(true)}} }
func (p *passing) actual() []Field  { return []Field{{Name: "passes", Value: yes(p.seen.Passes())}} }

func (p *passing) find(ctx context.Context) (bool, error) {
	if p.check.id == "" {
		return false, nil
	}
	var err error
	p.seen, err = Measure(ctx, p.Route53, p.check.id)
	return err == nil, err
}

func (p *passing) create(ctx context.Context) error {
	return account.Poll(ctx, "health check "+p.check.id, longTime, func(ctx context.Context) (bool, error) {
		_, err := p.find(ctx)
		return p.seen.Passes(), err
	})
}

func (p *passing) change(ctx context.Context, _ []Difference) error { return p.create(ctx) }
func (p *passing) remove(context.Context) error                     { return nil }

// Measured is how many of Route 53's checkers report on a health check, and how many with success.
type Measured struct {
	Checkers int `json:"checkers"`
	Healthy  int `json:"healthy"`
}

// Passes applies Route 53's rule: more than 18 % of the checkers must report success (Amazon Route 53
// Developer Guide, "How Amazon Route 53 determines whether a health check is healthy").
func (m Measured) Passes() bool { return m.Healthy*100 > m.Checkers*18 }

// Measure asks what Route 53's checkers find. This is the result before inversion: a check that Route 53
// inverts passes too if the endpoint works.
func Measure(ctx context.Context, c *route53.Client, id string) (Measured, error) {
	out, err := c.GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &id})
	if err != nil {
		return Measured{}, fmt.Errorf("get status of health check %s: %w", id, err)
	}
	return measured(out.HealthCheckObservations), nil
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
	_ resource = (*targets)(nil)
	_ resource = (*passing)(nil)
)
