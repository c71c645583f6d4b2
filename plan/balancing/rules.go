package balancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Rules are the declared rules of a listener, which they go with. What somebody else has added is the listener's to remove.
type Rules struct {
	resource.Scope
	Listener *Listener
	seen     []*rulePart // by their priorities
}

// rulePart is a rule that was found.
type rulePart struct {
	arn      string
	priority int
	meets    string
	does     string
	tags     resource.Field
	shares   []Share // of the target groups that it forwards to
}

const ruleRole = "rule"

// rules are those that are declared for the listener: none for the one that sends users on to HTTPS.
func (l *Listener) rules() []understudy.Rule {
	switch {
	case l.Further != nil:
		return l.Further.Rules
	case !l.Redirects:
		return l.Declared.Rules
	}
	return nil
}

// Foreign says that down has nothing to delete here: the listener takes its rules with it.
func (r *Rules) Foreign() bool    { return true }
func (r *Rules) Identity() string { return r.Listener.arn }

func (r *Rules) Find(ctx context.Context) (bool, error) {
	r.seen = nil
	all, tags, there, err := r.Listener.readRules(ctx)
	if err != nil {
		return false, err
	}
	if !there {
		return len(r.Listener.rules()) == 0, nil
	}
	for _, o := range all {
		if has := tags[aws.ToString(o.RuleArn)]; r.Mark(ruleRole).In(has) {
			r.seen = append(r.seen, r.part(o, has))
		}
	}
	slices.SortFunc(r.seen, func(a, b *rulePart) int { return cmp.Compare(a.priority, b.priority) })
	return true, nil
}

func (r *Rules) part(o elbtypes.Rule, tags map[string]string) *rulePart {
	priority, _ := strconv.Atoi(aws.ToString(o.Priority))
	return &rulePart{aws.ToString(o.RuleArn), priority, conditionsText(o.Conditions),
		ruleActionsText(o.Actions), r.TaggedWith(ruleRole, tags), sharesOf(o.Actions)}
}

func (r *Rules) Desired() []resource.Field {
	fields := []resource.Field{{Name: "further rules"}, r.Tagged(ruleRole)}
	for i, d := range r.Listener.rules() {
		fields = append(fields, ruleField(understudy.FirstRule+i, conditionsText(conditionsOf(d)), ruleActionsText(r.Listener.actionsOf(d.Action))))
	}
	return fields
}

func (r *Rules) Actual() []resource.Field {
	var fields []resource.Field
	var further, tags []string
	for _, p := range r.seen {
		if p.priority >= understudy.FirstRule+len(r.Listener.rules()) || p.priority < understudy.FirstRule {
			further = append(further, fmt.Sprintf("%d: %s", p.priority, p.meets))
		}
		fields = append(fields, ruleField(p.priority, p.meets, p.does))
		tags = append(tags, p.tags.Value)
	}
	if len(tags) == 0 {
		tags = []string{r.Tagged(ruleRole).Value}
	}
	return append(fields, resource.Field{Name: "further rules", Value: resource.Set(further...)}, resource.Field{Name: "tagged", Value: resource.Set(tags...)})
}

func ruleField(priority int, meets, does string) resource.Field {
	return resource.Field{Name: "rule " + resource.Number(priority), Value: "if " + meets + ": " + does}
}

// conditionsOf returns a rule's conditions as AWS takes them.
func conditionsOf(d understudy.Rule) (all []elbtypes.RuleCondition) {
	for _, c := range d.Conditions() {
		one := elbtypes.RuleCondition{Field: aws.String(c.Field)}
		switch c.Field {
		case "host-header":
			one.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: c.Values}
		case "http-header":
			one.HttpHeaderConfig = &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String(c.Header), Values: c.Values}
		case "http-request-method":
			one.HttpRequestMethodConfig = &elbtypes.HttpRequestMethodConditionConfig{Values: c.Values}
		case "path-pattern":
			one.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: c.Values}
		case "source-ip":
			one.SourceIpConfig = &elbtypes.SourceIpConditionConfig{Values: c.Values}
		}
		all = append(all, one)
	}
	return all
}

// conditionsText renders conditions, whose order has no meaning, nor that of their values.
func conditionsText(all []elbtypes.RuleCondition) string {
	var texts []string
	for _, c := range all {
		values, of := c.Values, aws.ToString(c.Field)
		switch {
		case c.HostHeaderConfig != nil:
			values = c.HostHeaderConfig.Values
		case c.HttpHeaderConfig != nil:
			values, of = c.HttpHeaderConfig.Values, of+" "+aws.ToString(c.HttpHeaderConfig.HttpHeaderName)
		case c.HttpRequestMethodConfig != nil:
			values = c.HttpRequestMethodConfig.Values
		case c.PathPatternConfig != nil:
			values = c.PathPatternConfig.Values
		case c.SourceIpConfig != nil:
			values = c.SourceIpConfig.Values
		case c.QueryStringConfig != nil:
			values = []string{"of its own"} // none is declared
		}
		quoted := slices.Sorted(slices.Values(values))
		texts = append(texts, of+" "+fmt.Sprintf("%q", quoted))
	}
	return strings.Join(slices.Sorted(slices.Values(texts)), " and ")
}

// actionsOf returns a declared action as AWS takes it. What is forwarded is shared out among target groups as the requests of the listener at
// which users connect are.
func (l *Listener) actionsOf(d understudy.Action) []elbtypes.Action {
	switch {
	case d.Redirect != nil:
		protocol, host, port, path, query := d.Redirect.To()
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: &elbtypes.RedirectActionConfig{
			StatusCode: elbtypes.RedirectActionStatusCodeEnum(fmt.Sprintf("HTTP_%d", d.Redirect.Status)),
			Protocol:   &protocol, Host: &host, Port: &port, Path: &path, Query: &query,
		}}}
	case d.Fixed != nil:
		f := &elbtypes.FixedResponseActionConfig{StatusCode: aws.String(resource.Number(d.Fixed.Status)), ContentType: aws.String(d.Fixed.Type)}
		if d.Fixed.Body != "" {
			f.MessageBody = aws.String(d.Fixed.Body)
		}
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: f}}
	}
	return forwards(l.toward(d.Forward, l.introduces()))
}

func ruleActionsText(actions []elbtypes.Action) string {
	if shares := sharesOf(actions); len(shares) > 0 {
		return "forwards to " + SharesText(shares)
	}
	return actionsText(actions)
}

// paired returns for each declared rule the one that was found for it: the one with its conditions, else one that no other declared rule
// has use for. What is left is in nobody's place.
func (r *Rules) paired() (pairs []*rulePart, left []*rulePart) {
	pairs, left = make([]*rulePart, len(r.Listener.rules())), slices.Clone(r.seen)
	take := func(i int, fits func(*rulePart) bool) {
		if n := slices.IndexFunc(left, fits); pairs[i] == nil && n >= 0 {
			pairs[i] = left[n]
			left = slices.Delete(left, n, n+1)
		}
	}
	for i, d := range r.Listener.rules() {
		take(i, func(p *rulePart) bool { return p.meets == conditionsText(conditionsOf(d)) })
	}
	for i := range pairs {
		take(i, func(*rulePart) bool { return true })
	}
	return pairs, left
}

func (r *Rules) Create(ctx context.Context) error { return r.Change(ctx, nil) }
func (r *Rules) Remove(context.Context) error     { return nil }

// Change has every request meet the rule that it met, or the one that it is to meet: a rule that stays keeps its ARN when others come before
// it, and all priorities change in one call.
func (r *Rules) Change(ctx context.Context, _ []resource.Difference) error {
	pairs, left := r.paired()
	for _, p := range left {
		if _, err := r.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &p.arn}); err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", p.arn, err)
		}
	}
	for i, p := range pairs {
		if p == nil {
			continue
		}
		if err := r.modify(ctx, p, r.Listener.rules()[i]); err != nil {
			return err
		}
	}
	if err := r.setPriorities(ctx, pairs); err != nil {
		return err
	}
	for i, p := range pairs {
		if p != nil {
			continue
		}
		_, err := r.ELB.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &r.Listener.arn, Priority: aws.Int32(int32(understudy.FirstRule + i)),
			Conditions: conditionsOf(r.Listener.rules()[i]), Actions: r.Listener.actionsOf(r.Listener.rules()[i].Action), Tags: r.Mark(ruleRole).ELB(),
		})
		if err != nil {
			return fmt.Errorf("create rule %d of %s: %w", understudy.FirstRule+i, r.Listener.arn, err)
		}
	}
	return nil
}

func (r *Rules) modify(ctx context.Context, p *rulePart, d understudy.Rule) error {
	if p.tags.Value != r.Tagged(ruleRole).Value {
		if err := r.RetagELB(ctx, p.arn, ruleRole); err != nil {
			return err
		}
	}
	in := &elb.ModifyRuleInput{RuleArn: &p.arn}
	if conditions := conditionsOf(d); conditionsText(conditions) != p.meets {
		in.Conditions = conditions
	}
	if actions := r.Listener.actionsOf(d.Action); ruleActionsText(actions) != p.does {
		in.Actions = actions
	}
	if in.Conditions == nil && in.Actions == nil {
		return nil
	}
	if _, err := r.ELB.ModifyRule(ctx, in); err != nil {
		return fmt.Errorf("change %s: %w", p.arn, err)
	}
	return nil
}

func (r *Rules) setPriorities(ctx context.Context, pairs []*rulePart) error {
	in := &elb.SetRulePrioritiesInput{}
	for i, p := range pairs {
		if p != nil && p.priority != understudy.FirstRule+i {
			in.RulePriorities = append(in.RulePriorities, elbtypes.RulePriorityPair{RuleArn: &p.arn, Priority: aws.Int32(int32(understudy.FirstRule + i))})
		}
	}
	if len(in.RulePriorities) == 0 {
		return nil
	}
	if _, err := r.ELB.SetRulePriorities(ctx, in); err != nil {
		return fmt.Errorf("set the priorities of the rules of %s: %w", r.Listener.arn, err)
	}
	return nil
}

// forwardByRules gives the target groups of the declared rules that forward these shares.
func (l *Listener) forwardByRules(ctx context.Context, shares []Share) error {
	r := &Rules{Scope: l.Scope, Listener: l}
	if _, err := r.Find(ctx); err != nil {
		return err
	}
	for _, p := range r.seen {
		of := l.toward(l.toWhom(p.shares), shares)
		if len(p.shares) == 0 || p.does == "forwards to "+SharesText(of) {
			continue
		}
		if _, err := l.ELB.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &p.arn, Actions: forwards(of)}); err != nil {
			return fmt.Errorf("forward requests of %s to %s: %w", p.arn, SharesText(of), err)
		}
	}
	return nil
}

var _ resource.Resource = (*Rules)(nil)
