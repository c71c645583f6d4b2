package balancing

import (
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
func TestStickinessIsSet(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	set := func(pairs ...string) error {
		in := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group}
		for n := 0; n < len(pairs); n += 2 {
			in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: new("stickiness." + pairs[n]), Value: &pairs[n+1]})
		}
		_, err := client.ModifyTargetGroupAttributes(ctx, in)
		return err
	}
	want := func(when string, want balancer.Stickiness) {
		t.Helper()
		if row, _ := s.r.targetGroups.Get(s.group); row.stickiness() != want {
			t.Errorf("%s: %+v, want %+v", when, row.stickiness(), want)
		}
	}
	want("at first", balancer.Stickiness{})
	roomtest.WantAPIError(t, set("enabled", "true", "type", "app_cookie"), "ValidationError")
	roomtest.WantAPIError(t, set("app_cookie.cookie_name", "AWSALBTG"), "ValidationError")
	roomtest.WantAPIError(t, set("app_cookie.cookie_name", "a;b"), "ValidationError")
	roomtest.WantAPIError(t, set("lb_cookie.duration_seconds", "604801"), "ValidationError")
	if err := set("enabled", "true", "lb_cookie.duration_seconds", "60"); err != nil {
		t.Fatal(err)
	}
	want("by the load balancer's cookie", balancer.Stickiness{For: time.Minute})
	if err := set("type", "app_cookie", "app_cookie.cookie_name", "SESSION"); err != nil {
		t.Fatal(err)
	}
	want("by the application's", balancer.Stickiness{For: 24 * time.Hour, AppCookie: "SESSION"})
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupStickinessConfig.html
func TestForwardIsSticky(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	other := s.newGroup("other")
	forward := func(seconds *int32) *elb.CreateListenerInput {
		return &elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(80)), Protocol: "HTTP", DefaultActions: []elbtypes.Action{{
			Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{
				TargetGroups:                []elbtypes.TargetGroupTuple{{TargetGroupArn: &s.group}, {TargetGroupArn: &other}},
				TargetGroupStickinessConfig: &elbtypes.TargetGroupStickinessConfig{Enabled: new(true), DurationSeconds: seconds},
			},
		}}}
	}
	for _, bad := range []*int32{nil, new(int32(0)), new(int32(604801))} {
		_, err := client.CreateListener(ctx, forward(bad))
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	out := roomtest.Must(client.CreateListener(ctx, forward(new(int32(600)))))(t)
	shown := roomtest.Must(client.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{*out.Listeners[0].ListenerArn}}))(t).Listeners[0]
	if c := shown.DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig; !*c.Enabled || *c.DurationSeconds != 600 {
		t.Errorf("it is shown as %+v", c)
	}
	if row, _ := s.r.listeners.Get(*shown.ListenerArn); runAction(row.Actions).Sticky != 10*time.Minute {
		t.Errorf("clients stay for %v", runAction(row.Actions).Sticky)
	}
}
