package balancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxPriority is the highest number of a rule; the lowest goes first.
const maxPriority = 50000

func checkPriority(p *int32) error {
	if p == nil || *p < 1 || *p > maxPriority {
		return invalid("A rule's priority must be between 1 and %d", maxPriority)
	}
	return nil
}

// CreateRule adds a rule to a listener.
func (r *Room) CreateRule(ctx context.Context, in *elb.CreateRuleInput) (*elb.CreateRuleOutput, error) {
	if err := r.requireARN(listenerARN, "ListenerArn", in.ListenerArn); err != nil {
		return nil, err
	}
	if err := checkRules(*in.ListenerArn); err != nil {
		return nil, err
	}
	if err := checkPriority(in.Priority); err != nil {
		return nil, err
	}
	if err := room.Only(in, "ListenerArn", "Priority", "Conditions", "Actions", "Tags"); err != nil {
		return nil, err
	}
	row := ruleRow{Listener: *in.ListenerArn, Priority: *in.Priority}
	var err error
	if row.Conditions, err = readConditions(in.Conditions); err != nil {
		return nil, err
	}
	if row.Tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) (err error) {
		l, ok := r.listeners.GetTx(tx, row.Listener)
		if !ok {
			return missingListener()
		}
		if row.Actions, err = r.readActions(tx, l, in.Actions); err != nil {
			return err
		}
		if err := r.checkVersions(tx, l.protocol(), row.Actions); err != nil {
			return err
		}
		rules := rulesOf(r.rules.AllTx(tx), l.ARN)
		if slices.ContainsFunc(rules, func(x ruleRow) bool { return x.Priority == row.Priority }) {
			return wire.Errorf("PriorityInUse", "Priority '%d' is currently in use", row.Priority)
		}
		if r.countRules(tx, l.LoadBalancer) >= r.Quota(rulesPerBalancer) {
			return wire.Errorf("TooManyRules", "The maximum number of rules has been reached")
		}
		row.ARN = r.ARN("elasticloadbalancing", "listener-rule/"+tail(l.ARN, "listener")+"/"+room.NewSerial(16))
		return r.rules.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &elb.CreateRuleOutput{Rules: []elbtypes.Rule{showRule(row)}}, nil
}

// countRules counts a load balancer's rules, without the default ones.
func (r *Room) countRules(tx *store.Tx, loadBalancer string) (n int) {
	for _, rule := range r.rules.AllTx(tx) {
		if l, ok := r.listeners.GetTx(tx, rule.Listener); ok && l.LoadBalancer == loadBalancer {
			n++
		}
	}
	return n
}

// rulesOf returns a listener's rules beside the default one, in the order they are tried.
func rulesOf(rules []ruleRow, listener string) []ruleRow {
	rules = slices.DeleteFunc(rules, func(x ruleRow) bool { return x.Listener != listener })
	slices.SortFunc(rules, func(a, b ruleRow) int { return int(a.Priority - b.Priority) })
	return rules
}

func showRule(row ruleRow) elbtypes.Rule {
	return elbtypes.Rule{
		RuleArn: new(row.ARN), Priority: new(strconv.Itoa(int(row.Priority))), IsDefault: new(false), Conditions: row.Conditions, Actions: row.Actions,
	}
}

func showDefaultRule(l listenerRow) elbtypes.Rule {
	return elbtypes.Rule{RuleArn: new(l.DefaultRule), Priority: new("default"), IsDefault: new(true), Conditions: []elbtypes.RuleCondition{}, Actions: l.Actions}
}

// DescribeRules lists the rules of a listener, in the order they are tried, or those asked for.
func (r *Room) DescribeRules(ctx context.Context, in *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
	if err := room.Only(in, "ListenerArn", "Marker", "PageSize", "RuleArns"); err != nil {
		return nil, err
	}
	if (in.ListenerArn == nil) == (len(in.RuleArns) == 0) {
		return nil, invalid("You must specify either listener rule ARNs or a listener ARN")
	}
	kind, arns := ruleARN, in.RuleArns
	if in.ListenerArn != nil {
		kind, arns = listenerARN, []string{*in.ListenerArn}
	}
	if err := r.checkARNs(kind, arns...); err != nil {
		return nil, err
	}
	var all []elbtypes.Rule
	found := in.ListenerArn == nil
	for _, l := range r.listeners.All() {
		if in.ListenerArn != nil && l.ARN != *in.ListenerArn {
			continue
		}
		found = true
		for _, rule := range rulesOf(r.rules.All(), l.ARN) {
			all = append(all, showRule(rule))
		}
		all = append(all, showDefaultRule(l))
	}
	if !found {
		return nil, missingListener()
	}
	all, err := selected(all, in.RuleArns, func(x elbtypes.Rule) string { return *x.RuleArn }, missingRule)
	if err != nil {
		return nil, err
	}
	key := func(x elbtypes.Rule) string { return fmt.Sprintf("%8s %s", *x.Priority, *x.RuleArn) }
	all, next, err := page(all, func(x elbtypes.Rule) string { return strings.Replace(key(x), " default", "~default", 1) }, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeRulesOutput{Rules: all, NextMarker: next}, nil
}

// changeRule changes a rule that is not a listener's default one.
func (r *Room) changeRule(arn *string, change func(*store.Tx, ruleRow) error) error {
	if err := r.requireARN(ruleARN, "RuleArn", arn); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.rules.GetTx(tx, *arn)
		if !ok {
			return r.noRule(tx, *arn)
		}
		return change(tx, row)
	})
}

// noRule refuses what is to be changed and is no rule, or a default one.
func (r *Room) noRule(tx *store.Tx, arn string) error {
	for _, l := range r.listeners.AllTx(tx) {
		if l.DefaultRule == arn {
			return wire.Errorf("OperationNotPermitted", "Default rule '%s' cannot be modified or deleted", arn)
		}
	}
	return missingRule()
}

// ModifyRule changes a rule's conditions or action.
func (r *Room) ModifyRule(ctx context.Context, in *elb.ModifyRuleInput) (*elb.ModifyRuleOutput, error) {
	if err := room.Only(in, "RuleArn", "Conditions", "Actions"); err != nil {
		return nil, err
	}
	var shown elbtypes.Rule
	err := r.changeRule(in.RuleArn, func(tx *store.Tx, row ruleRow) (err error) {
		l, _ := r.listeners.GetTx(tx, row.Listener)
		if len(in.Conditions) > 0 {
			if row.Conditions, err = readConditions(in.Conditions); err != nil {
				return err
			}
		}
		if len(in.Actions) > 0 {
			if row.Actions, err = r.readActions(tx, l, in.Actions); err != nil {
				return err
			}
			if err := r.checkVersions(tx, l.protocol(), row.Actions); err != nil {
				return err
			}
		}
		shown = showRule(row)
		return r.rules.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &elb.ModifyRuleOutput{Rules: []elbtypes.Rule{shown}}, nil
}

// DeleteRule deletes a rule.
func (r *Room) DeleteRule(ctx context.Context, in *elb.DeleteRuleInput) (*elb.DeleteRuleOutput, error) {
	if err := room.Only(in, "RuleArn"); err != nil {
		return nil, err
	}
	err := r.changeRule(in.RuleArn, func(tx *store.Tx, row ruleRow) error { return r.rules.Delete(tx, row.ARN) })
	return &elb.DeleteRuleOutput{}, err
}

// SetRulePriorities renumbers rules, all at once, so that two may change places.
func (r *Room) SetRulePriorities(ctx context.Context, in *elb.SetRulePrioritiesInput) (*elb.SetRulePrioritiesOutput, error) {
	if err := room.Only(in, "RulePriorities"); err != nil {
		return nil, err
	}
	if len(in.RulePriorities) == 0 {
		return nil, invalid("The request must contain the parameter 'RulePriorities'")
	}
	out := &elb.SetRulePrioritiesOutput{}
	err := r.Update(func(tx *store.Tx) error {
		for _, p := range in.RulePriorities {
			if err := checkPriority(p.Priority); err != nil {
				return err
			}
			if err := r.requireARN(ruleARN, "RuleArn", p.RuleArn); err != nil {
				return err
			}
			row, ok := r.rules.GetTx(tx, *p.RuleArn)
			if !ok {
				return r.noRule(tx, *p.RuleArn)
			}
			row.Priority = *p.Priority
			if err := r.rules.Put(tx, row.ARN, row); err != nil {
				return err
			}
			out.Rules = append(out.Rules, showRule(row))
		}
		seen := map[string]bool{}
		for _, row := range r.rules.AllTx(tx) {
			at := fmt.Sprint(row.Listener, row.Priority)
			if seen[at] {
				return wire.Errorf("PriorityInUse", "Priority '%d' is currently in use", row.Priority)
			}
			seen[at] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
