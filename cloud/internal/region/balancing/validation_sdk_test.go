package balancing

import (
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// wantRefusal fails unless an error has a code, and says a text.
func wantRefusal(t *testing.T, what string, err error, code, text string) {
	t.Helper()
	roomtest.WantAPIError(t, err, code)
	if err != nil && !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v does not say %q", what, err, text)
	}
}

// What is no ARN of the kind that a call is about is refused as that, before it is looked for.
func TestARNsAreOfTheirKind(t *testing.T) {
	s := newSite(t)
	client, ctx, listener := s.client(), t.Context(), s.listen(80)
	balance, elsewhere := s.balance.LoadBalancerArn, strings.Replace(s.group, "us-east-1", "eu-west-1", 1)
	for _, c := range []struct {
		kind, arn string
		call      func(arn string) error
	}{
		{"load balancer", "junk", func(arn string) error {
			_, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
			return err
		}},
		{"load balancer", s.group, func(arn string) error {
			_, err := client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
			return err
		}},
		{"load balancer", listener, func(arn string) error {
			_, err := client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
			return err
		}},
		{"target group", *balance, func(arn string) error {
			_, err := client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
			return err
		}},
		{"target group", elsewhere, func(arn string) error {
			_, err := client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
			return err
		}},
		{"target group", "hello", func(arn string) error {
			_, err := client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &listener, DefaultActions: forwardTo(arn)})
			return err
		}},
		{"listener", *balance, func(arn string) error {
			_, err := client.DescribeListenerCertificates(ctx, &elb.DescribeListenerCertificatesInput{ListenerArn: &arn})
			return err
		}},
		{"listener", "junk", func(arn string) error {
			_, err := client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &arn})
			return err
		}},
		{"listener rule", listener, func(arn string) error {
			_, err := client.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &arn})
			return err
		}},
	} {
		wantRefusal(t, c.kind, c.call(c.arn), "ValidationError", "'"+c.arn+"' is not a valid "+c.kind+" ARN")
	}
}

// Names have AWS's limits, each with its own words.
func TestNames(t *testing.T) {
	s := newSite(t)
	client, ctx, long := s.client(), t.Context(), strings.Repeat("x", 33)
	for name, text := range map[string]string{
		long: "The load balancer name '" + long + "' cannot be longer than '32' characters", "a_b": "can only contain characters that are alphanumeric",
		"-a": "cannot begin or end with '-'", "internal-a": "cannot begin with 'internal-'",
	} {
		in := s.request()
		in.Name = &name
		_, err := client.CreateLoadBalancer(ctx, in)
		wantRefusal(t, name, err, "ValidationError", text)
	}
	in := s.request()
	in.Name = new("a--b")
	if _, err := client.CreateLoadBalancer(ctx, in); err != nil {
		t.Errorf("a load balancer with two hyphens together: %v", err)
	}
	for name, text := range map[string]string{
		long:   "Target group name '" + long + "' cannot be longer than '32' characters",
		"a.b":  "can only contain characters that are alphanumeric characters or hyphens(-)",
		"a--b": "Value 'a--b' at 'targetGroup.targetGroupArn.targetGroupName'",
		"-a":   "(?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$",
	} {
		_, err := client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: "HTTP"})
		wantRefusal(t, name, err, "ValidationError", text)
	}
}

// What a target group lacks, or has too much for its type of targets, comes before whether there are such targets here.
func TestTargetGroupsNeedWhatTheirTypeNeeds(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	for _, c := range []struct {
		code, text string
		in         elb.CreateTargetGroupInput
	}{
		{"ValidationError", "A protocol must be specified", elb.CreateTargetGroupInput{VpcId: &s.vpc, Port: new(int32(80))}},
		{"ValidationError", "A port must be specified", elb.CreateTargetGroupInput{VpcId: &s.vpc, Protocol: "HTTP"}},
		{"ValidationError", "A VPC ID must be specified", elb.CreateTargetGroupInput{Port: new(int32(80)), Protocol: "HTTP"}},
		{"ValidationError", "VPC ID cannot be specified for target groups with target type 'lambda'",
			elb.CreateTargetGroupInput{VpcId: &s.vpc, TargetType: "lambda"}},
		{"ValidationError", "Protocol cannot be specified for target groups with target type 'lambda'",
			elb.CreateTargetGroupInput{Protocol: "HTTP", TargetType: "lambda"}},
		{"InvalidConfigurationRequest", "TargetType 'lambda' is not supported here", elb.CreateTargetGroupInput{TargetType: "lambda"}},
	} {
		c.in.Name = new("other")
		_, err := client.CreateTargetGroup(ctx, &c.in)
		wantRefusal(t, c.text, err, c.code, c.text)
	}
	for _, id := range []string{"10.0.1.9", "hello"} {
		_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: &id}}})
		wantRefusal(t, id, err, "ValidationError", "Instance ID '"+id+"' is not valid")
	}
}

// Actions have what their type needs, redirects lead elsewhere, and types that are not done are refused by their names.
func TestActionsAreWhole(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	redirect := func(c elbtypes.RedirectActionConfig) []elbtypes.Action {
		c.StatusCode = elbtypes.RedirectActionStatusCodeEnumHttp301
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: &c}}
	}
	https := redirect(elbtypes.RedirectActionConfig{Protocol: new("HTTPS"), Port: new("443")})
	certificate := s.shelf.put(t, "1", "one.example.com")
	for _, c := range []struct {
		text    string
		secure  bool
		actions []elbtypes.Action
	}{
		{"", false, https},
		{"creates a loop", true, https},
		{"creates a loop", false, redirect(elbtypes.RedirectActionConfig{})},
		{"creates a loop", false, redirect(elbtypes.RedirectActionConfig{Protocol: new("HTTP"), Port: new("8000")})},
		{"", false, redirect(elbtypes.RedirectActionConfig{Port: new("8001")})},
		{"", true, redirect(elbtypes.RedirectActionConfig{Host: new("www.#{host}"), Path: new("/#{host}/#{path}"), Query: new("#{query}&from=#{port}")})},
		{"redirects HTTPS to HTTP", true, redirect(elbtypes.RedirectActionConfig{Protocol: new("HTTP"), Port: new("80")})},
		{"The Port parameter", false, redirect(elbtypes.RedirectActionConfig{Port: new("70000")})},
		{"The Path parameter must be a valid path, should start with a '/'", false, redirect(elbtypes.RedirectActionConfig{Path: new("#{path}")})},
		{"The Path parameter", false, redirect(elbtypes.RedirectActionConfig{Path: new("/#{path}/#{path}")})},
		{"The Host parameter", false, redirect(elbtypes.RedirectActionConfig{Host: new("#{path}.example.com")})},
		{"The Query parameter", false, redirect(elbtypes.RedirectActionConfig{Host: new("example.com"), Query: new("#{other}")})},
		{"For actions of type 'redirect', you must specify the following fields: 'RedirectConfig'", false, []elbtypes.Action{{Type: "redirect"}}},
		{"'FixedResponseConfig'", false, []elbtypes.Action{{Type: "fixed-response"}}},
		{"'TargetGroupArn'", false, []elbtypes.Action{{Type: "forward"}}},
		{"The ContentType must be one of:'text/html'", false, []elbtypes.Action{{
			Type: "fixed-response", FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("200"), ContentType: new("image/png")},
		}}},
		{"Actions of type 'authenticate-oidc' are not supported here", false, []elbtypes.Action{{
			Type: "authenticate-oidc", Order: new(int32(1)), AuthenticateOidcConfig: &elbtypes.AuthenticateOidcActionConfig{
				AuthorizationEndpoint: new("https://a.example"), ClientId: new("a"), Issuer: new("https://a.example"), TokenEndpoint: new("https://a.example"),
				UserInfoEndpoint: new("https://a.example"),
			},
		}, {Type: "forward", Order: new(int32(2)), TargetGroupArn: &s.group}}},
		{"Exactly one action", false, append(says("200"), says("404")...)},
		{"'RedirectConfig' cannot be specified for actions of type 'forward'", false, []elbtypes.Action{{
			Type: "forward", TargetGroupArn: &s.group, RedirectConfig: redirect(elbtypes.RedirectActionConfig{Host: new("a.example")})[0].RedirectConfig,
		}}},
		{"'TargetGroupArn' cannot be specified for actions of type 'fixed-response'", false, []elbtypes.Action{{
			Type: "fixed-response", FixedResponseConfig: says("200")[0].FixedResponseConfig, TargetGroupArn: &s.group,
		}}},
	} {
		in := &elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(8000)), Protocol: "HTTP", DefaultActions: c.actions}
		if c.secure {
			in = s.secureRequest(443, certificate)
			in.DefaultActions = c.actions
		}
		out, err := client.CreateListener(ctx, in)
		if c.text != "" {
			wantRefusal(t, c.text, err, "InvalidLoadBalancerAction", c.text)
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c.actions, err)
			continue
		}
		roomtest.Must(client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: out.Listeners[0].ListenerArn}))(t)
	}
}

// A network load balancer with security groups tells whether they are for traffic by PrivateLink; an application load balancer has none.
func TestSecurityGroupsOfPrivateLink(t *testing.T) {
	s := newSite(t)
	client, ctx, group := s.client(), t.Context(), s.ec2.newGroup(t, s.vpc)
	in := networkRequest(s, "flow")
	in.SecurityGroups = []string{group}
	arn := roomtest.Must(client.CreateLoadBalancer(ctx, in))(t).LoadBalancers[0].LoadBalancerArn
	shown := func() string {
		out := roomtest.Must(client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*arn}}))(t)
		return *out.LoadBalancers[0].EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
	}
	if on := shown(); on != "on" {
		t.Errorf("by default it is %q", on)
	}
	set := &elb.SetSecurityGroupsInput{
		LoadBalancerArn: arn, SecurityGroups: in.SecurityGroups, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "off",
	}
	if out := roomtest.Must(client.SetSecurityGroups(ctx, set))(t); out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "off" {
		t.Errorf("the answer is %q", out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic)
	}
	s.reopen()
	if on := shown(); on != "off" {
		t.Errorf("it is %q", on)
	}
	set.LoadBalancerArn = s.balance.LoadBalancerArn
	_, err := client.SetSecurityGroups(ctx, set)
	wantRefusal(t, "an application load balancer", err, "InvalidConfigurationRequest", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is not supported")
}
