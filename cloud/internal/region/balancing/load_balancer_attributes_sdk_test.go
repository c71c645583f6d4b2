package balancing

import (
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html has the defaults.
func TestLoadBalancerAttributes(t *testing.T) {
	s := newSite(t)
	client, ctx, arn := s.client(), t.Context(), s.balance.LoadBalancerArn
	listed := func(list []elbtypes.LoadBalancerAttribute) map[string]string {
		all := map[string]string{}
		for _, a := range list {
			all[*a.Key] = *a.Value
		}
		return all
	}
	described := func() map[string]string {
		t.Helper()
		return listed(roomtest.Must(client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn}))(t).Attributes)
	}
	want := map[string]string{
		"deletion_protection.enabled": "false", "idle_timeout.timeout_seconds": "60", "access_logs.s3.enabled": "false", "client_keep_alive.seconds": "3600",
		"routing.http.desync_mitigation_mode": "defensive", "routing.http.drop_invalid_header_fields.enabled": "false", "routing.http2.enabled": "true",
		"routing.http.xff_header_processing.mode": "append", "load_balancing.cross_zone.enabled": "true", "waf.fail_open.enabled": "false",
		"health_check_logs.s3.enabled": "false",
	}
	expect := func(when string, got map[string]string) {
		t.Helper()
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", when, k, got[k], v)
			}
		}
	}
	expect("at first", described())
	modify := func(pairs ...string) (*elb.ModifyLoadBalancerAttributesOutput, error) {
		in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: arn}
		for _, p := range pairs {
			k, v, _ := strings.Cut(p, "=")
			in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{Key: &k, Value: &v})
		}
		return client.ModifyLoadBalancerAttributes(ctx, in)
	}
	out := roomtest.Must(modify("idle_timeout.timeout_seconds=4000", "deletion_protection.enabled=true"))(t)
	want["idle_timeout.timeout_seconds"], want["deletion_protection.enabled"] = "4000", "true"
	expect("the answer", listed(out.Attributes))
	expect("changed", described())
	_, err := client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: arn})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	if _, err = modify("routing.http.colour=red"); err == nil ||
		!strings.Contains(err.Error(), "Load balancer attribute key 'routing.http.colour' is not recognized") {
		t.Errorf("an unknown key: %v", err)
	}
	roomtest.Must(modify("routing.http.drop_invalid_header_fields.enabled=true", "routing.http.preserve_host_header.enabled=true",
		"routing.http.xff_client_port.enabled=true", "routing.http.xff_header_processing.mode=remove", "routing.http.desync_mitigation_mode=strictest"))(t)
	want["routing.http.drop_invalid_header_fields.enabled"], want["routing.http.xff_header_processing.mode"] = "true", "remove"
	want["routing.http.desync_mitigation_mode"] = "strictest"
	s.wantHeaders(balancer.Headers{DropInvalid: true, PreserveHost: true, ClientPort: true, Forwarded: balancer.Remove, Desync: balancer.Strictest})

	for _, bad := range []string{
		"idle_timeout.timeout_seconds=4001", "idle_timeout.timeout_seconds=0", "idle_timeout.timeout_seconds=soon",
		"client_keep_alive.seconds=59", "routing.http.desync_mitigation_mode=off", "routing.http.xff_header_processing.mode=add",
		"deletion_protection.enabled=maybe", "colour=red",
	} {
		_, err := modify("idle_timeout.timeout_seconds=30", bad)
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	expect("what was refused changed nothing", described())
	_, err = client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: new(*arn + "0")})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	_, err = client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: new(*arn + "0"), Attributes: []elbtypes.LoadBalancerAttribute{{Key: new("idle_timeout.timeout_seconds"), Value: new("30")}},
	})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")

	s.reopen()
	expect("it was opened again", described())
	roomtest.Must(modify("deletion_protection.enabled=false"))(t)
	roomtest.Must(client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: arn}))(t)
}

// wantHeaders compares what the load balancer is to do with header fields.
func (s *site) wantHeaders(want balancer.Headers) {
	s.t.Helper()
	row, ok := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	if !ok {
		s.t.Fatal("the load balancer is gone")
	}
	config, err := s.r.balancerConfig(row)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, config.Headers); diff != "" {
		s.t.Error(diff)
	}
}

// No load balancer has capacity reserved, and one that is not there is told of as such. Terraform's provider asks it of each.
func TestNoCapacityIsReserved(t *testing.T) {
	s := newSite(t)
	client, ctx, arn := s.client(), t.Context(), s.balance.LoadBalancerArn
	out := roomtest.Must(client.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: arn}))(t)
	if out.MinimumLoadBalancerCapacity != nil || len(out.CapacityReservationState) > 0 {
		t.Errorf("reserved: %+v", out)
	}
	_, err := client.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: new(*arn + "0")})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
}
