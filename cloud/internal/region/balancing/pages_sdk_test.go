package balancing

import (
	"errors"
	"fmt"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The SDK's own client and paginator must get along with what goes over the wire.
func TestSDKPaginatorEnds(t *testing.T) {
	s := newSite(t)
	for i := range 4 {
		s.newGroup(fmt.Sprintf("group-%d", i))
	}
	client := s.client()
	seen := map[string]bool{}
	pages := elb.NewDescribeTargetGroupsPaginator(client, &elb.DescribeTargetGroupsInput{PageSize: new(int32(2))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil || n > 3 {
			t.Fatalf("page %d: %v", n, err)
		}
		for _, g := range out.TargetGroups {
			seen[*g.TargetGroupName] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("groups in pages: %v", seen)
	}
	_, err := client.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"nobody"}})
	if _, ok := errors.AsType[*elbtypes.LoadBalancerNotFoundException](err); !ok {
		t.Errorf("missing load balancer: %v", err)
	}
	out, err := client.DescribeTags(t.Context(), &elb.DescribeTagsInput{ResourceArns: []string{*s.balance.LoadBalancerArn}})
	if err != nil || len(out.TagDescriptions) != 1 || len(out.TagDescriptions[0].Tags) != 1 {
		t.Errorf("tags: %v, %v", out, err)
	}
}
