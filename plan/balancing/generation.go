package balancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// A target group's protocol, port and VPC never change (CreateTargetGroup and ModifyTargetGroup in the Elastic Load Balancing
// API Reference), so that another port needs another target group. A fleet cannot be moved from one to the other in place:
// with both attached, Auto Scaling takes an instance for healthy only if all its target groups do
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html), and the old instances fail the checks of
// the new port as the new ones fail those of the old. To suspend ReplaceUnhealthy meanwhile would leave the users without the
// replacement of what really falls ill, and would have to be undone by a run that may be killed.
//
// So there is a second generation beside the first, of a target group and a fleet (blue/green:
// https://docs.aws.amazon.com/whitepapers/latest/blue-green-deployments/swap-the-auto-scaling-group-behind-elastic-load-balancer.html):
//
//  1. The security group opens the new port too, and the new target group is made.
//  2. The listener forwards to it with weight 0: a load balancer checks only targets that a listener knows, the others stay
//     "unused" (TargetHealth in the API reference).
//  3. The new fleet is made, as large as the old is now. Its instances become healthy.
//  4. The listener's weights change places (handover.go). The users are served by the new generation.
//  5. When the region passes Route 53's check, the old fleet is scaled to zero, which drains its instances, and is deleted;
//     then its target group, and the rule for its port (plan/superseded.go).
//
// What serves is told by what is found: the target group that is as declared is the new one, whatever run made it, and each
// step is done if what is found lacks it. So a run that was killed is continued, and a declaration that went back to
// the old port takes the new generation for the one that goes.

// generations is how many may be there at once. Two are; more if runs are killed and the declaration changes in between.
const generations = 9

// Generation names a target group and its fleet, or a load balancer. The number goes before the stack's name, since "understudy-hello-2" is what a
// stack called hello-2 uses.
func Generation(s resource.Scope, n int) string {
	if n <= 1 {
		return "understudy-" + s.Stack()
	}
	return "understudy" + strconv.Itoa(n) + "-" + s.Stack()
}

// GenerationNames returns all names that a stack's target groups, fleets and load balancers may have.
func GenerationNames(stack string) []string {
	s := resource.Scope{Declared: &understudy.Declaration{Name: stack}}
	var names []string
	for n := range generations {
		names = append(names, Generation(s, n+1))
	}
	return names
}

// GenerationOf returns the number of the generation that a name is of, or 0.
func GenerationOf(s resource.Scope, name string) int {
	return slices.Index(GenerationNames(s.Stack()), name) + 1
}

// partOf returns the generation that the name of a target group is of, or 0, and the name by which it is declared.
func partOf(s resource.Scope, name string) (number int, further string) {
	of, further := understudy.CutGroupName(name)
	return GenerationOf(s, of), further
}

// TargetGroups returns the service's, of all generations.
func TargetGroups(ctx context.Context, s resource.Scope) ([]elbtypes.TargetGroup, error) {
	all, err := allTargetGroups(ctx, s)
	return slices.DeleteFunc(all, func(g elbtypes.TargetGroup) bool { return GenerationOf(s, aws.ToString(g.TargetGroupName)) == 0 }), err
}

// allTargetGroups returns those with a name of the stack's. Names that are asked for must all exist (DescribeTargetGroups), so that
// all are asked for.
func allTargetGroups(ctx context.Context, s resource.Scope) (all []elbtypes.TargetGroup, err error) {
	pages := elb.NewDescribeTargetGroupsPaginator(s.ELB, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe target groups in %s: %w", s.Region, err)
		}
		for _, g := range page.TargetGroups {
			if n, _ := partOf(s, aws.ToString(g.TargetGroupName)); n > 0 {
				all = append(all, g)
			}
		}
	}
	return all, nil
}

// LoadBalancers returns those with a name of the stack's, by their generations.
func LoadBalancers(ctx context.Context, s resource.Scope) (all []elbtypes.LoadBalancer, err error) {
	pages := elb.NewDescribeLoadBalancersPaginator(s.ELB, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe load balancers in %s: %w", s.Region, err)
		}
		for _, b := range page.LoadBalancers {
			if GenerationOf(s, aws.ToString(b.LoadBalancerName)) > 0 {
				all = append(all, b)
			}
		}
	}
	slices.SortFunc(all, func(a, b elbtypes.LoadBalancer) int {
		return cmp.Compare(GenerationOf(s, aws.ToString(a.LoadBalancerName)), GenerationOf(s, aws.ToString(b.LoadBalancerName)))
	})
	return all, nil
}

// vacant returns the lowest generation that is not taken.
func vacant(s resource.Scope, taken []int) (int, error) {
	for n := 1; n <= generations; n++ {
		if !slices.Contains(taken, n) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("all %d names from %s to %s are taken", generations, Generation(s, 1), Generation(s, generations))
}
