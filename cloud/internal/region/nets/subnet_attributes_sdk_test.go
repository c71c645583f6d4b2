package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html: MapPublicIpOnLaunch decides of instances
// that are launched from then on.
func TestSubnetGivesPublicAddresses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Gateway(vpc)
	modify := func(id string, on bool) error {
		_, err := d.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &id, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: &on}})
		return err
	}
	expect := func(when string, want bool) {
		t.Helper()
		s := roomtest.Must(d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}))(t).Subnets[0]
		if *s.MapPublicIpOnLaunch != want {
			t.Errorf("%s: public addresses are given: %v", when, !want)
		}
	}
	public := func(id string) bool {
		t.Helper()
		out := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(t)
		return out.Reservations[0].Instances[0].PublicIpAddress != nil
	}
	expect("made", false)
	before := d.Run(subnet, 1)[0]
	if err := modify(subnet, true); err != nil {
		t.Fatal(err)
	}
	expect("changed", true)
	d.Reopen()
	expect("opened again", true)
	if after := d.Run(subnet, 1)[0]; public(before) || !public(after) {
		t.Errorf("a public address before the change: %v, after it: %v", public(before), public(after))
	}
	if err := modify(subnet, false); err != nil {
		t.Fatal(err)
	}
	expect("changed back", false)
	if last := d.Run(subnet, 1)[0]; public(last) {
		t.Error("a public address after it was changed back")
	}
	roomtest.WantAPIError(t, modify("subnet-0123456789abcdef0", true), "InvalidSubnetID.NotFound")
}
