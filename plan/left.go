package plan

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/failover"
)

// Left is a thing that down has not deleted.
type Left struct {
	Resource string  `json:"resource"`
	ID       string  `json:"id,omitempty"`
	Why      string  `json:"why"`
	Monthly  float64 `json:"about_usd_a_month,omitempty"`
}

// LeftError means that things are left; everything else was deleted.
type LeftError struct{ Left []Left }

func (e LeftError) Error() string {
	var b strings.Builder
	total := 0.0
	fmt.Fprintf(&b, "%d left:", len(e.Left))
	for _, l := range e.Left {
		fmt.Fprintf(&b, "\n  %s  %s%s: %s", l.Resource, l.ID, costs(l.Monthly), l.Why)
		total += l.Monthly
	}
	if total > 0 {
		fmt.Fprintf(&b, "\nwhat is left costs about $%.2f a month, at list prices", total)
	}
	return b.String()
}

func costs(monthly float64) string {
	if monthly == 0 {
		return ""
	}
	return fmt.Sprintf(" (about $%.2f a month)", monthly)
}

// delete does the steps and goes on past those that fail. What a thing that is left still needs is not tried.
func (p *Plan) delete(ctx context.Context, r Reporter) error {
	var (
		mu   sync.Mutex
		left = map[*node][]Left{}
	)
	remember := func(n *node, l Left) {
		mu.Lock()
		defer mu.Unlock()
		l.Resource, l.Monthly = n.id, monthly(n.resource)
		left[n] = append(left[n], l)
	}
	err := p.graph.walk(ctx, backward, func(ctx context.Context, n *node) error {
		mu.Lock()
		blocking := firstLeft(left, n.neededBy)
		mu.Unlock()
		for _, s := range p.Steps {
			switch {
			case s.node != n:
			case blocking != nil:
				remember(n, Left{ID: s.ID, Why: blocking.id + ", which is left, needs it"})
			default:
				err := s.report(ctx, r)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					remember(n, Left{ID: s.ID, Why: whyLeft(ctx, n, err)})
				}
			}
		}
		return nil
	})
	if err != nil || len(left) == 0 {
		return err
	}
	var all []Left
	for _, n := range p.graph.ordered(backward) {
		all = append(all, left[n]...)
	}
	return LeftError{all}
}

func firstLeft(left map[*node][]Left, nodes []*node) *node {
	for _, n := range nodes {
		if len(left[n]) > 0 {
			return n
		}
	}
	return nil
}

// protected is a resource that a person can protect from being deleted. The text says how to end that.
type protected interface{ Unprotect() string }

// whyLeft says why a thing could not be deleted, and what a person can do.
func whyLeft(ctx context.Context, n *node, err error) string {
	if p, ok := n.resource.(protected); ok && account.IsCode(err, "OperationNotPermitted") {
		return p.Unprotect()
	}
	if z, ok := n.resource.(*failover.Zone); ok && account.IsCode(err, "HostedZoneNotEmpty") {
		if held, listed := z.Holds(ctx); listed == nil && len(held) > 0 {
			return "it has records that are not this stack's: " + strings.Join(held, ", ")
		}
	}
	return err.Error()
}

var _ error = LeftError{}
