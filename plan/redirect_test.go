package plan

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// secured is a scope whose users connect with HTTPS.
func secured(t *testing.T) resource.Scope {
	t.Helper()
	s := resourcetest.Scope(t)
	s.Declared.HTTPS = understudy.HTTPS{
		Certificates: map[understudy.Side]string{understudy.Primary: "arn:p", understudy.Secondary: "arn:s"},
		Policy:       "ELBSecurityPolicy-TLS13-1-2-2021-06", Port: 443, Redirect: understudy.RedirectPermanent,
	}
	return s
}

func TestListenerOfHTTPSDiffers(t *testing.T) {
	s := secured(t)
	l := &listener{Scope: s, group: &targetGroup{arn: "arn:tg"}}
	forward := []elbtypes.Action{{Type: "forward", TargetGroupArn: aws.String("arn:tg")}}
	rest := []resource.Field{{Name: "other rules", Value: ""}, l.Tagged(l.role())}
	l.remember(elbtypes.Listener{
		Port: aws.Int32(443), Protocol: "HTTPS", DefaultActions: forward, SslPolicy: &s.Declared.HTTPS.Policy,
		Certificates:         []elbtypes.Certificate{{CertificateArn: aws.String(s.Declared.HTTPS.Certificates[s.Side])}},
		MutualAuthentication: &elbtypes.MutualAuthenticationAttributes{Mode: aws.String("off")},
	})
	l.seen = append(l.seen, rest...)
	resourcetest.Expect(t, l)
	l.remember(elbtypes.Listener{
		Port: aws.Int32(443), Protocol: "HTTPS", DefaultActions: forward, SslPolicy: aws.String("ELBSecurityPolicy-2016-08"),
		Certificates:         []elbtypes.Certificate{{CertificateArn: aws.String("arn:another")}},
		MutualAuthentication: &elbtypes.MutualAuthenticationAttributes{Mode: aws.String("verify")},
	})
	l.seen = append(l.seen, rest...)
	resourcetest.Expect(t, l, "certificate: "+s.Declared.HTTPS.Certificates[s.Side]+", not arn:another",
		"policy: ELBSecurityPolicy-TLS13-1-2-2021-06, not ELBSecurityPolicy-2016-08", "asks for client certificates: no, not yes")
	l.remember(elbtypes.Listener{Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: forward})
	l.seen = append(l.seen, rest...)
	resourcetest.Expect(t, l, "port: 443, not 81", "protocol: HTTPS, not HTTP", "certificate: "+s.Declared.HTTPS.Certificates[s.Side]+", not ",
		"policy: ELBSecurityPolicy-TLS13-1-2-2021-06, not ")
}

func TestRedirectDiffers(t *testing.T) {
	l := &listener{Scope: secured(t), redirects: true}
	rest := []resource.Field{{Name: "other rules", Value: ""}, l.Tagged(l.role())}
	l.remember(elbtypes.Listener{Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: l.sendsOn()})
	l.seen = append(l.seen, rest...)
	resourcetest.Expect(t, l)
	l.Declared.HTTPS.Redirect = understudy.RedirectTemporary
	resourcetest.Expect(t, l, "forwards to: HTTP_302 HTTPS://#{host}:443/#{path}?#{query}, not HTTP_301 HTTPS://#{host}:443/#{path}?#{query}")
	l.remember(elbtypes.Listener{Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: []elbtypes.Action{{
		Type: "redirect", RedirectConfig: &elbtypes.RedirectActionConfig{StatusCode: "HTTP_302", Host: aws.String("elsewhere.test")},
	}}})
	l.seen = append(l.seen, rest...)
	resourcetest.Expect(t, l, "forwards to: HTTP_302 HTTPS://#{host}:443/#{path}?#{query}, not HTTP_302 #{protocol}://elsewhere.test:#{port}/#{path}?#{query}")
}

// A redirect answers for the load balancer alone: the checkers go where users are sent to.
func TestCheckOfHTTPSTakesTheOtherOnesPlace(t *testing.T) {
	b := &balancer{dnsName: "lb.us-east-1.elb.amazonaws.com"}
	of := func(id string, kind route53types.HealthCheckType, port int32, names *bool) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: kind, FullyQualifiedDomainName: &b.dnsName, Port: &port, ResourcePath: aws.String("/ok"), EnableSNI: names,
			RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2)}}
	}
	plain := of("a", "HTTP", 81, nil)
	c := &check{Scope: secured(t), balancer: b}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{plain})
	resourcetest.Expect(t, c, "type: HTTPS, not HTTP", "port: 443, not 81", "names the server: yes, not no")
	if c.next() != resource.Unknown {
		t.Errorf("the records are to follow %s, whose type cannot change", c.next())
	}
	c = &check{Scope: c.Scope, balancer: b}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{plain, of("b", "HTTPS", 443, aws.Bool(true))})
	resourcetest.Expect(t, c)
	if c.id != "b" || !slices.Equal(c.superseded, []string{"a"}) {
		t.Errorf("in use is %s, superseded %v", c.id, c.superseded)
	}
}

func TestTheRedirectIsAPartWhereHTTPSIsDeclared(t *testing.T) {
	s := secured(t)
	v := takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	n := v.graph.byID["primary/redirect"]
	if n.resource != resource.Resource(r.redirect) || !n.comesAfter(r.listenerNode) {
		t.Errorf("the redirect is %T, and comes after the listener: %v", n.resource, n.comesAfter(r.listenerNode))
	}
	if got, want := resourcetest.Wanted(r.facing, "ingress"), "tcp 443 0.0.0.0/0, tcp 81 0.0.0.0/0"; got != want {
		t.Errorf("the load balancer lets in %s, want %s", got, want)
	}
	s.Declared.HTTPS.Redirect = understudy.RedirectNone
	r = takeInventory(s.Declared, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}).regions[understudy.Primary]
	if got, want := resourcetest.Wanted(r.facing, "ingress"), "tcp 443 0.0.0.0/0"; got != want {
		t.Errorf("without a redirect the load balancer lets in %s, want %s", got, want)
	}
}
