package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

// Where users connect with HTTPS, a load balancer has a second listener, which sends those who come with HTTP on. A listener that is
// there keeps its rules, the switch's among them, when HTTPS is declared: it changes its port and its protocol, and the redirect
// is made anew. When HTTPS is declared no more, the redirect goes first, for a port has one listener.

const redirectRole = "redirect"

// addRedirect adds the redirect, or what is left of one.
func (v *inventory) addRedirect(r *region) {
	r.redirect = &listener{scope: r.scope, balancer: r.balancer, redirects: true}
	var asDeclared resource = r.redirect
	if !r.declared.HTTPS.Redirects() {
		asDeclared = &retired{resource: r.redirect}
	}
	v.graph.add(r.id("redirect"), asDeclared, r.balancerNode, r.listenerNode).finding(r.balancerNode)
}

// sendsOn is the redirect to HTTPS. What stands in braces is the request's own ("Redirect actions" in the User Guide for
// Application Load Balancers).
func (l *listener) sendsOn() []elbtypes.Action {
	code := elbtypes.RedirectActionStatusCodeEnum(fmt.Sprintf("HTTP_%d", l.declared.HTTPS.Redirect.Status()))
	return []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumRedirect,
		RedirectConfig: &elbtypes.RedirectActionConfig{
			StatusCode: code, Protocol: aws.String("HTTPS"), Port: aws.String(number(l.declared.HTTPS.Port)),
			Host: aws.String("#{host}"), Path: aws.String("/#{path}"), Query: aws.String("#{query}"),
		},
	}}
}

// redirectText renders a redirect. What it does not mention is the request's own.
func redirectText(r *elbtypes.RedirectActionConfig) string {
	or := func(s *string, fallback string) string { return cmp.Or(aws.ToString(s), fallback) }
	return fmt.Sprintf("%s %s://%s:%s%s?%s", r.StatusCode, or(r.Protocol, "#{protocol}"), or(r.Host, "#{host}"), or(r.Port, "#{port}"),
		or(r.Path, "/#{path}"), or(r.Query, "#{query}"))
}

// rolesOf tells by their tags which of a load balancer's listeners redirect. Of one that has lost its tags what it does tells.
func (l *listener) rolesOf(ctx context.Context, all []elbtypes.Listener) (map[string]string, error) {
	roles := map[string]string{}
	for some := range slices.Chunk(all, 20) { // DescribeTags takes no more
		var arns []string
		for _, o := range some {
			arn := aws.ToString(o.ListenerArn)
			arns, roles[arn] = append(arns, arn), listenerRole
			if o.Protocol == elbtypes.ProtocolEnumHttp && len(o.DefaultActions) == 1 && o.DefaultActions[0].Type == elbtypes.ActionTypeEnumRedirect {
				roles[arn] = redirectRole
			}
		}
		out, err := l.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
		if err != nil {
			return nil, fmt.Errorf("describe tags of the listeners of %s: %w", l.balancer.arn, err)
		}
		for _, d := range out.TagDescriptions {
			tags := account.OfELB(d.Tags)
			if role := tags[account.TagRole]; tags[account.TagStack] == l.stack() && slices.Contains([]string{listenerRole, redirectRole}, role) {
				roles[aws.ToString(d.ResourceArn)] = role
			}
		}
	}
	return roles, nil
}

// makeWay deletes a redirect that has the port at which users are to connect.
func (l *listener) makeWay(ctx context.Context) error {
	if l.redirects || l.inTheWay == "" {
		return nil
	}
	if _, err := l.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l.inTheWay}); err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete the redirect %s: %w", l.inTheWay, err)
	}
	l.inTheWay = ""
	return nil
}
