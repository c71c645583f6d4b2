package balancing

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html has the defaults.
func TestTargetGroupAttributes(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	described := func() map[string]string {
		t.Helper()
		all := map[string]string{}
		out := roomtest.Must(client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &s.group}))(t)
		for _, a := range out.Attributes {
			all[*a.Key] = *a.Value
		}
		return all
	}
	want := map[string]string{
		"deregistration_delay.timeout_seconds": "300", "stickiness.enabled": "false", "stickiness.type": "lb_cookie",
		"stickiness.lb_cookie.duration_seconds": "86400",
		"load_balancing.algorithm.type":         "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off", "slow_start.duration_seconds": "0",
		"load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	}
	expect := func(when string) {
		t.Helper()
		got := described()
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", when, k, got[k], v)
			}
		}
	}
	expect("at first")
	modify := func(pairs ...string) error {
		in := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group}
		for _, p := range pairs {
			k, v, _ := strings.Cut(p, "=")
			in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: &k, Value: &v})
		}
		_, err := client.ModifyTargetGroupAttributes(ctx, in)
		return err
	}
	if err := modify("deregistration_delay.timeout_seconds=0", "load_balancing.algorithm.type=least_outstanding_requests"); err != nil {
		t.Fatal(err)
	}
	want["deregistration_delay.timeout_seconds"], want["load_balancing.algorithm.type"] = "0", "least_outstanding_requests"
	expect("changed")
	for _, bad := range []string{"deregistration_delay.timeout_seconds=3601", "load_balancing.algorithm.type=at_random", "colour=red"} {
		roomtest.WantAPIError(t, modify("deregistration_delay.timeout_seconds=30", bad), "ValidationError")
	}
	expect("what was refused changed nothing")
	s.reopen()
	expect("it was opened again")
	_, err := client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: new(s.group + "0")})
	roomtest.WantAPIError(t, err, "TargetGroupNotFound")
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html: a target that is not
// registered is no error.
func TestTargetsAreDeregistered(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	s.listen(80)
	id := s.launch(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	at := func(port int32) elbtypes.TargetDescription { return elbtypes.TargetDescription{Id: &id, Port: &port} }
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{at(80), at(81)}}))(t)
	deregister := func(targets ...elbtypes.TargetDescription) error {
		_, err := client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &s.group, Targets: targets})
		return err
	}
	states := func() (all []string) {
		t.Helper()
		out := roomtest.Must(client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group}))(t)
		for _, d := range out.TargetHealthDescriptions {
			state := "serves"
			if d.TargetHealth.State == "draining" {
				state = "draining, " + string(d.TargetHealth.Reason)
			}
			all = append(all, fmt.Sprint(*d.Target.Port, " ", state))
		}
		slices.Sort(all)
		return all
	}
	// The longest draining there is.
	roomtest.Must(client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{{Key: new("deregistration_delay.timeout_seconds"), Value: new("3600")}},
	}))(t)
	for _, absent := range []elbtypes.TargetDescription{at(82), {Id: new("i-0123456789abcdef0")}} {
		if err := deregister(absent); err != nil {
			t.Errorf("%s is not registered: %v", *absent.Id, err)
		}
	}
	if got := states(); !slices.Equal(got, []string{"80 serves", "81 serves"}) {
		t.Errorf("what was not registered took others along: %q", got)
	}
	if err := deregister(at(81), at(82)); err != nil {
		t.Fatal(err)
	}
	want := []string{"80 serves", "81 draining, Target.DeregistrationInProgress"}
	if got := states(); !slices.Equal(got, want) {
		t.Errorf("one of two ports: %q", got)
	}
	s.reopen()
	if got := states(); !slices.Equal(got, want) && !slices.Equal(got, want[:1]) { // it may have drained by then
		t.Errorf("it was opened again: %q", got)
	}

	_, err := client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: new(s.group + "0"), Targets: []elbtypes.TargetDescription{at(80)}})
	roomtest.WantAPIError(t, err, "TargetGroupNotFound")
	roomtest.WantAPIError(t, deregister([]elbtypes.TargetDescription{}...), "ValidationError")
}

// Where no listener forwards to a group nothing is under way that could finish: its targets go at once.
func TestUnusedTargetIsDeregisteredAtOnce(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	target := []elbtypes.TargetDescription{{Id: new(s.launch(saysHello))}}
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: target}))(t)
	roomtest.Must(client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &s.group, Targets: target}))(t)
	out := roomtest.Must(client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group}))(t)
	if left := out.TargetHealthDescriptions; len(left) != 0 {
		t.Errorf("%+v", left)
	}
}
