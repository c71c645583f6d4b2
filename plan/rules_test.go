package plan

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
func foundRules(r *rules, all ...understudy.Rule) (parts []*rulePart) {
	for i, d := range all {
		parts = append(parts, r.part(elbtypes.Rule{RuleArn: aws.String("arn of " + d.Path[0]), Priority: aws.String(resource.Number(understudy.FirstRule + i)),
			Conditions: conditionsOf(d), Actions: r.listener.actionsOf(d.Action)}, r.Mark(ruleRole)))
	}
	return parts
}

func TestRulesDiffer(t *testing.T) {
	r := &rules{Scope: resourcetest.Scope(t), listener: &listener{Scope: resourcetest.Scope(t), group: &targetGroup{arn: "arn:group"}}}
	forwarding := understudy.Rule{Method: []string{"PUT", "POST"}}
	r.listener.Declared.Rules = []understudy.Rule{ruleAt("/a"), forwarding}
	found := func(priority string, conditions []elbtypes.RuleCondition, does understudy.Action) *rulePart {
		return r.part(elbtypes.Rule{Priority: aws.String(priority), Conditions: conditions, Actions: r.listener.actionsOf(does)}, r.Mark(ruleRole))
	}
	r.seen = []*rulePart{found("10", conditionsOf(ruleAt("/a")), ruleAt("/a").Action),
		found("11", []elbtypes.RuleCondition{{Field: aws.String("http-request-method"),
			HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: []string{"POST", "PUT"}}}}, forwarding.Action)}
	resourcetest.Expect(t, r)
	r.seen[1].does = "forwards to arn:other"
	resourcetest.Expect(t, r,
		`rule 11: if http-request-method ["POST" "PUT"]: forwards to arn:group, not if http-request-method ["POST" "PUT"]: forwards to arn:other`)
	r.listener.Declared.Rules, r.seen[1].does = r.listener.Declared.Rules[:1], "forwards to arn:group"
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
		r := &rules{Scope: resourcetest.Scope(t), listener: &listener{Scope: resourcetest.Scope(t)}}
		var found []understudy.Rule
		r.listener.Declared.Rules = nil
		for _, path := range c.declared {
			r.listener.Declared.Rules = append(r.listener.Declared.Rules, ruleAt(path))
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
	one, two := &targetGroup{arn: "one"}, &targetGroup{arn: "two"}
	two.earlier = []*targetGroup{one}
	l := &listener{Scope: resourcetest.Scope(t), group: two, shares: []share{{"one", whole}}}
	r := &rules{Scope: l.Scope, listener: l}
	forwarding := understudy.Rule{Path: []string{"/a"}}
	for want, shares := range map[string][]share{
		"forwards to one with weight 1, two with weight 0": {{"one", whole}},
		"forwards to one with weight 0, two with weight 1": {{"one", 0}, {"two", whole}},
	} {
		l.shares = shares
		if got := ruleActionsText(r.listener.actionsOf(forwarding.Action)); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// Each declared rule is a piece, which stands where one of its priority and conditions was found.
func TestDeclaredRulesArePieces(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Rules = []understudy.Rule{ruleAt("/a"), {Path: []string{"/b"}}}
	v, b := drawing(t, d)
	r := v.graph.byID["secondary/rules"].resource.(*rules)
	r.seen = foundRules(r, ruleAt("/a"), ruleAt("/c"))
	var standing []string
	for _, p := range b.Pieces {
		if p.Kind != blueprint.KindDeclaredRule || p.Side != understudy.Secondary {
			continue
		}
		if !slices.Equal(p.Needs, []string{"secondary/listener"}) || p.Of[blueprint.KindListener].Piece != "secondary/listener" {
			t.Errorf("%s needs %v", p.ID, p.Needs)
		}
		standing = append(standing, p.ID+": "+r.standing(p.Content.(blueprint.AnsweringRule)))
	}
	if want := []string{"secondary/rules 10: arn of /a", "secondary/rules 11: "}; !slices.Equal(standing, want) {
		t.Errorf("%q, not %q", standing, want)
	}
}
