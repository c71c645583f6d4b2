package balancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Where users connect with HTTPS, a load balancer has a second listener, which sends those who come with HTTP on. A listener that is
// there keeps its rules, the switch's among them, when HTTPS is declared: it changes its port and its protocol, and the redirect
// is made anew. When HTTPS is declared no more, the redirect goes first, for a port has one listener.

const redirectRole = "redirect"

// sendsOn is the redirect to HTTPS. What stands in braces is the request's own ("Redirect actions" in the User Guide for
// Application Load Balancers).
func (l *Listener) sendsOn() []elbtypes.Action {
	code := elbtypes.RedirectActionStatusCodeEnum(fmt.Sprintf("HTTP_%d", l.Declared.HTTPS.Redirect.Status()))
	return []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumRedirect,
		RedirectConfig: &elbtypes.RedirectActionConfig{
			StatusCode: code, Protocol: aws.String("HTTPS"), Port: aws.String(resource.Number(l.Declared.HTTPS.Port)),
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

func isListener(role string) bool {
	return role == listenerRole || role == redirectRole || role == switchRole || isFurther(role)
}

// rolesOf tells by their tags which part each of a load balancer's listeners has. Of one that has lost its tags what it does tells, or its
// port.
func (l *Listener) rolesOf(ctx context.Context, all []elbtypes.Listener) (map[string]string, error) {
	roles := map[string]string{}
	for some := range slices.Chunk(all, 20) { // DescribeTags takes no more
		var arns []string
		for _, o := range some {
			arn := aws.ToString(o.ListenerArn)
			arns, roles[arn] = append(arns, arn), listenerRole
			if o.Protocol == elbtypes.ProtocolEnumHttp && len(o.DefaultActions) == 1 && o.DefaultActions[0].Type == elbtypes.ActionTypeEnumRedirect {
				roles[arn] = redirectRole
			}
			if l.Declared.SwitchListens() && account.IsSwitchListener(o) {
				roles[arn] = switchRole
			}
			for _, d := range l.Declared.Further {
				if aws.ToInt32(o.Port) == int32(d.Port) {
					roles[arn] = d.Role()
				}
			}
		}
		out, err := l.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
		if err != nil {
			return nil, fmt.Errorf("describe tags of the listeners of %s: %w", l.Balancer.ARN, err)
		}
		for _, d := range out.TagDescriptions {
			tags := account.OfELB(d.Tags)
			if role := tags[account.TagRole]; tags[account.TagStack] == l.Stack() && isListener(role) {
				roles[aws.ToString(d.ResourceArn)] = role
			}
		}
	}
	return roles, nil
}
