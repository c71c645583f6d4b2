package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// SwitchState is where a region's switch stands: at its own side, that one serves alone, for as long as it is healthy; at the other,
// health decides who serves.
type SwitchState struct {
	Position understudy.Side `json:"position"`
	By       string          `json:"by,omitempty"` // the command that has set it, or nothing for up
	Since    time.Time       `json:"since,omitzero"`
}

// ErrNoSwitch means that the standby's region has no switch of the stack.
var ErrNoSwitch = errors.New("there is no switch")

// answerOf is the answer of a region's switch that a command has set.
func answerOf(at, side understudy.Side, by string, now time.Time) string {
	_, text := switchAnswer(at, side)
	return fmt.Sprintf("%s; set by %s at %s", text, by, now.UTC().Format(time.RFC3339))
}

// switchStateOf reads an answer. One that somebody else has written tells the position only.
func switchStateOf(side understudy.Side, body string) SwitchState {
	s := SwitchState{Position: side}
	_, note, _ := strings.Cut(body, "; set by ")
	by, at, ok := strings.Cut(note, " at ")
	if t, err := time.Parse(time.RFC3339, at); ok && err == nil {
		s.By, s.Since = by, t
	}
	return s
}

// Standby is what the region that users are moved to tells of itself, without any other's API.
type Standby struct {
	At       understudy.Side
	Switch   SwitchState
	Balancer string   // the load balancer's DNS name
	Replaced bool     // another load balancer is to take its place, in another network
	turns    []string // what is to be changed: rules, or listeners of network load balancers
}

// Standby asks a side's region for its switch. It asks by names and not by tags, and for nothing that the move of
// users does not need. Without a switch, the rest is returned with ErrNoSwitch.
func (s *Stack) Standby(ctx context.Context, at understudy.Side) (Standby, error) {
	a := s.Accounts[at]
	all, err := s.fronts(ctx, at)
	if err != nil {
		return Standby{}, err
	}
	standby := Standby{At: at, Balancer: aws.ToString(all[0].DNSName), Replaced: len(all) > 1}
	of := resource.Scope{Account: a, Declared: s.Declaration, Side: at}
	look := answers
	if flows(of) {
		look = listens
	}
	if err := look(ctx, of, all, &standby); err != nil {
		return standby, err
	}
	if len(standby.turns) == 0 {
		return standby, fmt.Errorf("%w in %s: `understudy up` makes it, unless failover.switch is none", ErrNoSwitch, a.Region)
	}
	return standby, nil
}

// answers finds a region's switch where it is a rule.
func answers(ctx context.Context, s resource.Scope, all []elbtypes.LoadBalancer, standby *Standby) error {
	for _, b := range all {
		rules, err := switchesOf(ctx, s, b)
		if err != nil {
			return err
		}
		for _, r := range rules {
			if len(standby.turns) == 0 {
				standby.Switch = switchStateOf(positionOf(s.Side, r.Actions))
			}
			standby.turns = append(standby.turns, aws.ToString(r.RuleArn))
		}
	}
	return nil
}

// switchesOf returns a load balancer's rules that are the switch's.
func switchesOf(ctx context.Context, s resource.Scope, b elbtypes.LoadBalancer) (found []elbtypes.Rule, err error) {
	listeners, err := s.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
	if err != nil {
		return nil, fmt.Errorf("describe the listeners of %s: %w", aws.ToString(b.LoadBalancerArn), err)
	}
	for _, l := range listeners.Listeners {
		rules, err := s.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn})
		if err != nil {
			return nil, fmt.Errorf("describe the rules of %s: %w", aws.ToString(l.ListenerArn), err)
		}
		if n := slices.IndexFunc(rules.Rules, isSwitch); n >= 0 {
			found = append(found, rules.Rules[n])
		}
	}
	return found, nil
}

// fronts finds a region's load balancers by their names: one, or two while another network takes the place of the first.
func (s *Stack) fronts(ctx context.Context, side understudy.Side) ([]elbtypes.LoadBalancer, error) {
	here := resource.Scope{Account: s.Accounts[side], Declared: s.Declaration, Side: side}
	found, err := loadBalancers(ctx, here)
	if err == nil && len(found) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return nil, fmt.Errorf("find load balancer %s in %s: %w", generation(here, 1), here.Region, err)
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

func isSwitch(r elbtypes.Rule) bool {
	return !aws.ToBool(r.IsDefault) && slices.ContainsFunc(r.Conditions, account.IsSwitchPath)
}

// Turn sets a region's switch. It is one call to that region, and one more for a network that is to take the place of another; a listener gets a tag
// besides, which says by whom.
func (s *Stack) Turn(ctx context.Context, standby Standby, to understudy.Side, by string) error {
	of := resource.Scope{Account: s.Accounts[standby.At], Declared: s.Declaration, Side: standby.At}
	turn := turnRule
	if flows(of) {
		turn = turnListener
	}
	for _, arn := range standby.turns {
		if err := turn(ctx, of, arn, to, by); err != nil {
			return err
		}
	}
	return nil
}

// turnRule sets a switch that is a rule.
func turnRule(ctx context.Context, s resource.Scope, arn string, to understudy.Side, by string) error {
	actions := switchActions(s.Side, to, answerOf(s.Side, to, by, time.Now()))
	if _, err := s.ELB.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &arn, Actions: actions}); err != nil {
		return fmt.Errorf("set the switch %s to the %s: %w", arn, to, err)
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
	groups, err := targetGroups(ctx, r.Scope)
	if err == nil && len(groups) == 0 {
		err = fmt.Errorf("%s has no target group %s", r.Region, generation(r.Scope, 1))
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
		for _, s := range stateOf(found) {
			if s.healthy() {
				healthy++
			}
		}
		if n == 0 || healthy > g.Healthy {
			g.Healthy, r.targetGroup.number = healthy, generationOf(r.Scope, aws.ToString(group.TargetGroupName))
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
	m, err := measureFound(ctx, switchCheck(r.Scope, r.balancer, 1), r.Route53)
	if err != nil || !m.Passes() {
		return at.Other(), err
	}
	return at, nil
}

func measureFound(ctx context.Context, c interface {
	resource.Resource
	resource.Identified
}, r53 *route53.Client) (Measured, error) {
	there, err := c.Find(ctx)
	if err != nil {
		return Measured{}, err
	}
	if !there {
		return Measured{}, errors.New("there is no such health check")
	}
	return Measure(ctx, r53, c.Identity())
}

// sizes reads the Auto Scaling group's size, and who has made it grow.
func (r *region) sizes(ctx context.Context) (size understudy.Size, by string, err error) {
	name := r.fleet.fleetName()
	out, err := r.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return size, "", fmt.Errorf("describe Auto Scaling group %s in %s: %w", name, r.Region, err)
	}
	for _, g := range out.AutoScalingGroups {
		size, by = sizeOf(&g), grown(&g)
	}
	return size, by, nil
}

func (r *region) resize(ctx context.Context, to int) error {
	name := r.fleet.fleetName()
	_, err := r.AutoScaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: &name, DesiredCapacity: aws.Int32(int32(to)), HonorCooldown: aws.Bool(false),
	})
	if err != nil {
		return fmt.Errorf("set the desired capacity of %s in %s to %d: %w", name, r.Region, to, err)
	}
	return nil
}
