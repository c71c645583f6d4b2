package failover

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// A region may have more health checks than the one of its application (failover.checks). The record follows a calculated check then, which
// is healthy while enough of them are. A calculated check counts no other calculated one, so the switch is counted beside them, and has
// more votes than they can lack: with M checks of which N are enough, M-N+1 checks ask it, and N of the others are enough with all of these,
// while without them all of the others are too few.

// nthSwitchCheckRole is the role of the nth check of a region's switch, from 1.
func nthSwitchCheckRole(at understudy.Side, nth int) string {
	if nth == 1 {
		return switchCheckRole(at)
	}
	return fmt.Sprintf("%s-%d", switchCheckRole(at), nth)
}

// FurtherCheck is a side's nth further check.
func FurtherCheck(s resource.Scope, b *balancing.Balancer, nth int) *OwnCheck {
	return &OwnCheck{Scope: s, Name: understudy.FurtherCheckRole(s.Side, nth), Wanted: func() *route53types.HealthCheckConfig {
		if nth > len(s.Declared.Failover.Further) {
			return &route53types.HealthCheckConfig{} // what is left of one
		}
		if c := s.Declared.Failover.Further[nth-1]; c.Alarm != "" {
			return following(s, c)
		}
		return askingFrom(s, b, s.Declared.Failover.Further[nth-1])
	}, moves: func(d []resource.Difference) bool { return b.Beside() && resource.Differs(d, "asks") }}
}

// FoundCheck is what is found of one of a region's several health checks.
type FoundCheck struct {
	Name string `json:"name"` // the declaration's key
	ID   string `json:"id"`
	Measured
	Alarm   string `json:"alarm,omitempty"` // its state, of a check that follows one
	Passing bool   `json:"passing"`
}

func (f FoundCheck) String() string {
	if f.Alarm != "" {
		return fmt.Sprintf("%s: its alarm is %s", f.Name, f.Alarm)
	}
	return fmt.Sprintf("%s: %d of %d checkers report success", f.Name, f.Healthy, f.Checkers)
}

// lookAtFurther asks for what is found of the further checks.
func (p *Passing) lookAtFurther(ctx context.Context) error {
	p.Found = nil
	if len(p.Further) == 0 {
		return nil
	}
	p.Found = append(p.Found, FoundCheck{Name: "failover.check", ID: p.Check.ID, Measured: p.Seen, Passing: p.Seen.Passes()})
	for i, c := range p.Further {
		f := FoundCheck{ID: c.ID}
		var err error
		switch {
		case c.ID == "":
		case c.Follows != nil:
			f, err = c.lookAtAlarm(ctx)
		default:
			if f.Measured, err = Measure(ctx, p.Route53, c.ID); err == nil {
				f.Passing = f.Passes()
			}
		}
		if err != nil {
			return err
		}
		f.Name = fmt.Sprintf("failover.checks[%d]", i)
		p.Found = append(p.Found, f)
	}
	return nil
}

// Passes tells whether as many of the checks pass as have to.
func (p *Passing) Passes() bool {
	if len(p.Further) == 0 {
		return p.Seen.Passes()
	}
	n := 0
	for _, f := range p.Found {
		if f.Passing {
			n++
		}
	}
	return n >= p.Declared.Failover.Needed()
}

// Told says what the checkers find.
func (p *Passing) Told() string {
	if len(p.Found) == 0 {
		return fmt.Sprintf("%d of %d checkers report success", p.Seen.Healthy, p.Seen.Checkers)
	}
	var each []string
	for _, f := range p.Found {
		each = append(each, f.String())
	}
	return fmt.Sprintf("%d of %d checks have to pass: %s", p.Declared.Failover.Needed(), len(p.Found), strings.Join(each, "; "))
}

// Found is what Route 53 finds of a region.
type Found struct {
	Passing bool
	Checks  []FoundCheck // where there are several
	Told    string
}

func AsResources(all []*OwnCheck) (resources []resource.Resource) {
	for _, c := range all {
		resources = append(resources, c)
	}
	return resources
}

// askingFrom is a check as it is declared, with its checkers.
func askingFrom(s resource.Scope, b *balancing.Balancer, c understudy.Check) *route53types.HealthCheckConfig {
	config := asking(s, b, c)
	for _, r := range c.Regions {
		config.Regions = append(config.Regions, route53types.HealthCheckRegion(r))
	}
	config.MeasureLatency = aws.Bool(c.Latency)
	return config
}

// enough waits until enough of a region's checks pass: the record follows them from the next step on. It looks with eyes of its own, for
// the step that waits for the region may be at it at the same time.
func (p *Passing) enough(ctx context.Context) error {
	if len(p.Further) == 0 {
		return nil
	}
	return (&Passing{Scope: p.Scope, Check: p.Check, Further: p.Further}).Create(ctx)
}
