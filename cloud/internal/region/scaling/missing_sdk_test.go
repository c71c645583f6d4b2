package scaling

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// A group that there is not is refused in the words that each call was seen to have.
func TestUnknownGroupsAreRefusedInEachCallsWords(t *testing.T) {
	s := newStage(t)
	client, ctx, none := s.client(), t.Context(), new("none")
	const null = "AutoScalingGroup name not found - null"
	for name, c := range map[string]struct {
		words string
		call  func() error
	}{
		"SetDesiredCapacity": {null, func() error {
			_, err := client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: none, DesiredCapacity: new(int32(1))})
			return err
		}},
		"UpdateAutoScalingGroup": {null, func() error {
			_, err := client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: none})
			return err
		}},
		"PutScheduledUpdateGroupAction": {null, func() error {
			in := &autoscaling.PutScheduledUpdateGroupActionInput{
				AutoScalingGroupName: none, ScheduledActionName: none, Recurrence: new("0 8 * * 1-5"), MinSize: new(int32(1)),
			}
			_, err := client.PutScheduledUpdateGroupAction(ctx, in)
			return err
		}},
		"DetachLoadBalancerTargetGroups": {null, func() error {
			_, err := client.DetachLoadBalancerTargetGroups(ctx, &autoscaling.DetachLoadBalancerTargetGroupsInput{
				AutoScalingGroupName: none, TargetGroupARNs: []string{"a"},
			})
			return err
		}},
		"SuspendProcesses": {"AutoScalingGroup name not found - AutoScalingGroup 'none' not found", func() error {
			_, err := client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: none})
			return err
		}},
	} {
		err := c.call()
		roomtest.WantAPIError(t, err, "ValidationError")
		if err == nil || !strings.HasSuffix(err.Error(), ": "+c.words) {
			t.Errorf("%s: %v, want %q", name, err, c.words)
		}
	}
}
