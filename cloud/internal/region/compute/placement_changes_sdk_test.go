package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestStoppedInstanceChangesItsPlacementGroup(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	for name, in := range map[string]ec2.CreatePlacementGroupInput{
		"parts": {Strategy: "partition", PartitionCount: new(int32(3))}, "apart": {Strategy: "spread"}, "close": {Strategy: "cluster"},
	} {
		in.GroupName = &name
		roomtest.Must(d.CreatePlacementGroup(ctx, &in))(t)
	}
	id := d.Run(subnet, 1)[0]
	change := func(in ec2.ModifyInstancePlacementInput) error {
		in.InstanceId = &id
		_, err := d.ModifyInstancePlacement(ctx, &in)
		return err
	}
	roomtest.WantAPIError(t, change(ec2.ModifyInstancePlacementInput{GroupName: new("apart")}), "IncorrectInstanceState")
	roomtest.Must(d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameStopped)
	for _, c := range []struct {
		in        ec2.ModifyInstancePlacementInput
		group     string
		partition int32
	}{
		{ec2.ModifyInstancePlacementInput{GroupName: new("apart")}, "apart", 0},
		{ec2.ModifyInstancePlacementInput{GroupName: new("parts")}, "parts", 1},
		{ec2.ModifyInstancePlacementInput{PartitionNumber: new(int32(3))}, "parts", 3},
		{ec2.ModifyInstancePlacementInput{Tenancy: "default"}, "parts", 3},
		{ec2.ModifyInstancePlacementInput{GroupName: new("")}, "", 0},
	} {
		if err := change(c.in); err != nil {
			t.Fatalf("to %s: %v", c.group, err)
		}
		d.Reopen()
		p := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(t).Reservations[0].Instances[0].Placement
		if partition := p.PartitionNumber; *p.GroupName != c.group || c.partition == 0 != (partition == nil) || partition != nil && *partition != c.partition {
			t.Errorf("%+v, want group %q and partition %d", p, c.group, c.partition)
		}
	}
	for code, in := range map[string]ec2.ModifyInstancePlacementInput{
		"InvalidPlacementGroup.Unknown": {GroupName: new("none")}, "MissingParameter": {}, "UnsupportedOperation": {Tenancy: "dedicated"},
		"InvalidParameterCombination": {GroupName: new("close")}, // a cluster, for a burstable type
	} {
		roomtest.WantAPIError(t, change(in), code)
	}
}
