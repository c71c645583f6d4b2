package failover

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

// Passing waits until a region's health check passes.
type Passing struct {
	resource.Scope
	Check   *Check
	Further []*OwnCheck  // beside it
	Seen    Measured     // of the first
	Found   []FoundCheck // of all, where there are several
	Other   Measured     // what is found of an earlier network, while there is one
}

func (p *Passing) Awaited()   {}
func (p *Passing) Worldwide() {}
func (p *Passing) Desired() []resource.Field {
	return []resource.Field{{Name: "passes", Value: resource.Yes(true)}}
}
func (p *Passing) Actual() []resource.Field {
	return []resource.Field{{Name: "passes", Value: resource.Yes(p.Passes() || p.Check.Dark())}}
}

func (p *Passing) Find(ctx context.Context) (bool, error) {
	if p.Check.ID == "" {
		return false, nil
	}
	var err error
	p.Seen, err = Measure(ctx, p.Route53, p.Check.ID)
	if err == nil {
		err = p.lookAtFurther(ctx)
	}
	if err == nil {
		err = p.lookAtOther(ctx)
	}
	return err == nil, err
}

// lookAtOther asks for the check that a region is judged by until the record follows the new one.
func (p *Passing) lookAtOther(ctx context.Context) (err error) {
	p.Other = p.Seen // until there is a new check
	if !p.Check.Balancer.Beside() || len(p.Check.Superseded) == 0 {
		return nil
	}
	p.Other, err = Measure(ctx, p.Route53, p.Check.Superseded[0])
	if account.IsNotFound(err) {
		return nil
	}
	return err
}

// Serves tells whether the region passes, in one network or the other.
func (p *Passing) Serves() bool { return p.Passes() || p.Other.Passes() }

func (p *Passing) Create(ctx context.Context) error {
	err := account.Poll(ctx, "health check "+p.Check.ID, resource.LongTime, func(ctx context.Context) (bool, error) {
		_, err := p.Find(ctx)
		if account.IsNotFound(err) { // it is new
			return false, nil
		}
		return p.Passes() || p.Check.Dark(), err
	})
	if account.IsTimeout(err) {
		return &resource.NotServing{Cause: fmt.Errorf("%w: %s", err, p.Told())}
	}
	return err
}

func (p *Passing) Change(ctx context.Context, _ []resource.Difference) error { return p.Create(ctx) }
func (p *Passing) Remove(context.Context) error                              { return nil }

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

var _ resource.Resource = (*Passing)(nil)

func (p *Passing) Reason() string {
	if len(p.Found) > 0 {
		return "for Route 53's checkers to find the region healthy; " + p.Told()
	}
	return fmt.Sprintf("for Route 53's checkers to find the region healthy; %d of %d do", p.Seen.Healthy, p.Seen.Checkers)
}
