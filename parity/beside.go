package parity

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

// describeNATs reads NAT gateways, which no stack of this tool has.
func (c *canon) describeNATs() {
	for _, n := range c.f.nats {
		id := aws.ToString(n.NatGatewayId)
		settings := map[string]string{"in": c.meaning(aws.ToString(n.SubnetId)), "connectivity type": string(n.ConnectivityType)}
		nat := c.add("nat gateway", id, account.OfEC2(n.Tags), settings, map[string]Command{"": {Remove: "ec2 delete-nat-gateway --nat-gateway-id " + id}})
		if n.State == ec2types.NatGatewayStatePending {
			nat.Passing[""] = "the NAT gateway is pending"
		}
	}
}

// describeInterfaces reads the network interfaces that somebody has made by themselves.
func (c *canon) describeInterfaces() {
	for _, i := range c.f.interfaces {
		id := aws.ToString(i.NetworkInterfaceId)
		commands := map[string]Command{}
		if i.Attachment == nil { // one that is attached is not deleted, and whoever attached it has its reasons
			commands[""] = Command{Remove: "ec2 delete-network-interface --network-interface-id " + id}
		}
		c.add("network interface", id, account.OfEC2(i.TagSet), map[string]string{
			"in": c.meaning(aws.ToString(i.SubnetId)), "groups": c.meanings(ids(i.Groups)), "source/dest check": yes(i.SourceDestCheck),
		}, commands)
	}
}
