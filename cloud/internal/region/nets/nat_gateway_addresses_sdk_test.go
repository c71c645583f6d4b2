package nets_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// sources are the addresses that the network was told to spread a NAT gateway's connections over.
func (d *desk) sources(n ec2types.NatGateway) (all []string) {
	d.T.Helper()
	for _, a := range d.specOf(*n.VpcId, *n.NatGatewayAddresses[0].NetworkInterfaceId).NAT.Sources {
		all = append(all, a.String())
	}
	return all
}

// settled waits until no address of a NAT gateway comes or goes.
func (d *desk) settled(id string) ec2types.NatGateway {
	d.T.Helper()
	d.Await("addresses of "+id+" settled", func() bool {
		return !slices.ContainsFunc(d.nat(id).NatGatewayAddresses, func(a ec2types.NatGatewayAddress) bool { return a.Status != "succeeded" })
	})
	return d.nat(id)
}

func TestNATGatewayHasSecondaryElasticAddresses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Gateway(vpc)
	first, _ := d.allocate()
	second, public := d.allocate()
	third, _ := d.allocate()
	n := d.createNAT(ec2.CreateNatGatewayInput{
		SubnetId: &subnet, AllocationId: &first, SecondaryAllocationIds: []string{second}, SecondaryPrivateIpAddresses: []string{"10.0.1.99"},
	})
	id := n.NatGatewayId
	n = d.settled(*id)
	a := n.NatGatewayAddresses[1]
	want := ec2types.NatGatewayAddress{
		AllocationId: &second, AssociationId: a.AssociationId, IsPrimary: new(false), NetworkInterfaceId: n.NatGatewayAddresses[0].NetworkInterfaceId,
		PrivateIp: new("10.0.1.99"), PublicIp: &public, Status: "succeeded",
	}
	if diff := cmp.Diff(want, a, cmp.AllowUnexported(ec2types.NatGatewayAddress{})); diff != "" {
		t.Errorf("secondary address (-want +got):\n%s", diff)
	}
	if held := d.address(second); aws.ToString(held.AssociationId) != *a.AssociationId || *held.PrivateIpAddress != "10.0.1.99" {
		t.Errorf("its Elastic IP address %+v", held)
	}
	if got := d.sources(n); !slices.Equal(got, []string{*n.NatGatewayAddresses[0].PrivateIp, "10.0.1.99"}) {
		t.Errorf("connections are spread over %v", got)
	}
	associate := func(id *string, allocations ...string) (*ec2.AssociateNatGatewayAddressOutput, error) {
		return d.AssociateNatGatewayAddress(ctx, &ec2.AssociateNatGatewayAddressInput{NatGatewayId: id, AllocationIds: allocations})
	}
	_, err := associate(id, third)
	roomtest.WantAPIError(t, err, "AddressLimitExceeded")

	disassociate := func(seconds *int32, associations ...string) (*ec2.DisassociateNatGatewayAddressOutput, error) {
		return d.DisassociateNatGatewayAddress(ctx, &ec2.DisassociateNatGatewayAddressInput{
			NatGatewayId: id, AssociationIds: associations, MaxDrainDurationSeconds: seconds,
		})
	}
	_, err = disassociate(nil, *n.NatGatewayAddresses[0].AssociationId)
	roomtest.WantAPIError(t, err, "InvalidParameter")
	_, err = disassociate(nil, "eipassoc-0123456789abcdef0")
	roomtest.WantAPIError(t, err, "InvalidParameter")
	_, err = disassociate(nil, []string{}...)
	roomtest.WantAPIError(t, err, "MissingParameter")

	going := roomtest.Must(disassociate(nil, *a.AssociationId))(t).NatGatewayAddresses
	if len(going) != 1 || going[0].Status != "disassociating" || *going[0].PublicIp != public {
		t.Errorf("going: %+v", going)
	}
	if s := d.specOf(vpc, *a.NetworkInterfaceId); len(s.Secondary) != 1 || len(d.sources(n)) != 1 {
		t.Errorf("while it drains the network was told %+v", s)
	}
	_, err = associate(id, third)
	roomtest.WantAPIError(t, err, "OperationInProgress")
	roomtest.Must(d.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: id}))(t)
	d.awaitNAT(*id, ec2types.NatGatewayStateDeleted)
	_, err = associate(id, third)
	roomtest.WantAPIError(t, err, "IncorrectState")
	if held := d.address(second); held.AssociationId != nil {
		t.Errorf("afterwards %+v", held)
	}

	n = d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: &first})
	id = n.NatGatewayId
	coming := roomtest.Must(associate(id, second))(t).NatGatewayAddresses
	if len(coming) != 1 || coming[0].Status != "associating" || *coming[0].AllocationId != second {
		t.Errorf("coming: %+v", coming)
	}
	a = d.settled(*id).NatGatewayAddresses[1]
	roomtest.Must(disassociate(new(int32(1)), *a.AssociationId))(t)
	d.Reopen() // the rest of its time is kept
	d.Await("the address released", func() bool { return len(d.nat(*id).NatGatewayAddresses) == 1 && d.address(second).AssociationId == nil })
	d.Await("the network told", func() bool { return len(d.specOf(vpc, *a.NetworkInterfaceId).Secondary) == 0 })
	roomtest.Must(d.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &second}))(t)
}

func TestPrivateNATGatewayHasSecondaryAddresses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	n := d.createNAT(ec2.CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: "private", SecondaryPrivateIpAddressCount: new(int32(2))})
	id := n.NatGatewayId
	if n = d.settled(*id); len(n.NatGatewayAddresses) != 3 || len(d.sources(n)) != 3 {
		t.Errorf("made with %+v", n.NatGatewayAddresses)
	}
	assign := func(count *int32, named ...string) ([]ec2types.NatGatewayAddress, error) {
		out, err := d.AssignPrivateNatGatewayAddress(ctx, &ec2.AssignPrivateNatGatewayAddressInput{
			NatGatewayId: id, PrivateIpAddressCount: count, PrivateIpAddresses: named,
		})
		if err != nil {
			return nil, err
		}
		return out.NatGatewayAddresses, nil
	}
	coming := roomtest.Must(assign(nil, "10.0.1.200"))(t)
	if len(coming) != 1 || coming[0].Status != "assigning" || *coming[0].PrivateIp != "10.0.1.200" || *coming[0].IsPrimary || coming[0].PublicIp != nil {
		t.Errorf("coming: %+v", coming)
	}
	d.settled(*id)
	_, err := assign(nil, "10.0.1.200")
	roomtest.WantAPIError(t, err, "InvalidIPAddress.InUse")
	_, err = assign(new(int32(1)), "10.0.1.201")
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
	_, err = assign(new(int32(5)))
	roomtest.WantAPIError(t, err, "PrivateIpAddressLimitExceeded")
	if more := roomtest.Must(assign(new(int32(4))))(t); len(more) != 4 {
		t.Errorf("four more: %+v", more)
	}
	d.settled(*id)
	_, err = d.AssociateNatGatewayAddress(ctx, &ec2.AssociateNatGatewayAddressInput{NatGatewayId: id, AllocationIds: []string{"eipalloc-0"}})
	roomtest.WantAPIError(t, err, "InvalidParameter")
	unassign := func(seconds *int32, named ...string) (*ec2.UnassignPrivateNatGatewayAddressOutput, error) {
		return d.UnassignPrivateNatGatewayAddress(ctx, &ec2.UnassignPrivateNatGatewayAddressInput{
			NatGatewayId: id, PrivateIpAddresses: named, MaxDrainDurationSeconds: seconds,
		})
	}
	_, err = unassign(nil, *n.NatGatewayAddresses[0].PrivateIp)
	roomtest.WantAPIError(t, err, "InvalidParameter")
	_, err = unassign(new(int32(0)), "10.0.1.200")
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = unassign(nil, []string{}...)
	roomtest.WantAPIError(t, err, "MissingParameter")
	if going := roomtest.Must(unassign(new(int32(1)), "10.0.1.200"))(t).NatGatewayAddresses; len(going) != 1 || going[0].Status != "unassigning" {
		t.Errorf("going: %+v", going)
	}
	d.Await("the address released", func() bool { return len(d.nat(*id).NatGatewayAddresses) == 7 })
}
