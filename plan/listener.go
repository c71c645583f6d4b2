package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/understudy/understudy/account"
)

// listener is where users connect: it sends all requests to the target group.
type listener struct {
	scope
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
	// The load balancer is ours alone, and with it all of its listeners.
	if err := single(len(out.Listeners), "listeners", l.mark("listener")); err != nil || len(out.Listeners) == 0 {
		return false, err
	}
	found := out.Listeners[0]
	l.arn = aws.ToString(found.ListenerArn)
	target := ""
	for _, a := range found.DefaultActions {
		target = aws.ToString(a.TargetGroupArn)
	}
	l.seen = []Field{{Name: "port", Value: number(aws.ToInt32(found.Port))}, {Name: "forwards to", Value: target}}
	return true, nil
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

var _ resource = (*listener)(nil)
