package balancing

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/resource"
)

// Share is a target group's part of a listener's requests: its weight, over the sum of all.
type Share struct {
	Group  string // ARN
	Weight int32
}

// Whole is the weight of a target group that gets requests. One with weight 0 gets none, and is checked all the same.
const Whole = 1

// sharesOf returns the shares of a listener that forwards and does nothing else.
func sharesOf(actions []elbtypes.Action) []Share {
	if len(actions) != 1 || actions[0].Type != elbtypes.ActionTypeEnumForward {
		return nil
	}
	a := actions[0]
	if a.ForwardConfig == nil || len(a.ForwardConfig.TargetGroups) < 2 {
		if arn := aws.ToString(a.TargetGroupArn); arn != "" {
			return []Share{{arn, Whole}} // one has all requests, whatever its weight
		}
	}
	if a.ForwardConfig == nil {
		return nil
	}
	var shares []Share
	for _, t := range a.ForwardConfig.TargetGroups {
		shares = append(shares, Share{aws.ToString(t.TargetGroupArn), aws.ToInt32(t.Weight)})
	}
	return shares
}

func SharesText(shares []Share) string {
	var texts []string
	for _, s := range shares {
		text := resource.Known(s.Group)
		if len(shares) > 1 {
			text = fmt.Sprintf("%s with weight %d", text, s.Weight)
		}
		texts = append(texts, text)
	}
	return resource.Set(texts...)
}

// forwards returns the action that gives target groups their shares.
func forwards(shares []Share) []elbtypes.Action {
	a := elbtypes.Action{Type: elbtypes.ActionTypeEnumForward}
	if len(shares) == 1 {
		a.TargetGroupArn = &shares[0].Group
		return []elbtypes.Action{a}
	}
	a.ForwardConfig = &elbtypes.ForwardActionConfig{}
	for _, s := range shares {
		a.ForwardConfig.TargetGroups = append(a.ForwardConfig.TargetGroups,
			elbtypes.TargetGroupTuple{TargetGroupArn: &s.Group, Weight: &s.Weight})
	}
	return []elbtypes.Action{a}
}

// old returns the shares of the target groups of earlier generations.
func (l *Listener) old() (old []Share) {
	for _, s := range l.shares {
		if slices.ContainsFunc(l.Group.Earlier, func(g *TargetGroup) bool { return g.ARN == s.Group }) {
			old = append(old, s)
		}
	}
	return old
}

// introduces returns the shares with which the declared target group stands beside those of earlier generations: it gets no
// requests from that alone, and keeps those that it has. Without earlier ones it gets all.
func (l *Listener) introduces() []Share {
	if l.Lead != nil {
		return l.Lead.introduces()
	}
	old, new := l.old(), Share{l.Group.ARN, Whole}
	if len(old) == 0 {
		return []Share{new}
	}
	new.Weight = 0
	for _, s := range l.shares {
		if s.Group == l.Group.ARN {
			new = s
		}
	}
	return append(old, new)
}

// moves returns the shares with which the declared target group has all requests, and those of earlier generations are kept
// for the requests that they have begun.
func (l *Listener) moves() []Share {
	moved := []Share{{l.Group.ARN, Whole}}
	for _, s := range l.old() {
		moved = append(moved, Share{s.Group, 0})
	}
	return moved
}

// Returns returns the shares with which those of earlier generations have all requests, and the declared one none.
func (l *Listener) Returns() []Share {
	var back []Share
	for _, s := range l.old() {
		back = append(back, Share{s.Group, Whole})
	}
	return back
}

// Serving returns the target group that users are served by, or that they will be; nil where there is none.
func (l *Listener) Serving() *TargetGroup {
	g := l.Group
	for _, s := range l.shares {
		for _, one := range g.Earlier {
			if one.ARN == s.Group && s.Weight > 0 {
				return one
			}
		}
	}
	switch {
	case g.ARN != "":
		return g
	}
	if n := slices.IndexFunc(g.Earlier, func(one *TargetGroup) bool { return one.ARN != "" }); n >= 0 {
		return g.Earlier[n]
	}
	return nil
}

// Forward gives the target groups of the listener, of its rules, and of the listeners at further ports these shares.
func (l *Listener) Forward(ctx context.Context, shares []Share) error {
	if err := l.give(ctx, shares); err != nil {
		return err
	}
	if err := l.followed(ctx, shares); err != nil {
		return err
	}
	return l.forwardByRules(ctx, shares)
}

func (l *Listener) give(ctx context.Context, shares []Share) error {
	_, err := l.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &l.arn, DefaultActions: forwards(shares)})
	if err != nil {
		return fmt.Errorf("forward requests of %s to %s: %w", l.arn, SharesText(shares), err)
	}
	return nil
}
