package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksNATGateways(t *testing.T) {
	destroy := func(p *provider, id string) {
		roomtest.Must(p.DeleteNatGateway(p.T.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: &id}))(p.T)
		p.awaitNAT(id, ec2types.NatGatewayStateDeleted)
	}
	update := func(p *provider, id string) { p.setTag(id, "Name", "changed") }
	runWalks(t, []walk{
		{
			resource: "aws_nat_gateway", gone: []string{"NatGatewayNotFound"}, read: (*provider).readNAT, update: update, destroy: destroy,
			create: func(p *provider) string {
				p.Gateway(p.vpc)
				address := roomtest.Must(p.AllocateAddress(p.T.Context(), &ec2.AllocateAddressInput{Domain: "vpc"}))(p.T)
				return p.createNAT(&ec2.CreateNatGatewayInput{AllocationId: address.AllocationId, ConnectivityType: "public"})
			},
		},
		{
			// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/nat_gateway_eip_association
			resource: "aws_nat_gateway_eip_association", gone: []string{"NatGatewayNotFound"}, read: (*provider).readNAT, destroy: destroy,
			create: func(p *provider) string {
				p.Gateway(p.vpc)
				address := roomtest.Must(p.AllocateAddress(p.T.Context(), &ec2.AllocateAddressInput{Domain: "vpc"}))(p.T)
				id := p.createNAT(&ec2.CreateNatGatewayInput{AllocationId: address.AllocationId, ConnectivityType: "public"})
				p.associateNAT(id)
				return id
			},
			update: (*provider).disassociateNAT,
		},
		{
			resource: "private", gone: []string{"NatGatewayNotFound"}, read: (*provider).readNAT, update: update, destroy: destroy,
			create: func(p *provider) string {
				return p.createNAT(&ec2.CreateNatGatewayInput{PrivateIpAddress: new("10.20.1.77"), ConnectivityType: "private"})
			},
		},
	})
}

func (p *provider) createNAT(in *ec2.CreateNatGatewayInput) string {
	in.SubnetId, in.ClientToken, in.TagSpecifications = &p.subnet, new("terraform-4"), tagged("natgateway")
	id := *roomtest.Must(p.CreateNatGateway(p.T.Context(), in))(p.T).NatGateway.NatGatewayId
	p.awaitNAT(id, ec2types.NatGatewayStateAvailable)
	return id
}

func (p *provider) awaitNAT(id string, state ec2types.NatGatewayState) {
	p.T.Helper()
	p.Await("NAT gateway "+id+" "+string(state), func() bool {
		out := roomtest.Must(p.DescribeNatGateways(p.T.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}))(p.T)
		return only(p, out.NatGateways).State == state
	})
}

func (p *provider) associateNAT(id string) {
	address := roomtest.Must(p.AllocateAddress(p.T.Context(), &ec2.AllocateAddressInput{Domain: "vpc"}))(p.T)
	roomtest.Must(p.AssociateNatGatewayAddress(p.T.Context(), &ec2.AssociateNatGatewayAddressInput{
		NatGatewayId: &id, AllocationIds: []string{*address.AllocationId},
	}))(p.T)
	p.Await("the address associated", func() bool {
		a := p.secondNAT(id)
		return a != nil && a.Status == ec2types.NatGatewayAddressStatusSucceeded && *a.AllocationId == *address.AllocationId
	})
}

// disassociateNAT takes the second address away, and once more, which the provider forgives by its code.
func (p *provider) disassociateNAT(id string) {
	in := &ec2.DisassociateNatGatewayAddressInput{
		NatGatewayId: &id, AssociationIds: []string{*p.secondNAT(id).AssociationId}, MaxDrainDurationSeconds: new(int32(1)),
	}
	roomtest.Must(p.DisassociateNatGatewayAddress(p.T.Context(), in))(p.T)
	p.Await("the address disassociated", func() bool { return p.secondNAT(id) == nil })
	_, err := p.DisassociateNatGatewayAddress(p.T.Context(), in)
	roomtest.WantAPIError(p.T, err, "InvalidParameter")
}

// secondNAT is the second address of a NAT gateway, if it has any.
func (p *provider) secondNAT(id string) *ec2types.NatGatewayAddress {
	out := roomtest.Must(p.DescribeNatGateways(p.T.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}))(p.T)
	if all := only(p, out.NatGateways).NatGatewayAddresses; len(all) > 1 {
		return &all[1]
	}
	return nil
}

func (p *provider) readNAT(id string) (any, error) {
	out, err := p.DescribeNatGateways(p.T.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
	if err != nil {
		return nil, err
	}
	nat := there(p, "the gateway", only(p, out.NatGateways))
	if nat.State == ec2types.NatGatewayStateDeleted {
		return nil, nil
	}
	if nat.AvailabilityMode != ec2types.AvailabilityModeZonal {
		p.T.Errorf("the mode is %q, for which the provider reads no address", nat.AvailabilityMode)
	}
	primaries := 0
	for _, a := range nat.NatGatewayAddresses {
		if there(p, "IsPrimary", a.IsPrimary) {
			primaries++
		}
		there(p, "PrivateIp", a.PrivateIp)
	}
	if primaries != 1 {
		p.T.Errorf("%d primary addresses", primaries)
	}
	return nat, nil
}
