package drill

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/understudy/understudy/account"
)

// Respond makes the load balancer answer every request with 500, by a rule before all others on each of its listeners.
// Users and Route 53's checkers see a service that fails, and no instance is changed. The load balancer's own health
// checks do not pass the rules, so its targets stay healthy. A network load balancer has no rules: its listeners leave their ports (displace.go).
type Respond struct {
	Account *account.Account
	Parts   Parts // only to break
}

var (
	_ Fault  = Respond{}
	_ noting = Respond{}
)

type responding struct {
	Listeners []string             `json:"listeners"`
	Displaced map[string]displaced `json:"displaced,omitempty"` // in place of rules, by the listeners' ARNs
	Priority  int32                `json:"priority,omitempty"`
	Says      string               `json:"says"` // the body of the answer, by which the drill's rules are known
}

// firstRule is the priority of the rule that is matched first (CreateRule in the Elastic Load Balancing API: 1 to 50000, each once).
const firstRule = 1

// Kind implements Fault.
func (Respond) Kind() string { return "targets" }

// Notes implements noting.
func (f Respond) Notes() []string {
	if isNetwork(f.Parts.Balancer) {
		return []string{"the network load balancer's listeners left their ports: its own health checks do not go by them, so its targets stayed healthy and " +
			"only Route 53's checkers could detect the fault. Connections that were open went on"}
	}
	return []string{"the load balancer answered with 500 instead of the service: its own health checks do not pass its rules, " +
		"so its targets stayed healthy and only Route 53's checkers could detect the fault"}
}

// Prepare implements Fault. It refuses if a rule has the first priority, since the 500 must come before it. The rule of the stack's switch,
// which a region has where both serve, stays before it: the other region's record follows its answer.
func (f Respond) Prepare(ctx context.Context) (json.RawMessage, error) {
	u := responding{Says: "understudy drill " + rand.Text(), Priority: firstRule}
	var listeners []elbtypes.Listener
	pages := elb.NewDescribeListenersPaginator(f.Account.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &f.Parts.Balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe listeners of %s: %w", f.Parts.Balancer, err)
		}
		for _, l := range page.Listeners {
			u.Listeners = append(u.Listeners, aws.ToString(l.ListenerArn))
		}
		listeners = append(listeners, page.Listeners...)
	}
	if len(u.Listeners) == 0 {
		return nil, fmt.Errorf("targets: %s has no listener", f.Parts.Balancer)
	}
	if isNetwork(f.Parts.Balancer) {
		u.Displaced = displaces(listeners)
		return json.Marshal(u)
	}
	var others []elbtypes.Rule
	for _, l := range u.Listeners {
		rules, err := f.rules(ctx, l)
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if account.IsSwitchRule(r) && aws.ToString(r.Priority) == fmt.Sprint(firstRule) {
				u.Priority = firstRule + 1
			} else {
				others = append(others, r)
			}
		}
	}
	for _, r := range others {
		if n, err := strconv.Atoi(aws.ToString(r.Priority)); err == nil && n <= int(u.Priority) { // the last one's is no number
			return nil, fmt.Errorf("targets: rule %s has priority %d already, and no rule can stand before it", aws.ToString(r.RuleArn), n)
		}
	}
	return json.Marshal(u)
}

func (f Respond) rules(ctx context.Context, listener string) ([]elbtypes.Rule, error) {
	var all []elbtypes.Rule
	pages := elb.NewDescribeRulesPaginator(f.Account.ELB, &elb.DescribeRulesInput{ListenerArn: &listener})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe rules of %s: %w", listener, err)
		}
		all = append(all, page.Rules...)
	}
	return all, nil
}

// Break implements Fault.
func (f Respond) Break(ctx context.Context, undo json.RawMessage) error {
	u, err := respondingOf(undo)
	if err != nil {
		return err
	}
	if len(u.Displaced) > 0 {
		return f.move(ctx, u.Displaced, displaced.port, displaced.away)
	}
	return f.answer(ctx, u, "*")
}

// answer makes the rules, of requests for pages of a pattern.
func (f Respond) answer(ctx context.Context, u responding, pages string) error {
	for _, l := range u.Listeners {
		_, err := f.Account.ELB.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &l,
			Priority:    &u.Priority,
			Conditions: []elbtypes.RuleCondition{{
				Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: []string{pages}},
			}},
			Actions: []elbtypes.Action{{
				Type: elbtypes.ActionTypeEnumFixedResponse,
				FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
					StatusCode: aws.String("500"), ContentType: aws.String("text/plain"), MessageBody: &u.Says,
				},
			}},
		})
		if err != nil {
			return fmt.Errorf("create a rule of %s: %w", l, err)
		}
	}
	return nil
}

// Repair implements Fault.
func (f Respond) Repair(ctx context.Context, undo json.RawMessage) error {
	u, err := respondingOf(undo)
	if err != nil {
		return err
	}
	if len(u.Displaced) > 0 {
		return f.move(ctx, u.Displaced, displaced.away, displaced.port)
	}
	for _, l := range u.Listeners {
		rules, err := f.rules(ctx, l)
		if account.IsNotFound(err) {
			continue // its rules were deleted with it
		}
		if err != nil {
			return err
		}
		for _, r := range rules {
			if !u.made(r) {
				continue
			}
			if _, err := f.Account.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: r.RuleArn}); err != nil && !account.IsNotFound(err) {
				return fmt.Errorf("delete rule %s: %w", aws.ToString(r.RuleArn), err)
			}
		}
	}
	return nil
}

// made tells whether a rule is the drill's.
func (u responding) made(r elbtypes.Rule) bool {
	for _, a := range r.Actions {
		if a.FixedResponseConfig != nil && strings.TrimSpace(aws.ToString(a.FixedResponseConfig.MessageBody)) == u.Says {
			return true
		}
	}
	return false
}

func respondingOf(undo json.RawMessage) (u responding, err error) {
	if err := json.Unmarshal(undo, &u); err != nil {
		return u, fmt.Errorf("the journal names no listeners: %w", err)
	}
	if u.Says == "" {
		return u, fmt.Errorf("the journal names no answer: %q", undo) // rules without a body would match
	}
	return u, nil
}
