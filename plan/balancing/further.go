package balancing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// A further port has a listener of its own, whose part has the port's number: another port is another listener, which listens before the
// one of the port that is declared no more goes, as a double of the listener at which users connect.

// isFurther tells whether a part is that of a further port.
func isFurther(role string) bool { return strings.HasPrefix(role, understudy.FurtherRole) }

// closes tells whether a part is that of a further port that is declared no more.
func (l *Listener) closes(role string) bool {
	return isFurther(role) && !slices.ContainsFunc(l.Declared.Further, func(d understudy.FurtherListener) bool { return d.Role() == role })
}

// followed gives the listeners at further ports, and their rules, the shares of the one that they follow, where they forward.
func (l *Listener) followed(ctx context.Context, shares []Share) error {
	for _, one := range slices.Concat(l.Followers, l.closing) {
		if one.arn == "" {
			continue
		}
		name, forwards := l.toWhom(one.shares), len(one.shares) > 0
		if one.Further != nil {
			name, forwards = one.Further.Forward, one.Further.Forwards()
		}
		if forwards {
			if err := one.give(ctx, l.toward(name, shares)); err != nil && !account.IsNotFound(err) {
				return err
			}
		}
		if err := one.forwardByRules(ctx, shares); err != nil && !account.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// makeWay deletes a listener that has the port which this one is to have, and is to have another one, or none. A port has one.
func (l *Listener) makeWay(ctx context.Context) error {
	if l.inTheWay == "" {
		return nil
	}
	if _, err := l.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l.inTheWay}); err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete the listener %s: %w", l.inTheWay, err)
	}
	l.inTheWay = ""
	return nil
}
