package parity

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
)

func (r *reader) readTargetGroups(ctx context.Context) error {
	var groups []elbtypes.TargetGroup
	var arns []string
	pages := elb.NewDescribeTargetGroupsPaginator(r.c.ELB, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.TargetGroups {
			if aws.ToString(g.VpcId) == r.vpcID {
				groups, arns = append(groups, g), append(arns, aws.ToString(g.TargetGroupArn))
			}
		}
	}
	roles, err := r.elbRoles(ctx, arns)
	if err != nil {
		return err
	}
	for _, g := range groups {
		settings, err := r.targetGroup(ctx, g)
		if err != nil {
			return err
		}
		r.add("target group", roles[*g.TargetGroupArn], *g.TargetGroupArn, settings)
	}
	return nil
}

func (r *reader) targetGroup(ctx context.Context, g elbtypes.TargetGroup) (map[string]string, error) {
	settings := map[string]string{
		"protocol":              string(g.Protocol),
		"protocol version":      aws.ToString(g.ProtocolVersion),
		"port":                  number(g.Port),
		"targets are":           string(g.TargetType),
		"health check":          fmt.Sprintf("%s port %s path %s", g.HealthCheckProtocol, aws.ToString(g.HealthCheckPort), aws.ToString(g.HealthCheckPath)),
		"health check interval": number(g.HealthCheckIntervalSeconds),
		"health check time-out": number(g.HealthCheckTimeoutSeconds),
		"healthy threshold":     number(g.HealthyThresholdCount),
		"unhealthy threshold":   number(g.UnhealthyThresholdCount),
		"health check enabled":  yes(g.HealthCheckEnabled),
	}
	if g.Matcher != nil {
		settings["matcher"] = aws.ToString(g.Matcher.HttpCode)
	}
	attributes, err := r.c.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn})
	if err != nil {
		return nil, err
	}
	for _, a := range attributes.Attributes {
		settings["attribute "+aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	health, err := r.c.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn})
	if err != nil {
		return nil, err
	}
	healthy := false
	for _, t := range health.TargetHealthDescriptions {
		healthy = healthy || t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy
	}
	settings["has a healthy target"] = fmt.Sprint(healthy)
	return settings, nil
}

func (r *reader) readLoadBalancers(ctx context.Context) error {
	var balancers []elbtypes.LoadBalancer
	var arns []string
	pages := elb.NewDescribeLoadBalancersPaginator(r.c.ELB, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, b := range page.LoadBalancers {
			if aws.ToString(b.VpcId) == r.vpcID {
				balancers, arns = append(balancers, b), append(arns, aws.ToString(b.LoadBalancerArn))
			}
		}
	}
	roles, err := r.elbRoles(ctx, arns)
	if err != nil {
		return err
	}
	r.balancers = map[string]string{}
	for _, b := range balancers {
		role := roles[*b.LoadBalancerArn]
		settings, err := r.loadBalancer(ctx, b)
		if err != nil {
			return err
		}
		r.add("load balancer", role, *b.LoadBalancerArn, settings)
		r.balancers[strings.ToLower(aws.ToString(b.DNSName))] = "load balancer " + role
		if err := r.readListeners(ctx, b, role); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) loadBalancer(ctx context.Context, b elbtypes.LoadBalancer) (map[string]string, error) {
	settings := map[string]string{
		"type":    string(b.Type),
		"scheme":  string(b.Scheme),
		"ip type": string(b.IpAddressType),
		"groups":  r.meanings(append([]string(nil), b.SecurityGroups...)),
	}
	if b.State != nil {
		settings["state"] = string(b.State.Code)
	}
	for _, z := range b.AvailabilityZones {
		settings["zone "+r.zone(aws.ToString(z.ZoneName))] = r.meaning(aws.ToString(z.SubnetId))
	}
	attributes, err := r.c.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn})
	if err != nil {
		return nil, err
	}
	for _, a := range attributes.Attributes {
		settings["attribute "+aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	return settings, nil
}

// readListeners names a listener by its port, which is what makes it that listener.
func (r *reader) readListeners(ctx context.Context, b elbtypes.LoadBalancer, balancer string) error {
	pages := elb.NewDescribeListenersPaginator(r.c.ELB, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, l := range page.Listeners {
			settings := map[string]string{
				"protocol":   string(l.Protocol),
				"tls policy": aws.ToString(l.SslPolicy),
				"default":    r.actions(l.DefaultActions),
			}
			if err := r.listenerRules(ctx, settings, l.ListenerArn); err != nil {
				return err
			}
			r.add("listener", fmt.Sprintf("%s port %s", balancer, number(l.Port)), aws.ToString(l.ListenerArn), settings)
		}
	}
	return nil
}

func (r *reader) listenerRules(ctx context.Context, settings map[string]string, listener *string) error {
	out, err := r.c.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: listener})
	if err != nil {
		return err
	}
	for _, rule := range out.Rules {
		if aws.ToBool(rule.IsDefault) {
			continue
		}
		var conditions []string
		for _, c := range rule.Conditions {
			conditions = append(conditions, aws.ToString(c.Field)+" "+strings.Join(conditionValues(c), " or "))
		}
		if len(conditions) == 1 && conditions[0] == "path-pattern "+understudy.SwitchPath {
			continue // the switch is in the standby only, on purpose
		}
		settings["rule "+aws.ToString(rule.Priority)] = fmt.Sprintf("if %s: %s", list(conditions), r.actions(rule.Actions))
	}
	return nil
}

func conditionValues(c elbtypes.RuleCondition) []string {
	switch {
	case c.PathPatternConfig != nil:
		return c.PathPatternConfig.Values
	case c.HostHeaderConfig != nil:
		return c.HostHeaderConfig.Values
	case c.HttpRequestMethodConfig != nil:
		return c.HttpRequestMethodConfig.Values
	case c.SourceIpConfig != nil:
		return c.SourceIpConfig.Values
	case c.HttpHeaderConfig != nil:
		return append([]string{aws.ToString(c.HttpHeaderConfig.HttpHeaderName)}, c.HttpHeaderConfig.Values...)
	case c.QueryStringConfig != nil:
		var pairs []string
		for _, v := range c.QueryStringConfig.Values {
			pairs = append(pairs, aws.ToString(v.Key)+"="+aws.ToString(v.Value))
		}
		return pairs
	}
	return c.Values
}

func (r *reader) actions(actions []elbtypes.Action) string {
	var names []string
	for _, a := range actions {
		switch {
		case a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0:
			for _, g := range a.ForwardConfig.TargetGroups {
				names = append(names, fmt.Sprintf("forward to %s, weight %s", r.meaning(aws.ToString(g.TargetGroupArn)), number(g.Weight)))
			}
		case a.RedirectConfig != nil:
			c := a.RedirectConfig
			names = append(names, fmt.Sprintf("redirect %s to %s://%s:%s%s?%s", c.StatusCode,
				aws.ToString(c.Protocol), aws.ToString(c.Host), aws.ToString(c.Port), aws.ToString(c.Path), aws.ToString(c.Query)))
		case a.FixedResponseConfig != nil:
			c := a.FixedResponseConfig
			names = append(names, fmt.Sprintf("answer %s %q", aws.ToString(c.StatusCode), aws.ToString(c.MessageBody)))
		default:
			names = append(names, fmt.Sprintf("%s %s", a.Type, r.meaning(aws.ToString(a.TargetGroupArn))))
		}
	}
	return list(names)
}

// elbRoles reads the role tags of ARNs, twenty a call, which is DescribeTags' limit.
func (r *reader) elbRoles(ctx context.Context, arns []string) (map[string]string, error) {
	roles := map[string]string{}
	for batch := range slices.Chunk(arns, 20) {
		out, err := r.c.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: batch})
		if err != nil {
			return nil, err
		}
		for _, d := range out.TagDescriptions {
			roles[aws.ToString(d.ResourceArn)] = unnamed
			for _, t := range d.Tags {
				if aws.ToString(t.Key) == account.TagRole {
					roles[aws.ToString(d.ResourceArn)] = aws.ToString(t.Value)
				}
			}
		}
	}
	return roles, nil
}
