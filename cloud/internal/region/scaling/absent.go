package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/room"
)

// What a group cannot have here is made by no operation, and so these lists are empty. Clients read them beside a group.

// exists refuses the name of a group that there is not.
func (r *Room) exists(name *string) error {
	if _, ok := r.fleets.Get(room.Deref(name)); !ok {
		return missingFleet(room.Deref(name))
	}
	return nil
}

// DescribeLoadBalancers lists no classic load balancer.
func (r *Room) DescribeLoadBalancers(ctx context.Context, in *autoscaling.DescribeLoadBalancersInput) (*autoscaling.DescribeLoadBalancersOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	return &autoscaling.DescribeLoadBalancersOutput{}, r.exists(in.AutoScalingGroupName)
}
