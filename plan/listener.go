package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// listener is where users connect: it sends all requests to the target group.
type listener struct {
	scope
	doubles
	balancer *balancer
	group    *targetGroup
	arn      string
	shares   []share // of the target groups that it was found to forward to
	seen     []Field
}

const listenerRole = "listener"

func (l *listener) identity() string { return l.arn }
func (l *listener) actual() []Field  { return l.seen }

func (l *listener) desired() []Field {
	return []Field{
		{Name: "port", Value: number(l.declared.Listener.Port)},
		{Name: "protocol", Value: string(elbtypes.ProtocolEnumHttp)},
		{Name: "forwards to", Value: sharesText(l.introduces())},
		{Name: "other rules", Value: ""},
		l.tagged(listenerRole),
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
	there, err := choose(ctx, l, found)
	if err != nil || !there {
		return there, err
	}
	return true, l.readMore(ctx)
}

// readMore adds to what was seen of the listener its rules and its tags.
func (l *listener) readMore(ctx context.Context) error {
	var rules []string
	var tags map[string]string
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		rules, err = l.otherRules(ctx)
		return err
	})
	both.Go(func() (err error) {
		tags, err = l.tagsOfELB(ctx, l.arn)
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	l.seen = append(l.seen, Field{Name: "other rules", Value: set(rules...)}, l.taggedWith(listenerRole, tags))
	return nil
}

func (l *listener) remember(o elbtypes.Listener) {
	l.arn, l.shares = aws.ToString(o.ListenerArn), sharesOf(o.DefaultActions)
	l.seen = []Field{
		{Name: "port", Value: number(aws.ToInt32(o.Port))},
		{Name: "protocol", Value: string(o.Protocol)},
		{Name: "forwards to", Value: actionsText(o.DefaultActions)},
	}
}

// actionsText renders a listener's actions: the target groups where they are all of it.
func actionsText(actions []elbtypes.Action) string {
	if shares := sharesOf(actions); len(shares) > 0 {
		return sharesText(shares)
	}
	var texts []string
	for _, a := range actions {
		texts = append(texts, string(a.Type))
	}
	return set(texts...)
}

// otherRules returns the rules beside the default one that the stack did not make: what they match does not reach the
// service, in this region alone.
func (l *listener) otherRules(ctx context.Context) ([]string, error) {
	out, err := l.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &l.arn})
	if err != nil {
		return nil, fmt.Errorf("describe rules of %s: %w", l.arn, err)
	}
	var arns []string
	for _, r := range out.Rules {
		if !aws.ToBool(r.IsDefault) && !(l.side == understudy.Secondary && slices.ContainsFunc(r.Conditions, isSwitchPath)) {
			arns = append(arns, aws.ToString(r.RuleArn))
		}
	}
	return l.foreign(ctx, arns)
}

// foreign returns those of some resources that do not have the stack's tag. One call asks for twenty at most.
func (l *listener) foreign(ctx context.Context, arns []string) (others []string, err error) {
	for some := range slices.Chunk(arns, 20) {
		out, err := l.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: some})
		if err != nil {
			return nil, fmt.Errorf("describe tags of rules of %s: %w", l.arn, err)
		}
		for _, d := range out.TagDescriptions {
			if account.OfELB(d.Tags)[account.TagStack] != l.stack() {
				others = append(others, aws.ToString(d.ResourceArn))
			}
		}
	}
	return others, nil
}

// fits prefers the listener with the declared port.
func (l *listener) fits() int {
	if slices.Contains(l.seen, Field{Name: "port", Value: number(l.declared.Listener.Port)}) {
		return 1
	}
	return 0
}

// holds is nothing: what a second listener of the stack's own load balancer serves, the other region does not.
func (l *listener) holds(context.Context) ([]string, error) { return nil, nil }

func (l *listener) create(ctx context.Context) error {
	out, err := l.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &l.balancer.arn,
		Protocol:        elbtypes.ProtocolEnumHttp,
		Port:            aws.Int32(int32(l.declared.Listener.Port)),
		DefaultActions:  forwards([]share{{l.group.arn, whole}}),
		Tags:            l.mark(listenerRole).ELB(),
	})
	if err != nil {
		return fmt.Errorf("create listener: %w", err)
	}
	l.arn = aws.ToString(out.Listeners[0].ListenerArn)
	return nil
}

func (l *listener) change(ctx context.Context, differences []Difference) error {
	if differs(differences, "tagged") {
		if err := l.retagELB(ctx, l.arn, listenerRole); err != nil || len(differences) == 1 {
			return err
		}
	}
	_, err := l.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn:    &l.arn,
		Port:           aws.Int32(int32(l.declared.Listener.Port)),
		Protocol:       elbtypes.ProtocolEnumHttp,
		DefaultActions: forwards(l.introduces()),
	})
	if err != nil {
		return fmt.Errorf("change %s: %w", l.arn, err)
	}
	if !differs(differences, "other rules") {
		return nil
	}
	rules, err := l.otherRules(ctx)
	for _, arn := range rules {
		if _, err := l.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &arn}); err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", arn, err)
		}
	}
	return err
}

func (l *listener) remove(ctx context.Context) error {
	if _, err := l.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l.arn}); err != nil {
		return fmt.Errorf("delete %s: %w", l.arn, err)
	}
	return nil
}

var _ doubling = (*listener)(nil)
