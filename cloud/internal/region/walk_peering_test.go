package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksPeeringConnections(t *testing.T) {
	runWalks(t, []walk{{
		resource: "aws_vpc_peering_connection", gone: []string{"InvalidVpcPeeringConnectionID.NotFound"},
		create: (*provider).createPeering, read: (*provider).readPeering,
		update: func(p *provider, id string) {
			roomtest.Must(p.ModifyVpcPeeringConnectionOptions(p.T.Context(), &ec2.ModifyVpcPeeringConnectionOptionsInput{
				VpcPeeringConnectionId:            &id,
				AccepterPeeringConnectionOptions:  &ec2types.PeeringConnectionOptionsRequest{AllowDnsResolutionFromRemoteVpc: new(true)},
				RequesterPeeringConnectionOptions: &ec2types.PeeringConnectionOptionsRequest{AllowDnsResolutionFromRemoteVpc: new(true)},
			}))(p.T)
			p.setTag(id, "Name", "changed")
		},
		destroy: func(p *provider, id string) {
			roomtest.Must(p.DeleteVpcPeeringConnection(p.T.Context(), &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: &id}))(p.T)
		},
	}, {
		// It is accepted in its own region, and left alone when it is destroyed.
		resource: "aws_vpc_peering_connection_accepter", elsewhere: true, gone: []string{"InvalidVpcPeeringConnectionID.NotFound"},
		create: (*provider).acceptPeering, read: (*provider).readPeering,
		update: func(p *provider, id string) {
			roomtest.Must(p.ModifyVpcPeeringConnectionOptions(p.T.Context(), &ec2.ModifyVpcPeeringConnectionOptionsInput{
				VpcPeeringConnectionId:           &id,
				AccepterPeeringConnectionOptions: &ec2types.PeeringConnectionOptionsRequest{AllowDnsResolutionFromRemoteVpc: new(true)},
			}))(p.T)
			p.setTag(id, "Name", "changed")
		},
	}})
}

// acceptPeering is that of a connection that was requested in the other region, which is tagged when it is there.
func (p *provider) acceptPeering() string {
	peer, _ := p.west.VPC("10.30.0.0/16", "10.30.1.0/24", false)
	roomtest.Must(p.ModifyVpcAttribute(p.T.Context(), &ec2.ModifyVpcAttributeInput{VpcId: &p.vpc, EnableDnsHostnames: truth(true)}))(p.T)
	asked := roomtest.Must(p.west.CreateVpcPeeringConnection(p.T.Context(), &ec2.CreateVpcPeeringConnectionInput{
		PeerVpcId: &p.vpc, PeerRegion: new("us-east-1"), VpcId: &peer, TagSpecifications: tagged("vpc-peering-connection"),
	}))(p.T)
	id := *asked.VpcPeeringConnection.VpcPeeringConnectionId
	is := func(code ec2types.VpcPeeringConnectionStateReasonCode) func() bool {
		return func() bool {
			seen, err := p.DescribeVpcPeeringConnections(p.T.Context(), &ec2.DescribeVpcPeeringConnectionsInput{VpcPeeringConnectionIds: []string{id}})
			return err == nil && only(p, seen.VpcPeeringConnections).Status.Code == code
		}
	}
	p.Await("request "+id, is(ec2types.VpcPeeringConnectionStateReasonCodePendingAcceptance))
	roomtest.Must(p.AcceptVpcPeeringConnection(p.T.Context(), &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: &id}))(p.T)
	p.Await("peering connection "+id, is(ec2types.VpcPeeringConnectionStateReasonCodeActive))
	p.setTag(id, "Name", "accepted")
	return id
}

// createPeering is that of a connection within the account and the region, with auto_accept.
func (p *provider) createPeering() string {
	peer, _ := p.VPC("10.30.0.0/16", "10.30.1.0/24", false)
	for _, vpc := range []string{peer, p.vpc} { // without which names would not be resolved
		roomtest.Must(p.ModifyVpcAttribute(p.T.Context(), &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: truth(true)}))(p.T)
	}
	out := roomtest.Must(p.CreateVpcPeeringConnection(p.T.Context(), &ec2.CreateVpcPeeringConnectionInput{
		PeerVpcId: &peer, VpcId: &p.vpc, TagSpecifications: tagged("vpc-peering-connection"),
	}))(p.T)
	id := *out.VpcPeeringConnection.VpcPeeringConnectionId
	roomtest.Must(p.AcceptVpcPeeringConnection(p.T.Context(), &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: &id}))(p.T)
	p.Await("peering connection "+id, func() bool {
		seen := roomtest.Must(p.DescribeVpcPeeringConnections(p.T.Context(), &ec2.DescribeVpcPeeringConnectionsInput{VpcPeeringConnectionIds: []string{id}}))(p.T)
		return only(p, seen.VpcPeeringConnections).Status.Code == ec2types.VpcPeeringConnectionStateReasonCodeActive
	})
	return id
}

// readPeering takes a connection that has ended for one that is gone.
func (p *provider) readPeering(id string) (any, error) {
	out, err := p.DescribeVpcPeeringConnections(p.T.Context(), &ec2.DescribeVpcPeeringConnectionsInput{VpcPeeringConnectionIds: []string{id}})
	if err != nil {
		return nil, err
	}
	c := there(p, "the connection", only(p, out.VpcPeeringConnections))
	switch there(p, "Status", c.Status).Code {
	case "deleted", "expired", "failed", "rejected":
		return nil, nil
	}
	for _, side := range []*ec2types.VpcPeeringConnectionVpcInfo{c.AccepterVpcInfo, c.RequesterVpcInfo} {
		info := there(p, "a side", side)
		there(p, "OwnerId", info.OwnerId)
		there(p, "Region", info.Region)
		there(p, "PeeringOptions", info.PeeringOptions)
	}
	return c, nil
}
