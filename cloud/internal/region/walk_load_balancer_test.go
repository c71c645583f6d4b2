package region_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksLoadBalancers(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_lb", gone: []string{"LoadBalancerNotFound"},
			create: (*provider).createBalancer, read: (*provider).readBalancer, destroy: (*provider).destroyBalancer,
			update: func(p *provider, arn string) {
				p.setBalancer(arn, map[string]string{"idle_timeout.timeout_seconds": "120", "routing.http.drop_invalid_header_fields.enabled": "true"})
				roomtest.Must(p.ELB.SetSecurityGroups(p.T.Context(), &elb.SetSecurityGroupsInput{
					LoadBalancerArn: &arn, SecurityGroups: []string{p.SecurityGroup(p.vpc, "other")}}))(p.T)
				p.awaitBalancer(arn)
			},
		},
		{
			resource: "aws_lb with ip_address_type", gone: []string{"LoadBalancerNotFound"},
			create: (*provider).createDualStackBalancer, read: (*provider).readBalancer, destroy: (*provider).destroyBalancer,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.SetIpAddressType(p.T.Context(), &elb.SetIpAddressTypeInput{LoadBalancerArn: &arn, IpAddressType: "ipv4"}))(p.T)
				p.awaitBalancer(arn)
			},
		},
		{
			resource: "aws_lb_target_group", gone: []string{"TargetGroupNotFound"},
			create: (*provider).createTargetGroup, read: (*provider).readTargetGroup,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyTargetGroup(p.T.Context(), &elb.ModifyTargetGroupInput{
					TargetGroupArn: &arn, HealthCheckEnabled: new(true), HealthCheckIntervalSeconds: new(int32(10)), HealthCheckPath: new("/health"),
					HealthCheckPort: new("traffic-port"), HealthCheckProtocol: "HTTP", HealthCheckTimeoutSeconds: new(int32(5)), HealthyThresholdCount: new(int32(3)),
					UnhealthyThresholdCount: new(int32(3)), Matcher: &elbtypes.Matcher{HttpCode: new("200")},
				}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteTargetGroup(p.T.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_target_group", gone: []string{"TargetGroupNotFound"}, // with protocol_version = "GRPC"
			create: (*provider).createGRPCGroup, read: (*provider).readTargetGroup,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyTargetGroup(p.T.Context(), &elb.ModifyTargetGroupInput{
					TargetGroupArn: &arn, HealthCheckEnabled: new(true), HealthCheckIntervalSeconds: new(int32(10)), HealthCheckPath: new("/pkg.Health/Check"),
					HealthCheckPort: new("traffic-port"), HealthCheckProtocol: "HTTP", HealthCheckTimeoutSeconds: new(int32(5)), HealthyThresholdCount: new(int32(3)),
					UnhealthyThresholdCount: new(int32(3)), Matcher: &elbtypes.Matcher{GrpcCode: new("0-99")},
				}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteTargetGroup(p.T.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_target_group_attachment", gone: []string{"TargetGroupNotFound"},
			create: (*provider).attachTarget, read: (*provider).readAttachment,
			destroy: func(p *provider, group string) {
				roomtest.Must(p.ELB.DeregisterTargets(p.T.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: p.targets(group)}))(p.T)
			},
		},
		{
			resource: "aws_lb_listener", gone: []string{"ListenerNotFound"},
			create: (*provider).createListener, read: (*provider).readListener, update: (*provider).updateListener,
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteListener(p.T.Context(), &elb.DeleteListenerInput{ListenerArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_listener_rule", gone: []string{"RuleNotFound"},
			create: (*provider).createListenerRule, read: (*provider).readListenerRule, update: (*provider).updateListenerRule,
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteRule(p.T.Context(), &elb.DeleteRuleInput{RuleArn: &arn}))(p.T)
			},
		},
	})
}

// refused fails where an error is none of those that the provider goes on after.
func (p *provider) refused(err error, codes ...string) {
	p.T.Helper()
	var fault smithy.APIError
	if !errors.As(err, &fault) || !slices.Contains(codes, fault.ErrorCode()) {
		p.T.Fatalf("the provider goes on after %v, not after %v", codes, err)
	}
}

func elbTags() []elbtypes.Tag { return []elbtypes.Tag{{Key: new("Name"), Value: new("walk")}} }

func (p *provider) createBalancer() string { return p.createBalancerOf("") }

func (p *provider) createDualStackBalancer() string {
	p.dualStack()
	arn := p.createBalancerOf("dualstack")
	out := roomtest.Must(p.ELB.DescribeLoadBalancers(p.T.Context(), &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}}))(p.T)
	if t := only(p, out.LoadBalancers).IpAddressType; t != "dualstack" {
		p.T.Errorf("made of type %s", t)
	}
	return arn
}

// dualStack gives the VPC and its subnets IPv6.
func (p *provider) dualStack() {
	p.T.Helper()
	p.generated(p.vpc)
	for subnet, block := range map[string]string{p.subnet: "2001:db8:100::/64", p.other: "2001:db8:100:1::/64"} {
		in := &ec2.AssociateSubnetCidrBlockInput{SubnetId: &subnet, Ipv6CidrBlock: &block}
		roomtest.Must(p.AssociateSubnetCidrBlock(p.T.Context(), in))(p.T)
	}
}

// createBalancerOf makes a load balancer whose ip_address_type is configured, or is not.
func (p *provider) createBalancerOf(addresses elbtypes.IpAddressType) string {
	ctx := p.T.Context()
	p.Gateway(p.vpc)
	_, err := p.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"walk"}})
	p.refused(err, "LoadBalancerNotFound")
	out := roomtest.Must(p.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: new("walk"), Type: "application", Subnets: []string{p.subnet, p.other}, SecurityGroups: []string{p.SecurityGroup(p.vpc, "walk")}, Tags: elbTags(),
		IpAddressType: addresses,
	}))(p.T)
	arn := *out.LoadBalancers[0].LoadBalancerArn
	p.awaitBalancer(arn)
	p.setBalancer(arn, map[string]string{
		"access_logs.s3.enabled": "false", "connection_logs.s3.enabled": "false", "health_check_logs.s3.enabled": "false", "client_keep_alive.seconds": "3600",
		"routing.http.desync_mitigation_mode": "defensive", "routing.http.drop_invalid_header_fields.enabled": "false", "deletion_protection.enabled": "false",
		"routing.http2.enabled": "true", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false", "waf.fail_open.enabled": "false",
		"routing.http.xff_client_port.enabled": "false", "zonal_shift.config.enabled": "false", "idle_timeout.timeout_seconds": "60",
		"routing.http.preserve_host_header.enabled": "false", "routing.http.xff_header_processing.mode": "append",
	})
	p.awaitBalancer(arn)
	return arn
}

func (p *provider) awaitBalancer(arn string) {
	p.T.Helper()
	p.Await("load balancer "+arn, func() bool {
		out := roomtest.Must(p.ELB.DescribeLoadBalancers(p.T.Context(), &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}}))(p.T)
		return there(p, "State", only(p, out.LoadBalancers).State).Code == elbtypes.LoadBalancerStateEnumActive
	})
}

func (p *provider) setBalancer(arn string, attributes map[string]string) {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn}
	for k, v := range attributes {
		in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{Key: &k, Value: &v})
	}
	roomtest.Must(p.ELB.ModifyLoadBalancerAttributes(p.T.Context(), in))(p.T)
}

func (p *provider) readBalancer(arn string) (any, error) {
	ctx := p.T.Context()
	out, err := p.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	attributes := roomtest.Must(p.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn}))(p.T)
	if _, err := p.ELB.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: &arn}); err != nil {
		p.refused(err, "InvalidAction", "AccessDenied")
	}
	return []any{only(p, out.LoadBalancers), attributes.Attributes, p.elbTags(arn)}, nil
}

func (p *provider) elbTags(arn string) []elbtypes.Tag {
	out := roomtest.Must(p.ELB.DescribeTags(p.T.Context(), &elb.DescribeTagsInput{ResourceArns: []string{arn}}))(p.T)
	return only(p, out.TagDescriptions).Tags
}

func (p *provider) destroyBalancer(arn string) {
	ctx := p.T.Context()
	roomtest.Must(p.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &arn}))(p.T)
	_, id, _ := strings.Cut(arn, "loadbalancer/")
	p.Await("the network interfaces of "+arn+" are gone", func() bool {
		out := roomtest.Must(p.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: append(
			regiontest.Where("attachment.instance-owner-id", "amazon-elb"), regiontest.Where("description", "ELB "+id)...)}))(p.T)
		return len(out.NetworkInterfaces) == 0
	})
}

func (p *provider) createTargetGroup() string {
	ctx := p.T.Context()
	_, err := p.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"walk"}})
	p.refused(err, "TargetGroupNotFound")
	out := roomtest.Must(p.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("walk"), Port: new(int32(80)), Protocol: "HTTP", ProtocolVersion: new(""), TargetType: "instance", VpcId: &p.vpc, Tags: elbTags(),
	}))(p.T)
	arn := *out.TargetGroups[0].TargetGroupArn
	roomtest.Must(p.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: new("deregistration_delay.timeout_seconds"), Value: new("300")},
	}}))(p.T)
	return arn
}

func (p *provider) createGRPCGroup() string {
	out := roomtest.Must(p.ELB.CreateTargetGroup(p.T.Context(), &elb.CreateTargetGroupInput{
		Name: new("calls"), Port: new(int32(50051)), Protocol: "HTTP", ProtocolVersion: new("GRPC"), TargetType: "instance", VpcId: &p.vpc, Tags: elbTags(),
	}))(p.T)
	group := out.TargetGroups[0]
	if version := there(p, "ProtocolVersion", group.ProtocolVersion); version != "GRPC" || there(p, "GrpcCode", group.Matcher.GrpcCode) != "12" {
		p.T.Errorf("ProtocolVersion %s, Matcher %+v", version, group.Matcher)
	}
	return *group.TargetGroupArn
}

func (p *provider) readTargetGroup(arn string) (any, error) {
	ctx := p.T.Context()
	out, err := p.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	attributes := roomtest.Must(p.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn}))(p.T)
	return []any{only(p, out.TargetGroups), attributes.Attributes, p.elbTags(arn)}, nil
}

func (p *provider) attachTarget() string {
	group := p.createTargetGroup()
	roomtest.Must(p.ELB.RegisterTargets(p.T.Context(), &elb.RegisterTargetsInput{
		TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: new(p.Run(p.subnet, 1)[0]), Port: new(int32(80))}}}))(p.T)
	return group
}

func (p *provider) targets(group string) (all []elbtypes.TargetDescription) {
	for _, h := range roomtest.Must(p.ELB.DescribeTargetHealth(p.T.Context(), &elb.DescribeTargetHealthInput{
		TargetGroupArn: &group,
	}))(p.T).TargetHealthDescriptions {
		all = append(all, *h.Target)
	}
	return all
}

func (p *provider) readAttachment(group string) (any, error) {
	targets := p.targets(group)
	if len(targets) == 0 {
		return nil, nil
	}
	out, err := p.ELB.DescribeTargetHealth(p.T.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &group, Targets: targets})
	if err != nil {
		return nil, err
	}
	health := only(p, out.TargetHealthDescriptions)
	switch there(p, "TargetHealth", health.TargetHealth).Reason {
	case elbtypes.TargetHealthReasonEnumDeregistrationInProgress, elbtypes.TargetHealthReasonEnumNotRegistered:
		return nil, nil
	}
	return health.Target, nil
}

func (p *provider) createListener() string {
	ctx := p.T.Context()
	balancer, group := p.createBalancer(), p.createTargetGroup()
	out := roomtest.Must(p.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: new(int32(80)), Protocol: "HTTP",
		DefaultActions: []elbtypes.Action{{Type: "forward", Order: new(int32(1)), TargetGroupArn: &group}},
		Tags:           elbTags(),
	}))(p.T)
	return *out.Listeners[0].ListenerArn
}

func (p *provider) readListener(arn string) (any, error) {
	ctx := p.T.Context()
	out, err := p.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	attributes := roomtest.Must(p.ELB.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn}))(p.T)
	l := only(p, out.Listeners)
	if m := l.MutualAuthentication; m != nil && there(p, "Mode", m.Mode) != "off" {
		p.T.Errorf("mutual authentication is %q", *m.Mode)
	}
	return []any{l, attributes.Attributes, p.elbTags(arn)}, nil
}

func (p *provider) updateListener(arn string) {
	ctx := p.T.Context()
	roomtest.Must(p.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn: &arn, Port: new(int32(8080)), Protocol: "HTTP", DefaultActions: []elbtypes.Action{{
			Type: "fixed-response", Order: new(int32(1)),
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{ContentType: new("text/plain"), MessageBody: new("gone"), StatusCode: new("410")},
		}},
	}))(p.T)
	roomtest.Must(p.ELB.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: &arn, Attributes: []elbtypes.ListenerAttribute{
		{Key: new("routing.http.response.server.enabled"), Value: new("false")},
	}}))(p.T)
}

func (p *provider) createListenerRule() string {
	ctx := p.T.Context()
	listener := p.createListener()
	highest := 0
	for _, rule := range roomtest.Must(p.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(p.T).Rules {
		if n, err := strconv.Atoi(there(p, "Priority", rule.Priority)); err == nil { // the default rule's is a word
			highest = max(highest, n)
		}
	}
	group := *roomtest.Must(p.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"walk"}}))(p.T).TargetGroups[0].TargetGroupArn
	out := roomtest.Must(p.ELB.CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: &listener, Priority: new(int32(highest + 1)), Actions: []elbtypes.Action{{Type: "forward", Order: new(int32(1)), TargetGroupArn: &group}},
		Conditions: []elbtypes.RuleCondition{
			{Field: new("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: []string{"/static/*"}}},
			{Field: new("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"*.example.com"}}},
			{Field: new("source-ip"), SourceIpConfig: &elbtypes.SourceIpConditionConfig{Values: []string{"192.0.2.0/24"}}},
			{Field: new("http-request-method"), HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: []string{"GET"}}},
		},
		Tags: elbTags(),
	}))(p.T)
	return *out.Rules[0].RuleArn
}

func (p *provider) readListenerRule(arn string) (any, error) {
	out, err := p.ELB.DescribeRules(p.T.Context(), &elb.DescribeRulesInput{RuleArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	rule := only(p, out.Rules)
	for _, c := range rule.Conditions {
		switch there(p, "Field", c.Field) {
		case "path-pattern":
			there(p, "PathPatternConfig", c.PathPatternConfig)
		case "host-header":
			there(p, "HostHeaderConfig", c.HostHeaderConfig)
		case "source-ip":
			there(p, "SourceIpConfig", c.SourceIpConfig)
		case "http-request-method":
			there(p, "HttpRequestMethodConfig", c.HttpRequestMethodConfig)
		}
	}
	return []any{rule, p.elbTags(arn)}, nil
}

func (p *provider) updateListenerRule(arn string) {
	ctx := p.T.Context()
	roomtest.Must(p.ELB.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{
		RulePriorities: []elbtypes.RulePriorityPair{{RuleArn: &arn, Priority: new(int32(50))}},
	}))(p.T)
	out := roomtest.Must(p.ELB.ModifyRule(ctx, &elb.ModifyRuleInput{
		RuleArn: &arn, Actions: []elbtypes.Action{{Type: "redirect", Order: new(int32(1)), RedirectConfig: &elbtypes.RedirectActionConfig{
			StatusCode: "HTTP_301", Host: new("#{host}"), Path: new("/#{path}"), Port: new("443"), Protocol: new("HTTPS"), Query: new("#{query}"),
		}}},
		Conditions: []elbtypes.RuleCondition{{Field: new("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{
			HttpHeaderName: new("X-Old"), Values: []string{"yes"}}}},
	}))(p.T)
	only(p, out.Rules)
}
