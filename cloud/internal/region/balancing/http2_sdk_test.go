package balancing

import (
	"crypto/tls"
	"net/http"
	"strconv"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// protocolAt is what a client that knows both speaks with a node.
func (s *site) protocolAt(port int) string {
	s.t.Helper()
	s.r.reconcile()
	row, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[0].Interface)
	both := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: both}).Get("https://" + s.sockets.At(eni.Address.String()+":"+strconv.Itoa(port)) + "/")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.Proto
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
func TestHTTP2IsOfferedUntilItIsTurnedOff(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, s.shelf.put(t, "1", "one.example.com"))))(t)
	for _, step := range []struct{ set, want string }{{"", "HTTP/2.0"}, {"false", "HTTP/1.1"}, {"true", "HTTP/2.0"}} {
		if step.set != "" {
			roomtest.Must(client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
				LoadBalancerArn: s.balance.LoadBalancerArn,
				Attributes:      []elbtypes.LoadBalancerAttribute{{Key: new("routing.http2.enabled"), Value: &step.set}},
			}))(t)
		}
		if got := s.protocolAt(443); got != step.want {
			t.Errorf("set to %q: %s, want %s", step.set, got, step.want)
		}
	}
}
