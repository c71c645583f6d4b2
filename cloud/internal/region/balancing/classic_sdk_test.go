package balancing

import (
	"testing"

	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// There are no classic load balancers: they are listed as none, whatever else there is, and made by nobody.
func TestThereAreNoClassicLoadBalancers(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	client := classic.New(classic.Options{
		Region: "us-east-1", BaseEndpoint: roomtest.Serve(t, func(m *wire.Mux) { s.r.Operations(m) }), Credentials: roomtest.Credentials,
		RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	if all := roomtest.Must(client.DescribeLoadBalancers(ctx, &classic.DescribeLoadBalancersInput{}))(t).LoadBalancerDescriptions; len(all) != 0 {
		t.Errorf("listed: %v", all)
	}
	_, err := client.DescribeLoadBalancers(ctx, &classic.DescribeLoadBalancersInput{LoadBalancerNames: []string{"hello"}})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	_, err = client.DescribeLoadBalancerAttributes(ctx, &classic.DescribeLoadBalancerAttributesInput{LoadBalancerName: new("hello")})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	_, err = client.DescribeInstanceHealth(ctx, &classic.DescribeInstanceHealthInput{LoadBalancerName: new("hello")})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	_, err = client.DescribeTags(ctx, &classic.DescribeTagsInput{LoadBalancerNames: []string{"hello"}})
	roomtest.WantAPIError(t, err, "LoadBalancerNotFound")
	roomtest.Must(client.DeleteLoadBalancer(ctx, &classic.DeleteLoadBalancerInput{LoadBalancerName: new("hello")}))(t)
	if limits := roomtest.Must(client.DescribeAccountLimits(ctx, &classic.DescribeAccountLimitsInput{}))(t).Limits; len(limits) != 3 {
		t.Errorf("limits: %v", limits)
	}
	_, err = client.CreateLoadBalancer(ctx, &classic.CreateLoadBalancerInput{
		LoadBalancerName: new("hello"), Listeners: []classictypes.Listener{{InstancePort: new(int32(80)), LoadBalancerPort: 80, Protocol: new("HTTP")}},
	})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
}
