package scaling

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html, Filters
func TestActivitiesAreFiltered(t *testing.T) {
	s := newStage(t)
	s.alone(1, nil)
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	group := roomtest.Must(s.group())(t)
	if err := s.r.Update(func(tx *store.Tx) error {
		for _, a := range s.r.activities.AllTx(tx) {
			if err := s.r.activities.Delete(tx, a.ID); err != nil {
				return err
			}
		}
		for id, status := range map[string]autoscalingtypes.ScalingActivityStatusCode{"0": successful, "1": failed, "2": successful, "3": cancelled} {
			row := activityRow{
				ID: id, Group: group.Name, GroupARN: s.r.fleetARN(group), Status: status, Start: noon.Add(time.Duration(id[0]-'0') * time.Hour), End: noon,
			}
			if err := s.r.activities.Put(tx, id, row); err != nil {
				return err
			}
		}
		return s.r.activities.Put(tx, "gone", activityRow{ID: "gone", Group: "app", GroupARN: "another", Status: failed, Start: noon, End: noon})
	}); err != nil {
		t.Fatal(err)
	}
	filter := func(name string, values ...string) autoscalingtypes.Filter {
		return autoscalingtypes.Filter{Name: &name, Values: values}
	}
	ask := func(change func(*autoscaling.DescribeScalingActivitiesInput), filters ...autoscalingtypes.Filter) (ids, states []string, err error) {
		in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app"), Filters: filters}
		if change != nil {
			change(in)
		}
		out, err := s.client().DescribeScalingActivities(t.Context(), in)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range out.Activities {
			ids, states = append(ids, *a.ActivityId), append(states, *a.AutoScalingGroupState)
		}
		return ids, states, nil
	}
	for _, c := range []struct {
		filters []autoscalingtypes.Filter
		want    []string
	}{
		{nil, []string{"3", "2", "1", "0"}},
		{[]autoscalingtypes.Filter{filter("Status", "Failed", "Cancelled")}, []string{"3", "1"}},
		{[]autoscalingtypes.Filter{filter("StartTimeLowerBound", "2026-03-02T14:00:00+01:00")}, []string{"3", "2", "1"}},
		{[]autoscalingtypes.Filter{filter("StartTimeUpperBound", "2026-03-02T13:00:00")}, []string{"1", "0"}},
		{[]autoscalingtypes.Filter{filter("StartTimeLowerBound", "2026-03-02T13:00:00Z"), filter("Status", "Successful")}, []string{"2"}},
	} {
		if ids, _, err := ask(nil, c.filters...); err != nil || !slices.Equal(ids, c.want) {
			t.Errorf("%v: %q, %v, want %q", c.filters, ids, err, c.want)
		}
	}
	deleted := func(in *autoscaling.DescribeScalingActivitiesInput) { in.IncludeDeletedGroups = new(true) }
	if ids, states, err := ask(deleted, filter("Status", "Failed")); err != nil ||
		!slices.Equal(ids, []string{"1", "gone"}) || !slices.Equal(states, []string{"InService", "Deleted"}) {
		t.Errorf("with those of deleted groups %q, %q, %v", ids, states, err)
	}
	for _, f := range []autoscalingtypes.Filter{filter("StartTimeLowerBound", "noon"), filter("Cause", "x"), filter("Cause")} {
		_, _, err := ask(nil, f)
		roomtest.WantAPIError(t, err, "ValidationError")
	}
	_, _, err := ask(func(in *autoscaling.DescribeScalingActivitiesInput) { in.AutoScalingGroupName = nil }, filter("Status", "Failed"))
	roomtest.WantAPIError(t, err, "ValidationError")
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html and the pages of what is in it: zones have their ids.
func TestZonesAreShownWithTheirIDs(t *testing.T) {
	s := newStage(t)
	g := s.alone(1, nil)
	for i, zone := range g.AvailabilityZones {
		if len(g.AvailabilityZoneIds) != len(g.AvailabilityZones) || g.AvailabilityZoneIds[i] != "id-of-"+zone {
			t.Fatalf("the zones %q have the ids %q", g.AvailabilityZones, g.AvailabilityZoneIds)
		}
	}
	all := roomtest.Must(s.client().DescribeAutoScalingInstances(t.Context(), &autoscaling.DescribeAutoScalingInstancesInput{}))(t).AutoScalingInstances
	want := "id-of-" + *g.Instances[0].AvailabilityZone
	if len(all) != 1 || *all[0].AvailabilityZoneId != want || *g.Instances[0].AvailabilityZoneId != want {
		t.Errorf("of instances %+v, %+v, want %s", all, g.Instances, want)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html, AvailabilityZoneIds
func TestGroupsAreMadeForZonesByTheirIDs(t *testing.T) {
	s := newStage(t)
	in := s.input()
	in.VPCZoneIdentifier, in.MinSize, in.DesiredCapacity, in.TargetGroupARNs, in.HealthCheckType = nil, new(int32(0)), new(int32(0)), nil, new("EC2")
	in.AvailabilityZoneIds = []string{"id-of-us-east-1b"}
	in.AvailabilityZones = []string{"us-east-1b"}
	_, err := s.client().CreateAutoScalingGroup(t.Context(), in)
	roomtest.WantAPIError(t, err, "ValidationError")
	in.AvailabilityZones = nil
	roomtest.Must(s.client().CreateAutoScalingGroup(t.Context(), in))(t)
	if g := s.await("it is there", serve(0)); !slices.Equal(g.AvailabilityZones, []string{"us-east-1b"}) || *g.VPCZoneIdentifier != "" {
		t.Errorf("its zones are %q, its subnets %q", g.AvailabilityZones, *g.VPCZoneIdentifier)
	}
	for _, id := range []string{"id-of-us-east-1a", "nowhere"} {
		_, err = s.client().UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: new("app"), AvailabilityZoneIds: []string{id},
		})
		if id == "nowhere" {
			roomtest.WantAPIError(t, err, "ValidationError")
		} else if err != nil {
			t.Error(err)
		}
	}
	if g := s.await("it is there", serve(0)); !slices.Equal(g.AvailabilityZoneIds, []string{"id-of-us-east-1a"}) {
		t.Errorf("changed it has the zones %q", g.AvailabilityZoneIds)
	}
}
