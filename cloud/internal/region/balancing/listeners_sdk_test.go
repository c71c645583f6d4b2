package balancing

import (
	"slices"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func says(status string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: &status}}}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
func TestListenersAreDescribedInPages(t *testing.T) {
	s := newSite(t)
	client, ctx, balance := s.client(), t.Context(), s.balance.LoadBalancerArn
	want := map[string]int32{}
	for _, port := range []int32{80, 81, 8080} {
		want[s.listen(port)] = port
	}
	got := map[string]int32{}
	pages := elb.NewDescribeListenersPaginator(client, &elb.DescribeListenersInput{LoadBalancerArn: balance, PageSize: new(int32(2))})
	for n := range 2 {
		out := roomtest.Must(pages.NextPage(ctx))(t)
		if len(out.Listeners) != 2-n {
			t.Errorf("page %d has %d listeners", n, len(out.Listeners))
		}
		for _, l := range out.Listeners {
			got[*l.ListenerArn] = *l.Port
			if l.Protocol != "HTTP" || *l.LoadBalancerArn != *balance || len(l.DefaultActions) != 1 || *l.DefaultActions[0].TargetGroupArn != s.group {
				t.Errorf("%+v", l)
			}
		}
	}
	if pages.HasMorePages() || len(got) != len(want) {
		t.Errorf("listeners in pages: %v, want %v", got, want)
	}
	for arn, port := range want {
		one := roomtest.Must(client.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}}))(t).Listeners
		if got[arn] != port || len(one) != 1 || *one[0].Port != port {
			t.Errorf("port %d: in pages %d, by its ARN %+v", port, got[arn], one)
		}
	}

	_, err := client.DescribeListeners(ctx, &elb.DescribeListenersInput{})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balance, PageSize: new(int32(401))})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: new(*balance + "0")})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	_, err = client.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{s.listen(80) + "0"}})
	roomtest.WantAPIError(t, err, "ListenerNotFound")
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html: what a request does not
// name stays.
func TestListenerIsModified(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	arn := s.listen(80)
	s.listen(81)
	described := func() elbtypes.Listener {
		t.Helper()
		return roomtest.Must(client.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}}))(t).Listeners[0]
	}
	out := roomtest.Must(client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &arn, Port: new(int32(8080))}))(t).Listeners
	if len(out) != 1 || *out[0].Port != 8080 || *out[0].ListenerArn != arn {
		t.Errorf("%+v", out)
	}
	if l := described(); *l.Port != 8080 || *l.DefaultActions[0].TargetGroupArn != s.group {
		t.Errorf("its port was changed: %+v", l)
	}
	roomtest.Must(client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &arn, DefaultActions: says("418")}))(t)

	for _, c := range []struct {
		code string
		edit func(*elb.ModifyListenerInput)
	}{
		{"ListenerNotFound", func(in *elb.ModifyListenerInput) { in.ListenerArn = new(arn + "0") }},
		{"DuplicateListener", func(in *elb.ModifyListenerInput) { in.Port = new(int32(81)) }},
		{"ValidationError", func(in *elb.ModifyListenerInput) { in.Port = new(int32(65536)) }},
		{"ValidationError", func(in *elb.ModifyListenerInput) { in.Protocol = elbtypes.ProtocolEnumTcp }},
		{"TargetGroupNotFound", func(in *elb.ModifyListenerInput) { in.DefaultActions = forwardTo(s.group + "0") }},
	} {
		in := &elb.ModifyListenerInput{ListenerArn: &arn, DefaultActions: says("200")}
		c.edit(in)
		_, err := client.ModifyListener(ctx, in)
		roomtest.WantAPIError(t, err, c.code)
	}
	for _, when := range []string{"before", "after"} {
		if l := described(); *l.Port != 8080 || l.DefaultActions[0].Type != "fixed-response" || *l.DefaultActions[0].FixedResponseConfig.StatusCode != "418" {
			t.Errorf("%s it is opened again: %+v", when, l)
		}
		s.reopen()
	}
	// The port that it left is free.
	if s.listen(80) == arn {
		t.Error("the old port's listener is the modified one")
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html: what a request does not name
// stays.
func TestRuleIsModified(t *testing.T) {
	s := newSite(t)
	client, ctx, listener := s.client(), t.Context(), s.listen(80)
	path := func(p string) []elbtypes.RuleCondition {
		return []elbtypes.RuleCondition{{Field: new("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: []string{p}}}}
	}
	made := roomtest.Must(client.CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: &listener, Priority: new(int32(7)), Conditions: path("/a"), Actions: says("200"),
	}))(t).Rules[0]
	shows := func(when string, r elbtypes.Rule, at, status string) {
		t.Helper()
		if *r.RuleArn != *made.RuleArn || *r.Priority != "7" || *r.IsDefault || len(r.Conditions) != 1 || len(r.Actions) != 1 ||
			!slices.Equal(r.Conditions[0].PathPatternConfig.Values, []string{at}) || *r.Actions[0].FixedResponseConfig.StatusCode != status {
			t.Errorf("%s: %+v", when, r)
		}
	}
	described := func() elbtypes.Rule {
		t.Helper()
		return roomtest.Must(client.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{*made.RuleArn}}))(t).Rules[0]
	}
	out := roomtest.Must(client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: made.RuleArn, Conditions: path("/b")}))(t).Rules
	shows("the answer", out[0], "/b", "200")
	shows("its conditions were changed", described(), "/b", "200")
	roomtest.Must(client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: made.RuleArn, Actions: says("418")}))(t)
	shows("its actions were changed", described(), "/b", "418")

	rules := roomtest.Must(client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules
	for _, c := range []struct {
		code string
		in   elb.ModifyRuleInput
	}{
		{"RuleNotFound", elb.ModifyRuleInput{RuleArn: new(*made.RuleArn + "0"), Actions: says("200")}},
		{"OperationNotPermitted", elb.ModifyRuleInput{RuleArn: rules[len(rules)-1].RuleArn, Actions: says("200")}},
		{"TargetGroupNotFound", elb.ModifyRuleInput{RuleArn: made.RuleArn, Conditions: path("/c"), Actions: forwardTo(s.group + "0")}},
		{"ValidationError", elb.ModifyRuleInput{RuleArn: made.RuleArn, Actions: says("200"), Conditions: []elbtypes.RuleCondition{
			{Field: new("weather"), Values: []string{"fair"}},
		}}},
	} {
		_, err := client.ModifyRule(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	shows("what was refused changed nothing", described(), "/b", "418")
	s.reopen()
	shows("it was opened again", described(), "/b", "418")
	s.r.reconcile()
	if status, _ := s.ask(0, "/b"); status != 418 {
		t.Errorf("a request gets %d", status)
	}
}
