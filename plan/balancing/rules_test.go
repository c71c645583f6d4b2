package balancing

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func ruleAt(path string) understudy.Rule {
	return understudy.Rule{Path: []string{path}, Action: understudy.Action{Fixed: &understudy.Fixed{Status: 404, Type: "text/plain", Body: path}}}
}

// foundRules are rules as AWS shows them, in their order.
func foundRules(r *Rules, all ...understudy.Rule) (parts []*rulePart) {
	for i, d := range all {
		parts = append(parts, r.part(elbtypes.Rule{RuleArn: aws.String("arn of " + d.Path[0]), Priority: aws.String(resource.Number(understudy.FirstRule + i)),
			Conditions: conditionsOf(d), Actions: r.Listener.actionsOf(d.Action)}, r.Mark(ruleRole)))
	}
	return parts
}

func TestRulesDiffer(t *testing.T) {
	r := &Rules{Scope: resourcetest.Scope(t), Listener: &Listener{Scope: resourcetest.Scope(t), Group: &TargetGroup{ARN: "arn:group"}}}
	forwarding := understudy.Rule{Method: []string{"PUT", "POST"}}
	r.Listener.Declared.Rules = []understudy.Rule{ruleAt("/a"), forwarding}
	found := func(priority string, conditions []elbtypes.RuleCondition, does understudy.Action) *rulePart {
		return r.part(elbtypes.Rule{Priority: aws.String(priority), Conditions: conditions, Actions: r.Listener.actionsOf(does)}, r.Mark(ruleRole))
	}
	r.seen = []*rulePart{found("10", conditionsOf(ruleAt("/a")), ruleAt("/a").Action),
		found("11", []elbtypes.RuleCondition{{Field: aws.String("http-request-method"),
			HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: []string{"POST", "PUT"}}}}, forwarding.Action)}
	resourcetest.Expect(t, r)
	r.seen[1].does = "forwards to arn:other"
	resourcetest.Expect(t, r,
		`rule 11: if http-request-method ["POST" "PUT"]: forwards to arn:group, not if http-request-method ["POST" "PUT"]: forwards to arn:other`)
	r.Listener.Declared.Rules, r.seen[1].does = r.Listener.Declared.Rules[:1], "forwards to arn:group"
	resourcetest.Expect(t, r, `further rules: , not 11: http-request-method ["POST" "PUT"]`)
}

// A rule that stays keeps its ARN, wherever it stands; what stands for something else than declared is used again.
func TestRulesKeepTheirARNs(t *testing.T) {
	for name, c := range map[string]struct{ declared, found, pairs, left []string }{
		"the same":         {[]string{"/a", "/b"}, []string{"/a", "/b"}, []string{"/a", "/b"}, nil},
		"in another order": {[]string{"/b", "/a"}, []string{"/a", "/b"}, []string{"/b", "/a"}, nil},
		"one before":       {[]string{"/c", "/a"}, []string{"/a"}, []string{"", "/a"}, nil},
		"another":          {[]string{"/c", "/b"}, []string{"/a", "/b"}, []string{"/a", "/b"}, nil},
		"one less":         {[]string{"/b"}, []string{"/a", "/b"}, []string{"/b"}, []string{"/a"}},
		"none any more":    {nil, []string{"/a"}, nil, []string{"/a"}},
	} {
		r := &Rules{Scope: resourcetest.Scope(t), Listener: &Listener{Scope: resourcetest.Scope(t)}}
		var found []understudy.Rule
		r.Listener.Declared.Rules = nil
		for _, path := range c.declared {
			r.Listener.Declared.Rules = append(r.Listener.Declared.Rules, ruleAt(path))
		}
		for _, path := range c.found {
			found = append(found, ruleAt(path))
		}
		r.seen = foundRules(r, found...)
		names := func(parts []*rulePart) (all []string) {
			for _, p := range parts {
				if p == nil {
					all = append(all, "")
					continue
				}
				all = append(all, p.arn[len("arn of "):])
			}
			return all
		}
		pairs, left := r.paired()
		if !slices.Equal(names(pairs), c.pairs) || !slices.Equal(names(left), c.left) {
			t.Errorf("%s: %q are used, %q go", name, names(pairs), names(left))
		}
	}
}

// What rules forward follows the listener from one generation to the next.
func TestRulesForwardAsTheListener(t *testing.T) {
	one, two := &TargetGroup{ARN: "one"}, &TargetGroup{ARN: "two"}
	two.Earlier = []*TargetGroup{one}
	l := &Listener{Scope: resourcetest.Scope(t), Group: two, shares: []Share{{"one", Whole}}}
	r := &Rules{Scope: l.Scope, Listener: l}
	forwarding := understudy.Rule{Path: []string{"/a"}}
	for want, shares := range map[string][]Share{
		"forwards to one with weight 1, two with weight 0": {{"one", Whole}},
		"forwards to one with weight 0, two with weight 1": {{"one", 0}, {"two", Whole}},
	} {
		l.shares = shares
		if got := ruleActionsText(r.Listener.actionsOf(forwarding.Action)); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// A declared rule stands where one of its priority and conditions was found.
func TestDeclaredRulesStandWhereTheyWereFound(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Rules = []understudy.Rule{ruleAt("/a"), {Path: []string{"/b"}}}
	r := &Rules{Scope: s, Listener: &Listener{Scope: s, arn: "@primary/listener", Group: &TargetGroup{Scope: s}}}
	r.seen = foundRules(r, ruleAt("/a"), ruleAt("/c"))
	var standing []string
	for _, p := range r.Drawn("primary/rules") {
		standing = append(standing, p.ID+": "+r.Standing(p.Content.(blueprint.AnsweringRule)))
	}
	if want := []string{"primary/rules 10: arn of /a", "primary/rules 11: "}; !slices.Equal(standing, want) {
		t.Errorf("%q, not %q", standing, want)
	}
}
