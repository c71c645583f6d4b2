package balancing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// SwitchRule is the rule of a region that tells the checkers which side is to serve. Its position is set by whoever moves the users,
// and never by up.
type SwitchRule struct {
	resource.Scope
	Listener *Listener

	arn      string
	Position understudy.Side // empty if the answer is neither
	Body     string          // the answer's
	seen     []resource.Field
}

const switchRole = "switch"

// switchAnswer is the status and the beginning of the answer of a region's switch that says that a side is to serve. The status is what a person
// sees who asks for the path; the checkers need one of 2xx and the text (Amazon Route 53 Developer Guide, "How Amazon Route 53
// determines whether a health check is healthy"). What follows the text says who has set the switch and when.
func switchAnswer(at, side understudy.Side) (status, text string) {
	switch {
	case side == at:
		return "200", SwitchedText(at)
	case at == understudy.Primary:
		return "503", "understudy: both regions serve"
	}
	return "503", "understudy: the primary serves"
}

// SwitchedText is in the answer of a region's switch that keeps users away from the other region.
func SwitchedText(at understudy.Side) string {
	if at == understudy.Primary {
		return "understudy: the primary serves alone"
	}
	return "understudy: the standby serves"
}

func (r *SwitchRule) Identity() string         { return r.arn }
func (r *SwitchRule) Actual() []resource.Field { return r.seen }

// Desired keeps the position that the switch has. A rule whose answer says nothing is set to the primary.
func (r *SwitchRule) Desired() []resource.Field {
	side, body := r.Position, r.Body
	if side == "" {
		side, body = r.idle()
	}
	return append(fieldsOfRule("1", switchConditions(), switchActions(r.Side, side, body)), r.Tagged(switchRole))
}

// idle is the position in which health alone decides, and its answer.
func (r *SwitchRule) idle() (understudy.Side, string) {
	to := r.Side.Other()
	_, body := switchAnswer(r.Side, to)
	return to, body
}

func switchConditions() []elbtypes.RuleCondition {
	return []elbtypes.RuleCondition{{
		Field:             aws.String("path-pattern"),
		PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: []string{understudy.SwitchPath}},
	}}
}

func switchActions(at, side understudy.Side, body string) []elbtypes.Action {
	status, _ := switchAnswer(at, side)
	return []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
			StatusCode: &status, MessageBody: &body, ContentType: aws.String("text/plain"),
		},
	}}
}

func fieldsOfRule(priority string, conditions []elbtypes.RuleCondition, actions []elbtypes.Action) []resource.Field {
	var paths, answers []string
	for _, c := range conditions {
		paths = append(paths, aws.ToString(c.Field)+" "+resource.Set(account.Paths(c)...))
	}
	for _, a := range actions {
		text := string(a.Type)
		if f := a.FixedResponseConfig; f != nil {
			text = fmt.Sprintf("%s %s %q", aws.ToString(f.StatusCode), aws.ToString(f.ContentType), aws.ToString(f.MessageBody))
		}
		answers = append(answers, text)
	}
	return []resource.Field{{Name: "priority", Value: priority}, {Name: "if", Value: resource.Set(paths...)}, {Name: "answers", Value: resource.Set(answers...)}}
}

// positionOf reads which side the answer of a region's rule says is to serve, and the answer's text.
func positionOf(at understudy.Side, actions []elbtypes.Action) (understudy.Side, string) {
	for _, a := range actions {
		if a.FixedResponseConfig == nil {
			continue
		}
		said, body := aws.ToString(a.FixedResponseConfig.StatusCode), aws.ToString(a.FixedResponseConfig.MessageBody)
		for _, side := range understudy.Sides {
			if status, text := switchAnswer(at, side); said == status && strings.HasPrefix(body, text) {
				return side, body
			}
		}
	}
	return "", ""
}

// Find looks for the rule by its tags, and by its path if somebody took the tags away.
func (r *SwitchRule) Find(ctx context.Context) (bool, error) {
	*r = SwitchRule{Scope: r.Scope, Listener: r.Listener}
	rules, tags, _, err := r.Listener.readRules(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range rules {
		has := tags[aws.ToString(o.RuleArn)]
		mine := r.Mark(switchRole).In(has)
		if !mine && (r.arn != "" || !slices.ContainsFunc(o.Conditions, account.IsSwitchPath)) {
			continue
		}
		r.arn = aws.ToString(o.RuleArn)
		r.Position, r.Body = positionOf(r.Side, o.Actions)
		r.seen = append(fieldsOfRule(aws.ToString(o.Priority), o.Conditions, o.Actions), r.TaggedWith(switchRole, has))
		if mine {
			break
		}
	}
	return r.arn != "", nil
}

// readRules returns the rules beside the default one, with their tags by their ARNs, and whether there is a listener.
func (l *Listener) readRules(ctx context.Context) (rules []elbtypes.Rule, tags map[string]map[string]string, there bool, err error) {
	if l.arn == "" {
		return nil, nil, false, nil
	}
	out, err := l.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &l.arn})
	if account.IsNotFound(err) {
		return nil, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, fmt.Errorf("describe rules of %s: %w", l.arn, err)
	}
	rules = slices.DeleteFunc(out.Rules, func(o elbtypes.Rule) bool { return aws.ToBool(o.IsDefault) })
	tags, err = l.tagsOf(ctx, rules)
	return rules, tags, true, err
}

// tagsOf returns the tags of rules by their ARNs. One call asks for twenty at most.
func (l *Listener) tagsOf(ctx context.Context, rules []elbtypes.Rule) (map[string]map[string]string, error) {
	tags := map[string]map[string]string{}
	for some := range slices.Chunk(rules, 20) {
		var arns []string
		for _, o := range some {
			arns = append(arns, aws.ToString(o.RuleArn))
		}
		out, err := l.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
		if err != nil {
			return nil, fmt.Errorf("describe tags of the rules of %s: %w", l.arn, err)
		}
		for _, d := range out.TagDescriptions {
			tags[aws.ToString(d.ResourceArn)] = account.OfELB(d.Tags)
		}
	}
	return tags, nil
}

// Create takes over the position that the switch has in an earlier network.
func (r *SwitchRule) Create(ctx context.Context) error {
	side, body, err := r.earlierPosition(ctx)
	if err != nil {
		return err
	}
	out, err := r.ELB.CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: &r.Listener.arn,
		Priority:    aws.Int32(1),
		Conditions:  switchConditions(),
		Actions:     switchActions(r.Side, side, body),
		Tags:        r.Mark(switchRole).ELB(),
	})
	if err != nil {
		return fmt.Errorf("create the switch's rule: %w", err)
	}
	r.arn, r.Position, r.Body = aws.ToString(out.Rules[0].RuleArn), side, body
	return nil
}

// earlierPosition returns the position and the answer of the switch in an earlier network. Without one, health alone decides.
func (r *SwitchRule) earlierPosition(ctx context.Context) (understudy.Side, string, error) {
	for _, b := range r.Listener.Balancer.Earlier {
		rules, err := switchesOf(ctx, r.Scope, b)
		if err != nil {
			return "", "", err
		}
		for _, o := range rules {
			if side, body := positionOf(r.Side, o.Actions); side != "" {
				return side, body, nil
			}
		}
	}
	side, body := r.idle()
	return side, body, nil
}

func (r *SwitchRule) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := r.RetagELB(ctx, r.arn, switchRole); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "priority") {
		_, err := r.ELB.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{
			RulePriorities: []elbtypes.RulePriorityPair{{RuleArn: &r.arn, Priority: aws.Int32(1)}},
		})
		if err != nil {
			return fmt.Errorf("set the priority of %s: %w", r.arn, err)
		}
	}
	in := &elb.ModifyRuleInput{RuleArn: &r.arn}
	if resource.Differs(differences, "if") {
		in.Conditions = switchConditions()
	}
	if resource.Differs(differences, "answers") {
		side, body := r.idle()
		in.Actions = switchActions(r.Side, side, body)
	}
	if in.Conditions == nil && in.Actions == nil {
		return nil
	}
	if _, err := r.ELB.ModifyRule(ctx, in); err != nil {
		return fmt.Errorf("change %s: %w", r.arn, err)
	}
	return nil
}

func (r *SwitchRule) Remove(ctx context.Context) error {
	if _, err := r.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &r.arn}); err != nil && !account.IsNotFound(err) { // its listener's end is its own
		return fmt.Errorf("delete %s: %w", r.arn, err)
	}
	return nil
}

var _ resource.Resource = (*SwitchRule)(nil)
