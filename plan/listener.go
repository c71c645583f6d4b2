package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/understudy/understudy/account"
)

// listener is where users connect: it sends all requests to the target group.
type listener struct {
	scope
	doubles
	balancer *balancer
	group    *targetGroup
	arn      string
	seen     []Field
}

func (l *listener) identity() string { return l.arn }
func (l *listener) actual() []Field  { return l.seen }

func (l *listener) desired() []Field {
	return []Field{
		{Name: "port", Value: number(l.declared.Listener.Port)},
		{Name: "forwards to", Value: known(l.group.arn)},
	}
}

func (l *listener) find(ctx context.Context) (bool, error) {
	if l.balancer.arn == "" {
		return false, nil
	}
	out, err := l.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &l.balancer.arn})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe listeners of %s: %w", l.balancer.arn, err)
	}
	*l = listener{scope: l.scope, balancer: l.balancer, group: l.group}
	// The load balancer is the stack's alone. A port has one listener, so a second listener has another port: it
	// was made by a call that was sent before the declared port was changed, and carried out after.
	var found []*listener
	for _, o := range out.Listeners {
		one := *l
		one.remember(o)
		found = append(found, &one)
	}
	return choose(ctx, l, found)
}

func (l *listener) remember(o elbtypes.Listener) {
	l.arn = aws.ToString(o.ListenerArn)
	target := ""
	for _, a := range o.DefaultActions {
		target = aws.ToString(a.TargetGroupArn)
	}
	l.seen = []Field{{Name: "port", Value: number(aws.ToInt32(o.Port))}, {Name: "forwards to", Value: target}}
}

// fits prefers the listener with the declared port.
func (l *listener) fits() int {
	if slices.Contains(l.seen, Field{Name: "port", Value: number(l.declared.Listener.Port)}) {
		return 1
	}
	return 0
}

// holds names the rules of a listener, which somebody added: the stack's listener has its default action only. A
// listener without the stack's tags belongs to somebody else.
func (l *listener) holds(ctx context.Context) ([]string, error) {
	if err := ours(ctx, l.scope, l.arn, l.mark("listener")); err != nil {
		return []string{"what is not this stack's: it does not have its tags"}, nil
	}
	out, err := l.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &l.arn})
	if err != nil {
		return nil, fmt.Errorf("describe rules of %s: %w", l.arn, err)
	}
	var rules []string
	for _, r := range out.Rules {
		if !aws.ToBool(r.IsDefault) {
			rules = append(rules, aws.ToString(r.RuleArn))
		}
	}
	return rules, nil
}

func (l *listener) actions() []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &l.group.arn}}
}

func (l *listener) create(ctx context.Context) error {
	out, err := l.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &l.balancer.arn,
		Protocol:        elbtypes.ProtocolEnumHttp,
		Port:            aws.Int32(int32(l.declared.Listener.Port)),
		DefaultActions:  l.actions(),
		Tags:            l.mark("listener").ELB(),
	})
	if err != nil {
		return fmt.Errorf("create listener: %w", err)
	}
	l.arn = aws.ToString(out.Listeners[0].ListenerArn)
	return nil
}

func (l *listener) change(ctx context.Context, _ []Difference) error {
	_, err := l.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn:    &l.arn,
		Port:           aws.Int32(int32(l.declared.Listener.Port)),
		DefaultActions: l.actions(),
	})
	if err != nil {
		return fmt.Errorf("change %s: %w", l.arn, err)
	}
	return nil
}

func (l *listener) remove(ctx context.Context) error {
	if _, err := l.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l.arn}); err != nil {
		return fmt.Errorf("delete %s: %w", l.arn, err)
	}
	return nil
}

var _ doubling = (*listener)(nil)
