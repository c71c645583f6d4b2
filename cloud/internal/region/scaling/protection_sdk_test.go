package scaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/resource-deletion-protection.html
func TestGroupsAreProtectedFromDeletion(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) { in.MinSize = new(int32(0)) })
	shown := func() autoscalingtypes.DeletionProtection {
		t.Helper()
		return roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0].DeletionProtection
	}
	update := func(p autoscalingtypes.DeletionProtection) error {
		_, err := client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: new("app"), DeletionProtection: p, MinSize: new(int32(0)),
		})
		return err
	}
	remove := func(forced bool) error {
		_, err := client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: &forced})
		return err
	}
	if p := shown(); p != autoscalingtypes.DeletionProtectionNone {
		t.Errorf("by default it is %q", p)
	}
	roomtest.WantAPIError(t, update("prevent-nothing"), "ValidationError")
	for _, p := range []autoscalingtypes.DeletionProtection{"prevent-force-deletion", "prevent-all-deletion"} {
		if err := update(p); err != nil || shown() != p {
			t.Errorf("%s: %v, %s", p, err, shown())
		}
		s.reopen()
		roomtest.WantAPIError(t, remove(true), "ValidationError")
	}
	roomtest.WantAPIError(t, remove(false), "ValidationError")
	if err := update(autoscalingtypes.DeletionProtectionPreventForceDeletion); err != nil {
		t.Error(err)
	}
	roomtest.WantAPIError(t, remove(false), "ResourceInUse") // it has an instance
	roomtest.Must(client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(0))}))(t)
	s.wait("it is empty", func() bool { return len(s.r.membersOf("app")) == 0 })
	if err := remove(false); err != nil {
		t.Errorf("an empty group: %v", err)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CapacityReservationSpecification.html: without reservations, the default and none are the same.
func TestCapacityReservationsOfGroups(t *testing.T) {
	s := newStage(t)
	prefer := func(p autoscalingtypes.CapacityReservationPreference) error {
		_, err := s.client().UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: new("app"), CapacityReservationSpecification: &autoscalingtypes.CapacityReservationSpecification{CapacityReservationPreference: p},
		})
		return err
	}
	g := s.alone(1, nil)
	for _, p := range []autoscalingtypes.CapacityReservationPreference{"default", "none"} {
		if p == "none" {
			if err := prefer(p); err != nil {
				t.Fatal(err)
			}
			g = s.await("changed", serve(1))
		}
		if got := g.CapacityReservationSpecification.CapacityReservationPreference; got != p {
			t.Errorf("it is %s, want %s", got, p)
		}
	}
	roomtest.WantAPIError(t, prefer("capacity-reservations-only"), "UnsupportedOperation")
}
