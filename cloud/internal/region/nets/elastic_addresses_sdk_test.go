package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// public is the public address that an instance is described with.
func (d *desk) public(instance string) string {
	d.T.Helper()
	out := roomtest.Must(d.DescribeInstances(d.T.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{instance}}))(d.T)
	return aws.ToString(out.Reservations[0].Instances[0].PublicIpAddress)
}

func (d *desk) address(allocation string) ec2types.Address {
	d.T.Helper()
	out := roomtest.Must(d.DescribeAddresses(d.T.Context(), &ec2.DescribeAddressesInput{AllocationIds: []string{allocation}}))(d.T)
	return out.Addresses[0]
}

// An Elastic IP address stays what it is when its instance is stopped or moved from, unlike the address of a launch.
func TestElasticAddressIsAssociatedMovedAndReleased(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	ids := d.Run(subnet, 2)
	launched := d.public(ids[0])
	eip := roomtest.Must(d.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc}))(t)
	in := ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: &ids[0]}
	_, err := d.AssociateAddress(ctx, &in)
	roomtest.WantAPIError(t, err, "Gateway.NotAttached")
	d.Gateway(vpc)
	first := roomtest.Must(d.AssociateAddress(ctx, &in))(t).AssociationId
	if again := roomtest.Must(d.AssociateAddress(ctx, &in))(t).AssociationId; *again != *first {
		t.Error("the same again makes another association")
	}
	if got := d.public(ids[0]); got != *eip.PublicIp || got == launched {
		t.Errorf("the instance is at %s, the address is %s", got, *eip.PublicIp)
	}
	d.Reopen()
	a := d.address(*eip.AllocationId)
	if aws.ToString(a.InstanceId) != ids[0] || *a.AssociationId != *first || *a.PrivateIpAddress == "" {
		t.Errorf("address %+v", a)
	}
	roomtest.Must(d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids[:1]}))(t)
	d.AwaitState(ids[0], ec2types.InstanceStateNameStopped)
	if got := d.public(ids[0]); got != *eip.PublicIp {
		t.Errorf("stopped, the instance is at %q", got)
	}
	roomtest.Must(d.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids[:1]}))(t)
	d.AwaitState(ids[0], ec2types.InstanceStateNameRunning)
	in.InstanceId, in.AllowReassociation = &ids[1], new(false)
	_, err = d.AssociateAddress(ctx, &in)
	roomtest.WantAPIError(t, err, "Resource.AlreadyAssociated")
	in.AllowReassociation = nil
	second := roomtest.Must(d.AssociateAddress(ctx, &in))(t).AssociationId
	if left, got := d.public(ids[0]), d.public(ids[1]); got != *eip.PublicIp || left == got || left == "" {
		t.Errorf("moved, the address is at %s, and the other instance at %q", got, left)
	}
	release := &ec2.ReleaseAddressInput{AllocationId: eip.AllocationId}
	_, err = d.ReleaseAddress(ctx, release)
	roomtest.WantAPIError(t, err, "InvalidIPAddress.InUse")
	for range 2 { // it is idempotent
		roomtest.Must(d.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: second}))(t)
	}
	roomtest.Must(d.ReleaseAddress(ctx, release))(t)
	_, err = d.ReleaseAddress(ctx, release)
	roomtest.WantAPIError(t, err, "InvalidAllocationID.NotFound")
}

func TestElasticAddressOutlivesItsInstance(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Gateway(vpc)
	id := d.Run(subnet, 1)[0]
	eip := roomtest.Must(d.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	eni := roomtest.Must(d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces[0].NetworkInterfaceId
	roomtest.Must(d.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: eip.AllocationId, NetworkInterfaceId: eni}))(t)
	shown := roomtest.Must(d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces[0]
	if aws.ToString(shown.Association.AllocationId) != *eip.AllocationId || *shown.Association.IpOwnerId != "111122223333" {
		t.Errorf("interface %+v", shown.Association)
	}
	for name, value := range map[string]string{"instance-id": id, "network-interface-id": *eni, "public-ip": *eip.PublicIp, "domain": "vpc"} {
		found := roomtest.Must(d.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: regiontest.Where(name, value)}))(t)
		if len(found.Addresses) != 1 {
			t.Errorf("by %s: %+v", name, found.Addresses)
		}
	}
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameTerminated)
	if a := d.address(*eip.AllocationId); a.AssociationId != nil || *a.PublicIp != *eip.PublicIp {
		t.Errorf("after its instance, the address is %+v", a)
	}
	if out := roomtest.Must(d.DescribeAddressesAttribute(ctx, &ec2.DescribeAddressesAttributeInput{
		AllocationIds: []string{*eip.AllocationId}, Attribute: ec2types.AddressAttributeNameDomainName,
	}))(t); len(out.Addresses) != 0 {
		t.Errorf("names %+v", out.Addresses)
	}
}

func TestElasticAddressesAreChecked(t *testing.T) {
	d := defaults(t)
	ctx := t.Context()
	run := &ec2.RunInstancesInput{ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1))}
	id := roomtest.Must(d.RunInstances(ctx, run))(t).Instances[0].InstanceId
	eip := roomtest.Must(d.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	for _, c := range []struct {
		code string
		in   ec2.AssociateAddressInput
	}{
		{"InvalidParameterCombination", ec2.AssociateAddressInput{PublicIp: eip.PublicIp, InstanceId: id}},
		{"InvalidParameterCombination", ec2.AssociateAddressInput{AllocationId: eip.AllocationId}},
		{"InvalidAllocationID.NotFound", ec2.AssociateAddressInput{AllocationId: new("eipalloc-0123456789abcdef0"), InstanceId: id}},
		{"InvalidInstanceID.NotFound", ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: new("i-0123456789abcdef0")}},
		{"InvalidNetworkInterfaceID.NotFound", ec2.AssociateAddressInput{AllocationId: eip.AllocationId, NetworkInterfaceId: new("eni-0123456789abcdef0")}},
		{"InvalidParameterValue", ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: id, PrivateIpAddress: new("172.31.99.99")}},
	} {
		_, err := d.AssociateAddress(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	roomtest.Must(d.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: id}))(t)
	roomtest.Must(d.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: eip.AllocationId}))(t) // the default VPC disassociates
	if got := d.public(*id); got == "" || got == *eip.PublicIp {
		t.Errorf("after the release the instance is at %q", got)
	}
	_, err := d.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: new("eipassoc-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidAssociationID.NotFound")
	for range 5 {
		roomtest.Must(d.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	}
	_, err = d.AllocateAddress(ctx, &ec2.AllocateAddressInput{})
	roomtest.WantAPIError(t, err, "AddressLimitExceeded")
}
