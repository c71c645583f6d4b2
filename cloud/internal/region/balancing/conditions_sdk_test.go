package balancing

import (
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The conditions of rules are checked by the pages of their kinds, and those that pass come back after a restart.
func TestConditionsOfRules(t *testing.T) {
	s := newSite(t)
	client, ctx, listener := s.client(), t.Context(), s.listen(80)
	paths := func(values ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: new("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: values}}
	}
	hosts := func(values, regexes []string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: new("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: values, RegexValues: regexes}}
	}
	header := func(name string, values, regexes []string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{
			Field: new("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: &name, Values: values, RegexValues: regexes},
		}
	}
	query := func(key, value string) elbtypes.RuleCondition {
		pairs := []elbtypes.QueryStringKeyValuePair{{Key: &key, Value: &value}}
		return elbtypes.RuleCondition{Field: new("query-string"), QueryStringConfig: &elbtypes.QueryStringConditionConfig{Values: pairs}}
	}
	both := hosts([]string{"a.example"}, nil)
	both.Values = []string{"a.example"}
	foreign := paths("/a")
	foreign.HostHeaderConfig = both.HostHeaderConfig
	method := elbtypes.RuleCondition{
		Field: new("http-request-method"), Values: []string{"PUT"}, HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: []string{"GET"}},
	}
	long := strings.Repeat("x", 129)
	for i, c := range []struct {
		refusal    string
		conditions []elbtypes.RuleCondition
	}{
		{"", []elbtypes.RuleCondition{paths("/a/*", `/\*`), hosts([]string{"*.example.com"}, []string{`^w[0-9]+\.example\.com$`})}},
		{"", []elbtypes.RuleCondition{header("X-Kind", []string{"a*"}, []string{"^b+$"}), query("", `\*`)}},
		{"A rule can only have '5' condition values", []elbtypes.RuleCondition{paths("/1", "/2", "/3"), hosts([]string{"a.b", "c.d"}, []string{"x"})}},
		{"A rule can only have '5' condition wildcards", []elbtypes.RuleCondition{paths("/*/*", "/?/?"), query("*", "*")}},
		{"contains a character that is not valid", []elbtypes.RuleCondition{paths("^/[a-z]{2}/")}},
		{"contains a character that is not valid", []elbtypes.RuleCondition{hosts([]string{"example.com:8443"}, nil)}},
		{"letters alone", []elbtypes.RuleCondition{hosts([]string{"localhost"}, nil)}},
		{"longer than 128", []elbtypes.RuleCondition{query("k", long)}},
		{"longer than 128", []elbtypes.RuleCondition{query(long, "v")}},
		{"cannot be empty", []elbtypes.RuleCondition{header("X-Kind", []string{""}, nil)}},
		{"1 to 128 characters", []elbtypes.RuleCondition{hosts(nil, []string{long})}},
		{"not a valid regular expression", []elbtypes.RuleCondition{header("X-Kind", nil, []string{"(?=a)"})}},
		{"HTTP header name", []elbtypes.RuleCondition{header(strings.Repeat("x", 41), []string{"a"}, nil)}},
		{"use a host-header condition", []elbtypes.RuleCondition{header("Host", []string{"a"}, nil)}},
		{"You cannot provide both Values and 'HostHeaderConfig' for a condition of type 'host-header'", []elbtypes.RuleCondition{both}},
		{"You cannot provide both Values and 'HttpRequestMethodConfig' for a condition of type 'http-request-method'", []elbtypes.RuleCondition{method}},
		{"'HostHeaderConfig' cannot be specified for a condition of type 'path-pattern'", []elbtypes.RuleCondition{foreign}},
		{"A condition field must be specified", []elbtypes.RuleCondition{{Values: []string{"/a"}}}},
	} {
		_, err := client.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &listener, Priority: new(int32(i + 1)), Conditions: c.conditions, Actions: says("200"),
		})
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%d: %v, not %q", i, err, c.refusal)
		}
	}
	s.reopen()
	rules := roomtest.Must(client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules
	if got := rules[0].Conditions[1]; len(got.HostHeaderConfig.RegexValues) != 1 || len(got.RegexValues) != 1 || len(got.Values) != 1 {
		t.Errorf("a host's condition is shown as %+v", got)
	}
	row, _ := s.r.rules.Get(*rules[0].RuleArn)
	if run := runRule(row).Conditions[1]; len(run.Regexes) != 1 || !run.Regexes[0].MatchString("W1.EXAMPLE.com") {
		t.Errorf("the data path has %+v", run)
	}
}

// Rewriting requests is refused by its name.
func TestTransformsAreRefused(t *testing.T) {
	s := newSite(t)
	client, ctx, listener := s.client(), t.Context(), s.listen(80)
	in := &elb.CreateRuleInput{
		ListenerArn: &listener, Priority: new(int32(1)), Actions: says("200"),
		Conditions: []elbtypes.RuleCondition{{Field: new("path-pattern"), Values: []string{"/a"}}},
		Transforms: []elbtypes.RuleTransform{{Type: elbtypes.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &elbtypes.UrlRewriteConfig{
			Rewrites: []elbtypes.RewriteConfig{{Regex: new("^/a"), Replace: new("/b")}},
		}}},
	}
	if _, err := client.CreateRule(ctx, in); err == nil || !strings.Contains(err.Error(), "Transforms") {
		t.Errorf("a transform is answered with %v", err)
	}
	in.Transforms = nil
	rule := roomtest.Must(client.CreateRule(ctx, in))(t).Rules[0].RuleArn
	_, err := client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: rule, ResetTransforms: new(true)})
	if err == nil || !strings.Contains(err.Error(), "ResetTransforms") {
		t.Errorf("their reset is answered with %v", err)
	}
}
