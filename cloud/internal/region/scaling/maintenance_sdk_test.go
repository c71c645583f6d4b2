package scaling

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

func maintained(low, high int32) *autoscalingtypes.InstanceMaintenancePolicy {
	return &autoscalingtypes.InstanceMaintenancePolicy{MinHealthyPercentage: &low, MaxHealthyPercentage: &high}
}

// By a policy that launches first, an ill instance goes only once its successor serves.
func TestIllInstanceGoesAfterItsSuccessorCame(t *testing.T) {
	s := newStage(t)
	s.alone(2, func(in *autoscaling.CreateAutoScalingGroupInput) { in.InstanceMaintenancePolicy = maintained(100, 150) })
	ill := instanceIDs(s.await("two", serve(2)))[0]
	var grew bool
	watch := func(g autoscalingtypes.AutoScalingGroup) bool {
		grew = grew || len(g.Instances) == 3
		return serve(2, ill)(g)
	}
	roomtest.Must(s.client().SetInstanceHealth(t.Context(), &autoscaling.SetInstanceHealthInput{InstanceId: &ill, HealthStatus: new("Unhealthy")}))(t)
	s.await("replaced", watch)
	s.awaitState(ill, terminated)
	launch := s.activity("an instance was launched in response to an unhealthy instance needing to be replaced.")
	end := s.activity("in response to a user health-check.")
	if !launch.StartTime.Before(*end.StartTime) {
		t.Errorf("it went at %v, and its successor was launched at %v", end.StartTime, launch.StartTime)
	}
}

func TestGroupSettingsOfReplacement(t *testing.T) {
	s := newStage(t)
	s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.InstanceMaintenancePolicy, in.MaxInstanceLifetime, in.CapacityRebalance = maintained(90, 120), new(int32(86400)), new(true)
		in.AvailabilityZoneDistribution = &autoscalingtypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "balanced-only"}
		in.DesiredCapacityType, in.ServiceLinkedRoleARN, in.HealthCheckType = new("units"), new("arn:aws:iam::111122223333:role/own"), new("EC2,EBS")
		in.TrafficSources = []autoscalingtypes.TrafficSourceIdentifier{{Identifier: new(testGroup), Type: new("elbv2")}}
	})
	s.reopen()
	client, ctx := s.client(), t.Context()
	show := func() autoscalingtypes.AutoScalingGroup {
		return roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]
	}
	g := show()
	if *g.InstanceMaintenancePolicy.MinHealthyPercentage != 90 || *g.InstanceMaintenancePolicy.MaxHealthyPercentage != 120 || *g.MaxInstanceLifetime != 86400 ||
		!*g.CapacityRebalance || g.AvailabilityZoneDistribution.CapacityDistributionStrategy != "balanced-only" || *g.DesiredCapacityType != "units" ||
		*g.ServiceLinkedRoleARN != "arn:aws:iam::111122223333:role/own" || *g.HealthCheckType != "EC2,EBS" || !slices.Equal(g.TargetGroupARNs, []string{testGroup}) {
		t.Errorf("it is shown as %+v", g)
	}
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), InstanceMaintenancePolicy: maintained(-1, -1), MaxInstanceLifetime: new(int32(0)), CapacityRebalance: new(false),
		AvailabilityZoneDistribution: &autoscalingtypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "balanced-best-effort"},
	}))(t)
	if g := show(); g.InstanceMaintenancePolicy != nil || g.MaxInstanceLifetime != nil ||
		g.AvailabilityZoneDistribution.CapacityDistributionStrategy != "balanced-best-effort" {
		t.Errorf("cleared it is %+v", g)
	}
	for code, all := range map[string][]*autoscaling.UpdateAutoScalingGroupInput{
		"ValidationError": {
			{InstanceMaintenancePolicy: maintained(101, 150)}, {InstanceMaintenancePolicy: maintained(90, 201)}, {InstanceMaintenancePolicy: maintained(50, 151)},
			{InstanceMaintenancePolicy: &autoscalingtypes.InstanceMaintenancePolicy{MinHealthyPercentage: new(int32(90))}},
			{MaxInstanceLifetime: new(int32(86399))}, {DesiredCapacityType: new("cores")},
		},
		"UnsupportedOperation": {
			{DesiredCapacityType: new("vcpu")}, {HealthCheckType: new("VPC_LATTICE")},
			{AvailabilityZoneDistribution: &autoscalingtypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "reservations-then-balanced"}},
		},
	} {
		for _, in := range all {
			in.AutoScalingGroupName = new("app")
			_, err := client.UpdateAutoScalingGroup(ctx, in)
			roomtest.WantAPIError(t, err, code)
		}
	}
}

// An instance that has reached the group's maximum lifetime is replaced.
func TestInstanceIsReplacedForItsAge(t *testing.T) {
	s := newStage(t)
	s.alone(2, func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxInstanceLifetime = new(int32(86400)) })
	old := instanceIDs(s.await("two", serve(2)))[0]
	if err := s.r.Update(func(tx *store.Tx) error {
		m, err := s.r.memberTx(tx, &old)
		if err != nil {
			return err
		}
		m.Launched = m.Launched.Add(-s.r.group(roomtest.Must(s.group())(t)).Lifetime)
		return s.r.members.Put(tx, m.Token, m)
	}); err != nil {
		t.Fatal(err)
	}
	s.await("replaced", serve(2, old))
	s.awaitState(old, terminated)
	s.activity("an instance was taken out of service in response to the maximum instance lifetime.")
}

// A group whose zones have become uneven is balanced by a launch first, also where it is lost meanwhile; suspended, it stays as it is.
func TestZonesAreBalancedAgain(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	one := "subnet-0000000000000000a"
	s.alone(4, func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = &one })
	process := []string{"AZRebalance"}
	roomtest.Must(client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	roomtest.Must(client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: new("app"), VPCZoneIdentifier: &s.subnets}))(t)
	zones := func(g autoscalingtypes.AutoScalingGroup) map[string]int {
		counts := map[string]int{}
		for _, i := range g.Instances {
			counts[*i.AvailabilityZone]++
		}
		return counts
	}
	// Nothing is to be done, not even later.
	if actions, due := fleet.Decide(s.r.group(roomtest.Must(s.group())(t)),
		s.r.observed(s.r.membersOf("app")), s.r.opened.Add(1<<40)); len(actions) != 0 || !due.IsZero() {
		t.Errorf("suspended, there is to do %v at %v", actions, due)
	}
	roomtest.Must(client.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("boot"), LifecycleTransition: new(launching), HeartbeatTimeout: new(int32(7200)),
	}))(t)
	roomtest.Must(client.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: new("app"), ScalingProcesses: process}))(t)
	comes := ""
	waits := func(g autoscalingtypes.AutoScalingGroup) bool {
		for _, i := range g.Instances {
			if i.LifecycleState == autoscalingtypes.LifecycleStatePendingWait {
				comes = *i.InstanceId
			}
		}
		return comes != "" && serve(4)(g)
	}
	s.await("one waits in the other zone", waits)
	s.reopen()
	client = s.client()
	if g := s.await("it waits still, and nobody has gone", waits); zones(g)["us-east-1b"] != 1 || len(g.Instances) != 5 {
		t.Errorf("zones %v", zones(g))
	}
	roomtest.Must(client.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("boot"), InstanceId: &comes, LifecycleActionResult: new("CONTINUE"),
	}))(t)
	roomtest.Must(client.DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: new("app"), LifecycleHookName: new("boot")}))(t)
	s.await("balanced", func(g autoscalingtypes.AutoScalingGroup) bool {
		c := zones(g)
		return len(g.Instances) == 4 && serve(4)(g) && c["us-east-1a"] == 2 && c["us-east-1b"] == 2
	})
	s.activity("instances were launched to balance instances in zones us-east-1b " +
		"with other zones resulting in more than desired number of instances in the group.")
}
