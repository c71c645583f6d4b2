package cloud_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tellingBoot is an instance that tells whoever connects how often it has booted, and where he comes from.
const tellingBoot = `#!/bin/bash
echo >>/boots
python3 -c '
import socket
boots = str(len(open("/boots").readlines()))
s = socket.create_server(("", 8080))
while True:
    c, a = s.accept()
    c.sendall(b"boot " + boots.encode() + b" saw " + a[0].encode())
    c.close()' &
`

// askingPeer is an instance that asks ADDRESS and says what it is told.
const askingPeer = `#!/bin/bash
(while :; do
	told=$(timeout 5 bash -c 'exec 3<>/dev/tcp/ADDRESS/8080 && cat <&3')
	echo "${told:-nothing}." >/dev/console
	sleep 0.2
done) 2>/dev/null &
`

// plainVPC makes a VPC of one subnet, whose default group lets the other networks of 10.0.0.0/8 in.
func plainVPC(t *testing.T, api *ec2.Client, cidr string) (vpc, subnet, table string) {
	t.Helper()
	ctx := t.Context()
	vpc = *needed(api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr}))(t).Vpc.VpcId
	subnet = *needed(api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr}))(t).Subnet.SubnetId
	of := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}
	groups := needed(api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: of}))(t).SecurityGroups
	needed(api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: groups[0].GroupId, IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}},
	}}}))(t)
	return vpc, subnet, *needed(api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: of}))(t).RouteTables[0].RouteTableId
}

// Instances of two regions, of which one has come to the cloud later, meet by their private addresses; the loss of one region is
// an outage until it is back.
func TestPeersOfTwoRegionsMeet(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	ctx, east, west := t.Context(), h.ec2("us-east-1"), h.ec2("eu-west-1")
	a, inA, tableA := plainVPC(t, east, "10.1.0.0/24")
	b, inB, tableB := plainVPC(t, west, "10.2.0.0/24")
	teller := runIn(t, west, inB, false, tellingBoot)
	asker := runIn(t, east, inA, false, strings.ReplaceAll(askingPeer, "ADDRESS", *teller.PrivateIpAddress))
	// says waits until the asker says what, and not the other any more.
	says := func(what, other string) {
		t.Helper()
		until(t, "the asker says "+what, func() bool {
			console := consoleOf(t, h, *asker.InstanceId)
			return strings.LastIndex(console, what) > strings.LastIndex(console, other)
		})
	}
	says("nothing.", "boot")

	in := &ec2.CreateVpcPeeringConnectionInput{VpcId: &a, PeerVpcId: &b, PeerRegion: aws.String("eu-west-1")}
	id := needed(east.CreateVpcPeeringConnection(ctx, in))(t).VpcPeeringConnection.VpcPeeringConnectionId
	await := func(state ec2types.VpcPeeringConnectionStateReasonCode) {
		t.Helper()
		until(t, "the connection is "+string(state)+" in both regions", func() bool {
			for _, api := range []*ec2.Client{east, west} {
				out := needed(api.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{}))(t).VpcPeeringConnections
				if len(out) != 1 || out[0].Status.Code != state {
					return false
				}
			}
			return true
		})
	}
	await(ec2types.VpcPeeringConnectionStateReasonCodePendingAcceptance)
	needed(west.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: id}))(t)
	await(ec2types.VpcPeeringConnectionStateReasonCodeActive)
	needed(east.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &tableA, DestinationCidrBlock: aws.String("10.2.0.0/24"), VpcPeeringConnectionId: id}))(t)
	needed(west.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &tableB, DestinationCidrBlock: aws.String("10.1.0.0/24"), VpcPeeringConnectionId: id}))(t)
	first, second := "boot 1 saw "+*asker.PrivateIpAddress+".", "boot 2 saw "+*asker.PrivateIpAddress+"."
	says(first, "nothing.")

	if err := h.KillRegion(ctx, "eu-west-1"); err != nil {
		t.Fatal(err)
	}
	says("nothing.", first)
	if err := h.StartRegion(ctx, "eu-west-1"); err != nil {
		t.Fatal(err)
	}
	says(second, "nothing.")

	needed(west.DeleteVpcPeeringConnection(ctx, &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: id}))(t)
	await(ec2types.VpcPeeringConnectionStateReasonCodeDeleted)
	says("nothing.", second)
	h.kill()
}
