package balancing

import (
	"strconv"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The quotas are told as they are kept to: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html.
func TestQuotasAreToldAndKeptTo(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	var got []string
	in := &elb.DescribeAccountLimitsInput{PageSize: new(int32(4))}
	for {
		out := roomtest.Must(client.DescribeAccountLimits(ctx, in))(t)
		for _, l := range out.Limits {
			got = append(got, *l.Name+"="+*l.Max)
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			break
		}
	}
	const want = "application-load-balancers=50 condition-values-per-alb-rule=5 condition-wildcards-per-alb-rule=5 " +
		"listeners-per-application-load-balancer=50 listeners-per-network-load-balancer=50 " +
		"network-load-balancers=50 rules-per-application-load-balancer=100 target-groups=3000 targets-per-target-group=1000"
	if strings.Join(got, " ") != want {
		t.Errorf("limits\n%s, want\n%s", got, want)
	}
	for port := range int32(50) {
		s.listen(1000 + port)
	}
	_, err := client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Protocol: "HTTP", Port: new(int32(80)), DefaultActions: says("200"),
	})
	roomtest.WantAPIError(t, err, "TooManyListeners")
}

// The rules of all listeners of a load balancer count together.
func TestRulesOfALoadBalancerAreCounted(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	listeners := []string{s.listen(80), s.listen(81)}
	rule := func(n int) error {
		_, err := client.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &listeners[n%2], Priority: new(int32(n + 1)), Actions: says("200"),
			Conditions: []elbtypes.RuleCondition{{Field: new("path-pattern"), Values: []string{"/" + strconv.Itoa(n)}}},
		})
		return err
	}
	for n := range 100 {
		if err := rule(n); err != nil {
			t.Fatal(err)
		}
	}
	roomtest.WantAPIError(t, rule(100), "TooManyRules")
}
