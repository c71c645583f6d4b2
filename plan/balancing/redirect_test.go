package balancing

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestListenerOfHTTPSDiffers(t *testing.T) {
	s := resourcetest.Secured(t)
	l := &Listener{Scope: s, Group: &TargetGroup{ARN: "arn:tg"}}
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
	l := &Listener{Scope: resourcetest.Secured(t), Redirects: true}
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
