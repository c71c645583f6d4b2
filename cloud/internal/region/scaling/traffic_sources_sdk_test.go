package scaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestTrafficSourcesAreTargetGroups(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	sources := func(kind *string, of string) []autoscalingtypes.TrafficSourceIdentifier {
		return []autoscalingtypes.TrafficSourceIdentifier{{Identifier: &of, Type: kind}}
	}
	attach := func(kind *string, of string) error {
		_, err := client.AttachTrafficSources(ctx, &autoscaling.AttachTrafficSourcesInput{AutoScalingGroupName: new("app"), TrafficSources: sources(kind, of)})
		return err
	}
	if err := attach(new("elbv2"), testGroup); err != nil {
		t.Fatal(err)
	}
	id := instanceIDs(s.await("in service", serve(1)))[0]
	s.wait("registered", func() bool { _, ok := s.book.State(testGroup, id); return ok })
	found := roomtest.Must(client.DescribeTrafficSources(ctx, &autoscaling.DescribeTrafficSourcesInput{AutoScalingGroupName: new("app")}))(t).TrafficSources
	if len(found) != 1 || *found[0].Identifier != testGroup {
		t.Errorf("found %+v", found)
	}
	roomtest.WantAPIError(t, attach(new("vpc-lattice"), testGroup), "UnsupportedOperation")
	roomtest.WantAPIError(t, attach(nil, ""), "ValidationError")
	roomtest.WantAPIError(t, attach(nil, testGroup+"0"), "ValidationError")
	detach := func() error {
		_, err := client.DetachTrafficSources(ctx, &autoscaling.DetachTrafficSourcesInput{AutoScalingGroupName: new("app"), TrafficSources: sources(nil, testGroup)})
		return err
	}
	if err := detach(); err != nil {
		t.Fatal(err)
	}
	s.drain(id)
	s.await("detached", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.TrafficSources) == 0 })
	roomtest.WantAPIError(t, detach(), "ValidationError")
}

// A version that was not said is the default.
func TestGroupShowsTheVersionThatStandsForNone(t *testing.T) {
	s := newStage(t)
	g := s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate.Version = nil })
	if *g.LaunchTemplate.Version != "$Default" {
		t.Errorf("it is shown with the version %s", *g.LaunchTemplate.Version)
	}
	if v := g.Instances[0].LaunchTemplate.Version; *v != "1" {
		t.Errorf("its instance has the version %s", *v)
	}
}
