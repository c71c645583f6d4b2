package compute_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) placementGroup(name string, strategy ec2types.PlacementStrategy, edit ...func(*ec2.CreatePlacementGroupInput)) ec2types.PlacementGroup {
	d.T.Helper()
	in := &ec2.CreatePlacementGroupInput{GroupName: &name, Strategy: strategy}
	for _, e := range edit {
		e(in)
	}
	return *roomtest.Must(d.CreatePlacementGroup(d.T.Context(), in))(d.T).PlacementGroup
}

func TestPlacementGroupsAreMadeAndDeleted(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	made := d.placementGroup("near", "cluster", func(in *ec2.CreatePlacementGroupInput) {
		in.TagSpecifications = []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypePlacementGroup, Tags: []ec2types.Tag{{Key: new("stage"), Value: new("prod")}},
		}}
	})
	if *made.GroupArn != "arn:aws:ec2:us-east-1:111122223333:placement-group/near" || made.State != "available" {
		t.Errorf("%+v", made)
	}
	d.placementGroup("far", "spread")
	d.placementGroup("parts", "partition")
	d.placementGroup("five", "partition", func(in *ec2.CreatePlacementGroupInput) { in.PartitionCount = new(int32(5)) })
	d.Reopen()
	names := func(in ec2.DescribePlacementGroupsInput) (all []string) {
		t.Helper()
		return regiontest.IDsOf(roomtest.Must(d.DescribePlacementGroups(ctx, &in))(t).PlacementGroups, func(g ec2types.PlacementGroup) *string { return g.GroupName })
	}
	for _, c := range []struct {
		in   ec2.DescribePlacementGroupsInput
		want []string
	}{
		{ec2.DescribePlacementGroupsInput{}, []string{"near", "far", "parts", "five"}},
		{ec2.DescribePlacementGroupsInput{GroupNames: []string{"far"}, GroupIds: []string{*made.GroupId}}, []string{"far", "near"}},
		{ec2.DescribePlacementGroupsInput{Filters: regiontest.Where("strategy", "partition")}, []string{"parts", "five"}},
		{ec2.DescribePlacementGroupsInput{Filters: regiontest.Where("spread-level", "rack")}, []string{"far"}},
		{ec2.DescribePlacementGroupsInput{Filters: regiontest.Where("tag:stage", "prod")}, []string{"near"}},
		{ec2.DescribePlacementGroupsInput{Filters: regiontest.Where("group-arn", *made.GroupArn)}, []string{"near"}},
		{ec2.DescribePlacementGroupsInput{Filters: append(regiontest.Where("group-name", "f*"), regiontest.Where("state", "available")...)}, []string{"far", "five"}},
	} {
		roomtest.WantSame(t, "groups", names(c.in), c.want...)
	}
	counts := map[string]int32{}
	for _, g := range roomtest.Must(d.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{}))(t).PlacementGroups {
		counts[*g.GroupName] = aws.ToInt32(g.PartitionCount)
	}
	if diff := cmp.Diff(map[string]int32{"near": 0, "far": 0, "parts": 2, "five": 5}, counts); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		edit func(*ec2.CreatePlacementGroupInput)
		code string
	}{
		{func(in *ec2.CreatePlacementGroupInput) { in.GroupName = new("near") }, "InvalidPlacementGroup.Duplicate"},
		{func(in *ec2.CreatePlacementGroupInput) { in.GroupName = nil }, "MissingParameter"},
		{func(in *ec2.CreatePlacementGroupInput) { in.GroupName = new("näher") }, "InvalidParameterValue"},
		{func(in *ec2.CreatePlacementGroupInput) { in.Strategy = "" }, "MissingParameter"},
		{func(in *ec2.CreatePlacementGroupInput) { in.Strategy = "heap" }, "InvalidParameterValue"},
		{func(in *ec2.CreatePlacementGroupInput) { in.Strategy = "precision-time" }, "UnsupportedOperation"},
		{func(in *ec2.CreatePlacementGroupInput) { in.PartitionCount = new(int32(2)) }, "InvalidParameterCombination"},
		{func(in *ec2.CreatePlacementGroupInput) { in.Strategy, in.PartitionCount = "partition", new(int32(8)) }, "InvalidParameterValue"},
		{func(in *ec2.CreatePlacementGroupInput) { in.SpreadLevel = "rack" }, "InvalidParameterCombination"},
		{func(in *ec2.CreatePlacementGroupInput) { in.Strategy, in.SpreadLevel = "spread", "host" }, "UnsupportedOperation"},
		{func(in *ec2.CreatePlacementGroupInput) { in.ParentGroupId = made.GroupId }, "UnsupportedOperation"},
	} {
		in := &ec2.CreatePlacementGroupInput{GroupName: new("new"), Strategy: "cluster"}
		c.edit(in)
		_, err := d.CreatePlacementGroup(ctx, in)
		roomtest.WantAPIError(t, err, c.code)
	}
	roomtest.Must(d.DeletePlacementGroup(ctx, &ec2.DeletePlacementGroupInput{GroupName: new("near")}))(t)
	_, err := d.DeletePlacementGroup(ctx, &ec2.DeletePlacementGroupInput{GroupName: new("near")})
	roomtest.WantAPIError(t, err, "InvalidPlacementGroup.Unknown")
	_, err = d.DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{GroupNames: []string{"near"}})
	roomtest.WantAPIError(t, err, "InvalidPlacementGroup.Unknown")
}

// in launches n instances of a type into a placement group.
func (d *desk) in(subnet, group, kind string, n int32, edit ...func(*ec2types.Placement)) ([]ec2types.Instance, error) {
	in := d.launch(subnet)
	in.MinCount, in.MaxCount, in.InstanceType, in.Placement = &n, &n, ec2types.InstanceType(kind), &ec2types.Placement{GroupName: &group}
	for _, e := range edit {
		e(in.Placement)
	}
	out, err := d.RunInstances(d.T.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.Instances, nil
}

// large is an instance type that is not burstable.
func large() string {
	if regiontest.SmallType() == "t4g.micro" {
		return "m6g.large"
	}
	return "m5.large"
}

func wantMessage(t *testing.T, what string, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || e.ErrorMessage() != message {
		t.Errorf("%s: %v\nwant %s: %s", what, err, code, message)
	}
}

// What AWS lets callers see of each strategy is kept: one zone, seven running instances a zone, partitions that fill evenly.
func TestPlacementGroupsAreKept(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, here := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	zone := *roomtest.Must(d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{here}}))(t).Subnets[0].AvailabilityZone
	other := "us-east-1b"
	if zone == other {
		other = "us-east-1a"
	}
	there := *roomtest.Must(d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: &other}))(t).Subnet.SubnetId
	small := string(regiontest.SmallType())
	near := d.placementGroup("near", "cluster")
	d.placementGroup("far", "spread")
	d.placementGroup("parts", "partition", func(in *ec2.CreatePlacementGroupInput) { in.PartitionCount = new(int32(3)) })

	_, err := d.in(here, "near", small, 1)
	wantMessage(t, "a burstable type in a cluster", err, "InvalidParameterCombination", "Cluster placement groups are not supported by the '"+small+
		"' instance type. Specify a supported instance type or change the placement group strategy, and try again.")
	first := roomtest.Must(d.in(here, "near", large(), 1))(t)[0]
	if p := first.Placement; *p.GroupName != "near" || *p.GroupId != *near.GroupId || p.PartitionNumber != nil {
		t.Errorf("%+v", p)
	}
	_, err = d.in(there, "near", large(), 1)
	wantMessage(t, "a cluster in two zones", err, "InvalidPlacementGroup.InUse", "The placement group 'near' is in use in another availability zone: "+zone)
	_, err = d.DeletePlacementGroup(ctx, &ec2.DeletePlacementGroupInput{GroupName: new("near")})
	wantMessage(t, "a group with an instance", err, "InvalidPlacementGroup.InUse", "The placement group 'near' is in use and may not be deleted.")

	spread := roomtest.Must(d.in(here, "far", small, 7))(t)
	roomtest.Must(d.in(there, "far", small, 1))(t)
	_, err = d.in(here, "far", small, 1)
	roomtest.WantAPIError(t, err, "InsufficientInstanceCapacity")
	id := *spread[0].InstanceId
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	roomtest.Must(d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameStopped)
	roomtest.Must(d.in(here, "far", small, 1))(t)
	_, err = d.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
	roomtest.WantAPIError(t, err, "InsufficientInstanceCapacity")

	roomtest.Must(d.in(here, "parts", small, 1, func(p *ec2types.Placement) { p.PartitionNumber = new(int32(2)) }))(t)
	var got []int32
	for _, i := range roomtest.Must(d.in(here, "parts", small, 5))(t) {
		got = append(got, *i.Placement.PartitionNumber)
	}
	if diff := cmp.Diff([]int32{1, 3, 1, 2, 3}, got); diff != "" {
		t.Error(diff)
	}
	for number, code := range map[int32]string{4: "InvalidParameterValue", -1: "InvalidParameterValue"} {
		_, err := d.in(here, "parts", small, 1, func(p *ec2types.Placement) { p.PartitionNumber = &number })
		roomtest.WantAPIError(t, err, code)
	}
	_, err = d.in(here, "far", small, 1, func(p *ec2types.Placement) { p.PartitionNumber = new(int32(1)) })
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
	_, err = d.in(here, "near", large(), 1, func(p *ec2types.Placement) { p.GroupId = near.GroupId })
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
	_, err = d.in(here, "nowhere", small, 1)
	roomtest.WantAPIError(t, err, "InvalidPlacementGroup.Unknown")

	d.Reopen()
	found := func(name, value string) int {
		t.Helper()
		n := 0
		for _, r := range roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where(name, value)}))(t).Reservations {
			n += len(r.Instances)
		}
		return n
	}
	if n := found("placement-group-name", "far"); n != 9 {
		t.Errorf("%d instances are spread, want 9", n)
	}
	if n := found("placement-partition-number", "1"); n != 2 {
		t.Errorf("%d instances are of partition 1, want 2", n)
	}
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*first.InstanceId}}))(t)
	d.AwaitState(*first.InstanceId, ec2types.InstanceStateNameTerminated)
	roomtest.Must(d.DeletePlacementGroup(ctx, &ec2.DeletePlacementGroupInput{GroupName: new("near")}))(t)
}

// A launch template's placement group is the launch's.
func TestPlacementGroupOfTemplate(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	g := d.placementGroup("parts", "partition")
	roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("app"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			Placement: &ec2types.LaunchTemplatePlacementRequest{GroupId: g.GroupId, PartitionNumber: new(int32(2))},
		},
	}))(t)
	in := d.launch(subnet)
	in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("app")}
	if p := roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].Placement; *p.GroupName != "parts" || *p.PartitionNumber != 2 {
		t.Errorf("%+v", p)
	}
}
