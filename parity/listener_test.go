package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
)

const secured = `https:
  certificates:
    primary:   arn:aws:acm:us-east-1:123456789012:certificate/1
    secondary: arn:aws:acm:us-west-2:123456789012:certificate/2
`

// listening is a region whose load balancer has a listener of HTTPS, as declared but for what is given, and the redirect to it.
func listening(d *understudy.Declaration, region string, side understudy.Side, policy, certificate string) Region {
	forward := []elbtypes.Action{{Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{
		TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: aws.String("arn:group")}}}}}
	redirect := []elbtypes.Action{{Type: "redirect", RedirectConfig: &elbtypes.RedirectActionConfig{StatusCode: "HTTP_301", Protocol: aws.String("HTTPS"),
		Host: aws.String("#{host}"), Port: aws.String("443"), Path: aws.String("/#{path}"), Query: aws.String("#{query}")}}}
	c := &canon{place: at(region, side, d), out: Region{Name: region, Side: side}, roles: map[string]string{},
		names: map[string]string{"arn:group": "target group target-group"}, f: &facts{
			elbTags:   map[string]map[string]string{"arn:443": {"understudy:stack": "hello", "understudy:role": "listener"}, "arn:80": {}},
			balancers: []elbtypes.LoadBalancer{{LoadBalancerArn: aws.String("arn:balancer")}},
			listeners: map[string][]elbtypes.Listener{"arn:balancer": {
				{ListenerArn: aws.String("arn:443"), Port: aws.Int32(443), Protocol: "HTTPS", SslPolicy: &policy, DefaultActions: forward,
					Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}}},
				{ListenerArn: aws.String("arn:80"), Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: redirect},
			}},
		}}
	for _, one := range c.balanceClaims() {
		role := one.tags["understudy:role"]
		if role == "" {
			role = c.infer(one)
		}
		c.roles[one.id] = role
	}
	c.describeListeners("arn:balancer", "load balancer load-balancer")
	return c.out
}

func TestListenersOfHTTPSDifferByTheirCertificatesOnPurpose(t *testing.T) {
	d := declaration(t, secured+"failover: {switch: none}\n")
	h := d.HTTPS
	compared := func(policy, certificate string) []string {
		var said []string
		left := listening(d, "us-east-1", understudy.Primary, h.Policy, h.Certificates[understudy.Primary])
		right := listening(d, "us-west-2", understudy.Secondary, policy, certificate)
		for _, f := range Compare(Pair{Left: left, Right: right}, d).Findings {
			if f.Kind == "listener" && f.Setting != settingTags {
				said = append(said, outline([]Finding{f})[0])
			}
		}
		return said
	}
	if said := compared(h.Policy, h.Certificates[understudy.Secondary]); len(said) > 0 {
		t.Errorf("as declared, and found: %q", said)
	}
	want := []string{"high listener listener: certificate in us-west-2", "high listener listener: tls policy in us-west-2"}
	if diff := cmp.Diff(want, compared("ELBSecurityPolicy-2016-08", "arn:aws:acm:us-west-2:123456789012:certificate/3")); diff != "" {
		t.Error(diff)
	}
}

// Without a declaration nobody knows which certificate goes with which.
func TestCertificatesOfOthersAreNotCompared(t *testing.T) {
	c := &canon{place: at("us-east-1", understudy.Primary, nil)}
	if a, b := c.certificate("arn:1"), c.certificate("arn:2"); a != b {
		t.Errorf("%s is not %s", a, b)
	}
}
