package balancing

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
	"github.com/understudy/understudy/plan/resource"
)

// Listener is where users connect: it sends all requests to the target group. Where they connect with HTTPS, another one sends those
// who come with HTTP on to it (redirect.go).
type Listener struct {
	resource.Scope
	resource.Doubles
	Balancer  *Balancer
	Group     *TargetGroup // nil of one that redirects
	Redirects bool
	Further   *understudy.FurtherListener // of one at a further port
	Lead      *Listener                   // likewise: the one at which users connect, which it forwards as
	Followers []*Listener                 // those that it leads
	closing   []*Listener                 // those of ports that are declared no more
	Switches  bool                        // likewise: it is the region's switch, and not for users (switch_listener.go)
	position  understudy.Side             // of that: which side is to serve, empty where it says nothing
	turnedBy  string                      // and by whom it was set
	arn       string
	shares    []Share // of the target groups that it was found to forward to
	inTheWay  string  // the other listener, if it has the port that this one is to have
	seen      []resource.Field
}

const listenerRole = "listener"

func (l *Listener) Identity() string         { return l.arn }
func (l *Listener) Actual() []resource.Field { return l.seen }

func (l *Listener) Desired() []resource.Field {
	return append([]resource.Field{
		{Name: "port", Value: resource.Number(l.port())},
		{Name: "protocol", Value: string(l.protocol())},
		{Name: "forwards to", Value: l.destination()},
		{Name: "other rules", Value: ""},
		l.Tagged(l.role()),
	}, append(l.desiredTLS(), l.desiredIdle()...)...)
}

func (l *Listener) port() int {
	switch {
	case l.Redirects:
		return l.Declared.Listener.Port
	case l.Switches:
		return switchPort(l.Side, l.position)
	case l.Further != nil:
		return l.Further.Port
	}
	return entryPort(l.Scope)
}

func (l *Listener) protocol() elbtypes.ProtocolEnum {
	switch {
	case l.secure() && Flows(l.Scope):
		return elbtypes.ProtocolEnumTls
	case l.secure():
		return elbtypes.ProtocolEnumHttps
	case Flows(l.Scope):
		return elbtypes.ProtocolEnumTcp
	}
	return elbtypes.ProtocolEnumHttp
}

// destination tells where it is to send requests.
func (l *Listener) destination() string {
	if a := l.action(); !l.Redirects && a.Forwards() {
		return SharesText(l.toward(a.Forward, l.introduces()))
	}
	return actionsText(l.actions())
}

// action is what is declared of requests that meet no rule.
func (l *Listener) action() (a understudy.Action) {
	if l.Further != nil {
		return l.Further.Action
	}
	return a
}

// actions are what it is to do with requests.
func (l *Listener) actions() []elbtypes.Action {
	if l.Redirects {
		return l.sendsOn()
	}
	return l.actionsOf(l.action())
}

func (l *Listener) role() string {
	switch {
	case l.Redirects:
		return redirectRole
	case l.Switches:
		return switchRole
	case l.Further != nil:
		return l.Further.Role()
	}
	return listenerRole
}

func (l *Listener) Find(ctx context.Context) (bool, error) {
	if l.Balancer.ARN == "" {
		return false, nil
	}
	out, err := l.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &l.Balancer.ARN})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe listeners of %s: %w", l.Balancer.ARN, err)
	}
	*l = Listener{Scope: l.Scope, Balancer: l.Balancer, Group: l.Group, Redirects: l.Redirects, Further: l.Further, Lead: l.Lead, Followers: l.Followers,
		Switches: l.Switches}
	roles, err := l.rolesOf(ctx, out.Listeners)
	if err != nil {
		return false, err
	}
	// The load balancer is the stack's alone. A port has one listener, so a second listener with a role has another port: it
	// was made by a call that was sent before the declared port was changed, and carried out after.
	var found, closing []*Listener
	var inTheWay string
	for _, o := range out.Listeners {
		switch arn := aws.ToString(o.ListenerArn); {
		case roles[arn] == l.role():
			one := *l
			one.remember(o)
			found = append(found, &one)
		case aws.ToInt32(o.Port) == int32(l.port()) && roles[arn] != listenerRole:
			inTheWay = arn
		case l.role() == listenerRole && l.closes(roles[arn]):
			one := *l
			one.remember(o)
			closing = append(closing, &one)
		}
	}
	there, err := resource.Choose(ctx, l, found)
	l.inTheWay = inTheWay
	l.closing = closing
	for _, one := range closing {
		l.Spare = append(l.Spare, resource.Double{Doubling: one, Of: l.arn, Held: nil})
	}
	if err == nil && !there {
		err = l.turns(ctx)
	}
	if err != nil || !there {
		return there, err
	}
	return true, l.readMore(ctx)
}

// readMore adds to what was seen of the listener its rules and its tags.
func (l *Listener) readMore(ctx context.Context) error {
	var rules []string
	var tags map[string]string
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		rules, err = l.otherRules(ctx)
		return err
	})
	all.Go(func() (err error) {
		tags, err = l.TagsOfELB(ctx, l.arn)
		return err
	})
	var idle []resource.Field
	all.Go(func() (err error) {
		idle, err = l.readIdle(ctx)
		return err
	})
	if err := all.Wait(); err != nil {
		return err
	}
	l.turnedBy = tags[turnedTag]
	l.seen = append(append(l.seen, resource.Field{Name: "other rules", Value: resource.Set(rules...)}, l.TaggedWith(l.role(), tags)), idle...)
	return nil
}

func (l *Listener) remember(o elbtypes.Listener) {
	l.stands(o)
	l.arn, l.shares = aws.ToString(o.ListenerArn), sharesOf(o.DefaultActions)
	l.seen = []resource.Field{
		{Name: "port", Value: resource.Number(aws.ToInt32(o.Port))},
		{Name: "protocol", Value: string(o.Protocol)},
		{Name: "forwards to", Value: actionsText(o.DefaultActions)},
	}
	l.seen = append(l.seen, seenTLS(o)...)
}

// actionsText renders a listener's actions: the target groups where they are all of it.
func actionsText(actions []elbtypes.Action) string {
	if shares := sharesOf(actions); len(shares) > 0 {
		return SharesText(shares)
	}
	var texts []string
	for _, a := range actions {
		text := string(a.Type)
		switch f := a.FixedResponseConfig; {
		case a.RedirectConfig != nil:
			text = redirectText(a.RedirectConfig)
		case f != nil:
			text = fmt.Sprintf("%s %s %q", aws.ToString(f.StatusCode), aws.ToString(f.ContentType), aws.ToString(f.MessageBody))
		}
		texts = append(texts, text)
	}
	return resource.Set(texts...)
}

// otherRules returns the rules beside the default one that the stack did not make: what they match does not reach the
// service, in this region alone.
func (l *Listener) otherRules(ctx context.Context) ([]string, error) {
	out, err := l.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &l.arn})
	if err != nil {
		return nil, fmt.Errorf("describe rules of %s: %w", l.arn, err)
	}
	var arns []string
	for _, r := range out.Rules {
		if !aws.ToBool(r.IsDefault) && !(l.role() == listenerRole && l.Declared.Switched(l.Side) && slices.ContainsFunc(r.Conditions, account.IsSwitchPath)) {
			arns = append(arns, aws.ToString(r.RuleArn))
		}
	}
	return l.foreign(ctx, arns)
}

// foreign returns those of some resources that do not have the stack's tag. One call asks for twenty at most.
func (l *Listener) foreign(ctx context.Context, arns []string) (others []string, err error) {
	for some := range slices.Chunk(arns, 20) {
		out, err := l.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: some})
		if err != nil {
			return nil, fmt.Errorf("describe tags of rules of %s: %w", l.arn, err)
		}
		for _, d := range out.TagDescriptions {
			if account.OfELB(d.Tags)[account.TagStack] != l.Stack() {
				others = append(others, aws.ToString(d.ResourceArn))
			}
		}
	}
	return others, nil
}

// Fits prefers the listener with the declared port, and of two switches the one that is turned.
func (l *Listener) Fits() int {
	if l.Switches && l.position != l.Side {
		return 0
	}
	if slices.Contains(l.seen, resource.Field{Name: "port", Value: resource.Number(l.port())}) {
		return 1
	}
	return 0
}

// Holds is nothing: what a second listener of the stack's own load balancer serves, the other region does not.
func (l *Listener) Holds(context.Context) ([]string, error) { return nil, nil }

func (l *Listener) Create(ctx context.Context) error {
	if err := l.makeWay(ctx); err != nil {
		return err
	}
	policy, certificates := l.tls()
	out, err := l.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &l.Balancer.ARN,
		Protocol:        l.protocol(),
		Port:            aws.Int32(int32(l.port())),
		SslPolicy:       policy,
		Certificates:    certificates,
		DefaultActions:  l.actions(),
		Tags:            l.Mark(l.role()).ELB(),
	})
	if err != nil {
		return fmt.Errorf("create listener: %w", err)
	}
	l.arn = aws.ToString(out.Listeners[0].ListenerArn)
	return l.made(ctx)
}

func (l *Listener) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := l.RetagELB(ctx, l.arn, l.role()); err != nil || len(differences) == 1 {
			return err
		}
	}
	if err := l.makeWay(ctx); err != nil {
		return err
	}
	policy, certificates := l.tls()
	port := aws.Int32(int32(l.port()))
	if l.Switches && !resource.Differs(differences, "port") {
		port = nil // somebody may have turned the switch since it was found
	}
	_, err := l.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn:    &l.arn,
		Port:           port,
		Protocol:       l.protocol(),
		SslPolicy:      policy,
		Certificates:   certificates,
		DefaultActions: l.actions(),
	})
	if l.role() != listenerRole && account.IsNotFound(err) { // the other listener has its port now
		return l.Create(ctx)
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", l.arn, err)
	}
	if resource.Differs(differences, idleSetting) {
		if err := l.setIdle(ctx); err != nil {
			return err
		}
	}
	if !resource.Differs(differences, "other rules") {
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

func (l *Listener) Remove(ctx context.Context) error {
	if _, err := l.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l.arn}); err != nil {
		return fmt.Errorf("delete %s: %w", l.arn, err)
	}
	return nil
}

var _ resource.Doubling = (*Listener)(nil)

// entryPort is where users connect.
func entryPort(s resource.Scope) int {
	_, port := s.Declared.Entry()
	return port
}
