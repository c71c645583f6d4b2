package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/resource"
)

// share is a target group's part of a listener's requests: its weight, over the sum of all.
type share struct {
	group  string // ARN
	weight int32
}

// whole is the weight of a target group that gets requests. One with weight 0 gets none, and is checked all the same.
const whole = 1

// sharesOf returns the shares of a listener that forwards and does nothing else.
func sharesOf(actions []elbtypes.Action) []share {
	if len(actions) != 1 || actions[0].Type != elbtypes.ActionTypeEnumForward {
		return nil
	}
	a := actions[0]
	if a.ForwardConfig == nil || len(a.ForwardConfig.TargetGroups) < 2 {
		if arn := aws.ToString(a.TargetGroupArn); arn != "" {
			return []share{{arn, whole}} // one has all requests, whatever its weight
		}
	}
	if a.ForwardConfig == nil {
		return nil
	}
	var shares []share
	for _, t := range a.ForwardConfig.TargetGroups {
		shares = append(shares, share{aws.ToString(t.TargetGroupArn), aws.ToInt32(t.Weight)})
	}
	return shares
}

func sharesText(shares []share) string {
	var texts []string
	for _, s := range shares {
		text := resource.Known(s.group)
		if len(shares) > 1 {
			text = fmt.Sprintf("%s with weight %d", text, s.weight)
		}
		texts = append(texts, text)
	}
	return resource.Set(texts...)
}

// forwards returns the action that gives target groups their shares.
func forwards(shares []share) []elbtypes.Action {
	a := elbtypes.Action{Type: elbtypes.ActionTypeEnumForward}
	if len(shares) == 1 {
		a.TargetGroupArn = &shares[0].group
		return []elbtypes.Action{a}
	}
	a.ForwardConfig = &elbtypes.ForwardActionConfig{}
	for _, s := range shares {
		a.ForwardConfig.TargetGroups = append(a.ForwardConfig.TargetGroups,
			elbtypes.TargetGroupTuple{TargetGroupArn: &s.group, Weight: &s.weight})
	}
	return []elbtypes.Action{a}
}

// old returns the shares of the target groups of earlier generations.
func (l *listener) old() (old []share) {
	for _, s := range l.shares {
		if slices.ContainsFunc(l.group.earlier, func(g *targetGroup) bool { return g.arn == s.group }) {
			old = append(old, s)
		}
	}
	return old
}

// introduces returns the shares with which the declared target group stands beside those of earlier generations: it gets no
// requests from that alone, and keeps those that it has. Without earlier ones it gets all.
func (l *listener) introduces() []share {
	if l.lead != nil {
		return l.lead.introduces()
	}
	old, new := l.old(), share{l.group.arn, whole}
	if len(old) == 0 {
		return []share{new}
	}
	new.weight = 0
	for _, s := range l.shares {
		if s.group == l.group.arn {
			new = s
		}
	}
	return append(old, new)
}

// moves returns the shares with which the declared target group has all requests, and those of earlier generations are kept
// for the requests that they have begun.
func (l *listener) moves() []share {
	moved := []share{{l.group.arn, whole}}
	for _, s := range l.old() {
		moved = append(moved, share{s.group, 0})
	}
	return moved
}

// returns returns the shares with which those of earlier generations have all requests, and the declared one none.
func (l *listener) returns() []share {
	var back []share
	for _, s := range l.old() {
		back = append(back, share{s.group, whole})
	}
	return back
}

// serving returns the target group that users are served by, or that they will be; nil where there is none.
func (l *listener) serving() *targetGroup {
	g := l.group
	for _, s := range l.shares {
		for _, one := range g.earlier {
			if one.arn == s.group && s.weight > 0 {
				return one
			}
		}
	}
	switch {
	case g.arn != "":
		return g
	}
	if n := slices.IndexFunc(g.earlier, func(one *targetGroup) bool { return one.arn != "" }); n >= 0 {
		return g.earlier[n]
	}
	return nil
}

// forward gives the target groups of the listener, of its rules, and of the listeners at further ports these shares.
func (l *listener) forward(ctx context.Context, shares []share) error {
	if err := l.give(ctx, shares); err != nil {
		return err
	}
	if err := l.followed(ctx, shares); err != nil {
		return err
	}
	return l.forwardByRules(ctx, shares)
}

func (l *listener) give(ctx context.Context, shares []share) error {
	_, err := l.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &l.arn, DefaultActions: forwards(shares)})
	if err != nil {
		return fmt.Errorf("forward requests of %s to %s: %w", l.arn, sharesText(shares), err)
	}
	return nil
}
