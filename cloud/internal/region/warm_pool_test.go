package region

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// What waits in a warm pool is really stopped, also after its region was lost, and started for its group.
func TestWarmPoolStandsOnEC2(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	s.create(1)
	first := s.serving(1)[0]
	roomtest.Must(s.scaling.PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: new("app"), MaxGroupPreparedCapacity: new(int32(2))}))(t)
	pooled := ""
	stopped := func() bool {
		out := roomtest.Must(s.scaling.DescribeWarmPool(ctx, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: new("app")}))(t)
		for _, i := range out.Instances {
			pooled = *i.InstanceId
			return i.LifecycleState == autoscalingtypes.LifecycleStateWarmedStopped && s.instances()[pooled].State.Name == ec2types.InstanceStateNameStopped
		}
		return false
	}
	s.await("one is stopped", stopped)
	s.close()
	s.open()
	s.await("it is stopped still", stopped)
	if _, registered := s.targets()[pooled]; registered {
		t.Error("it is a target in the pool")
	}
	roomtest.Must(s.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(2))}))(t)
	if got := s.serving(1, first)[0]; got != pooled || len(s.instances()) != 2 {
		t.Errorf("%s serves, of %d instances; %s was in the pool", got, len(s.instances()), pooled)
	}
	if _, registered := s.targets()[pooled]; !registered {
		t.Error("in service it is no target")
	}
}
