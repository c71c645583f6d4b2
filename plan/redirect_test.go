package plan

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A redirect answers for the load balancer alone: the checkers go where users are sent to.
func TestCheckOfHTTPSTakesTheOtherOnesPlace(t *testing.T) {
	b := &balancing.Balancer{DNSName: "lb.us-east-1.elb.amazonaws.com"}
	of := func(id string, kind route53types.HealthCheckType, port int32, names *bool) route53types.HealthCheck {
		return route53types.HealthCheck{Id: &id, HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: kind, FullyQualifiedDomainName: &b.DNSName, Port: &port, ResourcePath: aws.String("/ok"), EnableSNI: names,
			RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2)}}
	}
	plain := of("a", "HTTP", 81, nil)
	c := &check{Scope: resourcetest.Secured(t), balancer: b}
	c.tags = c.Tagged(c.role())
	c.choose([]route53types.HealthCheck{plain})
	resourcetest.Expect(t, c, "type: HTTPS, not HTTP", "port: 443, not 81", "names the server: yes, not no")
	if c.Next() != resource.Unknown {
		t.Errorf("the records are to follow %s, whose type cannot change", c.Next())
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
	s := resourcetest.Secured(t)
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
