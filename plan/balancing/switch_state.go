package balancing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

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

// answerOf is the answer of a region's switch that a command has set.
func answerOf(at, side understudy.Side, by string, now time.Time) string {
	_, text := switchAnswer(at, side)
	return fmt.Sprintf("%s; set by %s at %s", text, by, now.UTC().Format(time.RFC3339))
}

// SwitchStateOf reads an answer. One that somebody else has written tells the position only.
func SwitchStateOf(side understudy.Side, body string) SwitchState {
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
	Turns    []string // what is to be changed: rules, or listeners of network load balancers
}

// Answers finds a region's switch where it is a rule.
func Answers(ctx context.Context, s resource.Scope, all []elbtypes.LoadBalancer, standby *Standby) error {
	for _, b := range all {
		rules, err := switchesOf(ctx, s, b)
		if err != nil {
			return err
		}
		for _, r := range rules {
			if len(standby.Turns) == 0 {
				standby.Switch = SwitchStateOf(positionOf(s.Side, r.Actions))
			}
			standby.Turns = append(standby.Turns, aws.ToString(r.RuleArn))
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

func isSwitch(r elbtypes.Rule) bool {
	return !aws.ToBool(r.IsDefault) && slices.ContainsFunc(r.Conditions, account.IsSwitchPath)
}

// TurnRule sets a switch that is a rule.
func TurnRule(ctx context.Context, s resource.Scope, arn string, to understudy.Side, by string) error {
	actions := switchActions(s.Side, to, answerOf(s.Side, to, by, time.Now()))
	if _, err := s.ELB.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &arn, Actions: actions}); err != nil {
		return fmt.Errorf("set the switch %s to the %s: %w", arn, to, err)
	}
	return nil
}
