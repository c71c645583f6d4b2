package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/resource"
)

// ErrNoSwitch means that the standby's region has no switch of the stack.
var ErrNoSwitch = errors.New("there is no switch")

// Standby asks a side's region for its switch. It asks by names and not by tags, and for nothing that the move of
// users does not need. Without a switch, the rest is returned with ErrNoSwitch.
func (s *Stack) Standby(ctx context.Context, at understudy.Side) (balancing.Standby, error) {
	a := s.Accounts[at]
	all, err := s.fronts(ctx, at)
	if err != nil {
		return balancing.Standby{}, err
	}
	standby := balancing.Standby{At: at, Balancer: aws.ToString(all[0].DNSName), Replaced: len(all) > 1}
	of := resource.Scope{Account: a, Declared: s.Declaration, Side: at}
	look := balancing.Answers
	if balancing.Flows(of) {
		look = balancing.Listens
	}
	if err := look(ctx, of, all, &standby); err != nil {
		return standby, err
	}
	if len(standby.Turns) == 0 {
		return standby, fmt.Errorf("%w in %s: `understudy up` makes it, unless failover.switch is none", ErrNoSwitch, a.Region)
	}
	return standby, nil
}

// fronts finds a region's load balancers by their names: one, or two while another network takes the place of the first.
func (s *Stack) fronts(ctx context.Context, side understudy.Side) ([]elbtypes.LoadBalancer, error) {
	here := resource.Scope{Account: s.Accounts[side], Declared: s.Declaration, Side: side}
	found, err := balancing.LoadBalancers(ctx, here)
	if err == nil && len(found) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return nil, fmt.Errorf("find load balancer %s in %s: %w", balancing.Generation(here, 1), here.Region, err)
	}
	return found, nil
}

// Front returns the DNS name of a region's load balancer.
func (s *Stack) Front(ctx context.Context, side understudy.Side) (string, error) {
	all, err := s.fronts(ctx, side)
	if err != nil {
		return "", err
	}
	return aws.ToString(all[0].DNSName), nil
}

// Turn sets a region's switch. It is one call to that region, and one more for a network that is to take the place of another; a listener gets a tag
// besides, which says by whom.
func (s *Stack) Turn(ctx context.Context, standby balancing.Standby, to understudy.Side, by string) error {
	of := resource.Scope{Account: s.Accounts[standby.At], Declared: s.Declaration, Side: standby.At}
	turn := balancing.TurnRule
	if balancing.Flows(of) {
		turn = balancing.TurnListener
	}
	for _, arn := range standby.Turns {
		if err := turn(ctx, of, arn, to, by); err != nil {
			return err
		}
	}
	return nil
}

// Strength is how much one region can serve.
type Strength struct {
	Healthy         int    // targets
	understudy.Size        // of the Auto Scaling group, as it is now
	Grown           string // who has made it grow to serve in the other's place, and when
}

// Strength asks a region's API how much it can serve.
func (s *Stack) Strength(ctx context.Context, side understudy.Side) (Strength, error) {
	return takeInventory(s.Declaration, s.Accounts).regions[side].strength(ctx)
}

// strength is that of the target group with the most healthy targets, where there are several generations, and of its fleet,
// which the region's is taken to be from then on. It asks no more than it needs: an outage may be why it is asked.
func (r *region) strength(ctx context.Context) (g Strength, err error) {
	groups, err := balancing.TargetGroups(ctx, r.Scope)
	if err == nil && len(groups) == 0 {
		err = fmt.Errorf("%s has no target group %s", r.Region, balancing.Generation(r.Scope, 1))
	}
	if err != nil {
		return g, err
	}
	for n, group := range groups {
		found, err := r.Targets(ctx, aws.ToString(group.TargetGroupArn))
		if err != nil {
			return g, err
		}
		healthy := 0
		for _, s := range balancing.StateOf(found) {
			if s.Healthy() {
				healthy++
			}
		}
		if n == 0 || healthy > g.Healthy {
			g.Healthy, r.targetGroup.Number = healthy, balancing.GenerationOf(r.Scope, aws.ToString(group.TargetGroupName))
		}
	}
	g.Size, g.Grown, err = r.sizes(ctx)
	return g, err
}

// Raise has a region's Auto Scaling group want more instances, and returns when so many targets are healthy.
func (s *Stack) Raise(ctx context.Context, side understudy.Side, to int) error {
	r := takeInventory(s.Declaration, s.Accounts).regions[side]
	now, err := r.strength(ctx)
	if err != nil {
		return err
	}
	if now.Desired < to {
		if err := r.resize(ctx, to); err != nil {
			return err
		}
	}
	return account.Poll(ctx, fmt.Sprintf("%d healthy targets in %s", to, s.Accounts[side].Region), resource.LongTime, func(ctx context.Context) (bool, error) {
		now, err := r.strength(ctx)
		return now.Healthy >= to, err
	})
}

// CheckersSee asks Route 53 what its checkers find of a region's switch, and returns the side at which it stands for them.
func (s *Stack) CheckersSee(ctx context.Context, at understudy.Side) (understudy.Side, error) {
	r := takeInventory(s.Declaration, s.Accounts).regions[at]
	m, err := measureFound(ctx, failover.SwitchCheck(r.Scope, r.balancer, 1), r.Route53)
	if err != nil || !m.Passes() {
		return at.Other(), err
	}
	return at, nil
}

func measureFound(ctx context.Context, c interface {
	resource.Resource
	resource.Identified
}, r53 *route53.Client) (failover.Measured, error) {
	there, err := c.Find(ctx)
	if err != nil {
		return failover.Measured{}, err
	}
	if !there {
		return failover.Measured{}, errors.New("there is no such health check")
	}
	return failover.Measure(ctx, r53, c.Identity())
}

// sizes reads the Auto Scaling group's size, and who has made it grow.
func (r *region) sizes(ctx context.Context) (size understudy.Size, by string, err error) {
	name := r.fleet.FleetName()
	out, err := r.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return size, "", fmt.Errorf("describe Auto Scaling group %s in %s: %w", name, r.Region, err)
	}
	for _, g := range out.AutoScalingGroups {
		size, by = fleet.SizeOf(&g), fleet.Grown(&g)
	}
	return size, by, nil
}

func (r *region) resize(ctx context.Context, to int) error {
	name := r.fleet.FleetName()
	_, err := r.AutoScaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: &name, DesiredCapacity: aws.Int32(int32(to)), HonorCooldown: aws.Bool(false),
	})
	if err != nil {
		return fmt.Errorf("set the desired capacity of %s in %s to %d: %w", name, r.Region, to, err)
	}
	return nil
}
