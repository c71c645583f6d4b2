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
	a := there(p, "the address", only(p, nat.NatGatewayAddresses))
	there(p, "IsPrimary", a.IsPrimary)
	there(p, "PrivateIp", a.PrivateIp)
	return nat, nil
}
