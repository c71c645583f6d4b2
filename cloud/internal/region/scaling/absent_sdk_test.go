package scaling

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// What a group cannot have is listed as empty, and for a group that exists only where the request must name one.
func TestWhatAGroupCannotHaveIsEmpty(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	for name, found := range map[string]int{
		"scheduled actions": len(roomtest.Must(client.DescribeScheduledActions(ctx,
			&autoscaling.DescribeScheduledActionsInput{}))(t).ScheduledUpdateGroupActions),
		"notifications": len(roomtest.Must(client.DescribeNotificationConfigurations(ctx,
			&autoscaling.DescribeNotificationConfigurationsInput{}))(t).NotificationConfigurations),
		"launch configurations": len(roomtest.Must(client.DescribeLaunchConfigurations(ctx,
			&autoscaling.DescribeLaunchConfigurationsInput{}))(t).LaunchConfigurations),
	} {
		if found != 0 {
			t.Errorf("%d %s", found, name)
		}
	}
	of := func(group string) (found []int, errs []error) {
		hooks, err := client.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: &group})
		errs = append(errs, err)
		classic, err := client.DescribeLoadBalancers(ctx, &autoscaling.DescribeLoadBalancersInput{AutoScalingGroupName: &group})
		errs = append(errs, err)
		pool, err := client.DescribeWarmPool(ctx, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: &group})
		errs = append(errs, err)
		sources, err := client.DescribeTrafficSources(ctx, &autoscaling.DescribeTrafficSourcesInput{AutoScalingGroupName: &group})
		if errs = append(errs, err); err == nil {
			found = append(found, len(hooks.LifecycleHooks), len(classic.LoadBalancers), len(pool.Instances), len(sources.TrafficSources))
		}
		return found, errs
	}
	found, errs := of("app")
	for i, err := range errs {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	if !slices.Equal(found, []int{0, 0, 0, 1}) {
		t.Errorf("hooks, classic load balancers, warm instances, traffic sources: %v", found)
	}
	_, errs = of("nobody")
	for _, err := range errs {
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	lattice := roomtest.Must(client.DescribeTrafficSources(ctx, &autoscaling.DescribeTrafficSourcesInput{
		AutoScalingGroupName: new("app"), TrafficSourceType: new("vpc-lattice"),
	}))(t)
	if len(lattice.TrafficSources) != 0 {
		t.Errorf("%+v", lattice.TrafficSources)
	}
}
