package balancing

import (
	"context"
	"strings"

	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// classicOperations are the reads of classic load balancers, of which there are none here: tools that clean up or take stock ask for them
// beside their successors. What would make one is refused by name.
func classicOperations(m *wire.Mux) {
	wire.Handle(m, wire.ELB, "DescribeLoadBalancers",
		func(_ context.Context, in *classic.DescribeLoadBalancersInput) (*classic.DescribeLoadBalancersOutput, error) {
			none := []classictypes.LoadBalancerDescription{}
			return &classic.DescribeLoadBalancersOutput{LoadBalancerDescriptions: none}, noClassic(in.LoadBalancerNames...)
		})
	wire.Handle(m, wire.ELB, "DescribeLoadBalancerAttributes",
		func(_ context.Context, in *classic.DescribeLoadBalancerAttributesInput) (*classic.DescribeLoadBalancerAttributesOutput, error) {
			return nil, noClassic(room.Deref(in.LoadBalancerName))
		})
	wire.Handle(m, wire.ELB, "DescribeInstanceHealth",
		func(_ context.Context, in *classic.DescribeInstanceHealthInput) (*classic.DescribeInstanceHealthOutput, error) {
			return nil, noClassic(room.Deref(in.LoadBalancerName))
		})
	wire.Handle(m, wire.ELB, "DescribeTags", func(_ context.Context, in *classic.DescribeTagsInput) (*classic.DescribeTagsOutput, error) {
		return nil, noClassic(in.LoadBalancerNames...)
	})
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html (2012-06-01): of one that there is
	// not, it succeeds.
	wire.Handle(m, wire.ELB, "DeleteLoadBalancer", func(context.Context, *classic.DeleteLoadBalancerInput) (*classic.DeleteLoadBalancerOutput, error) {
		return &classic.DeleteLoadBalancerOutput{}, nil
	})
	wire.Handle(m, wire.ELB, "DescribeAccountLimits",
		func(context.Context, *classic.DescribeAccountLimitsInput) (*classic.DescribeAccountLimitsOutput, error) {
			out := &classic.DescribeAccountLimitsOutput{}
			for _, l := range [][2]string{{"classic-load-balancers", "20"}, {"classic-listeners", "100"}, {"classic-registered-instances", "1000"}} {
				out.Limits = append(out.Limits, classictypes.Limit{Name: &l[0], Max: &l[1]})
			}
			return out, nil
		})
}

// noClassic is the error of who asks for some by their names.
func noClassic(names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return wire.Errorf("LoadBalancerNotFound", "There is no ACTIVE Load Balancer named '%s'", strings.Join(names, "', '"))
}
