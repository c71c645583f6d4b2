package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

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

var _ resource.Resource = (*passing)(nil)
