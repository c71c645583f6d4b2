package parity

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

// describeNATs reads NAT gateways. Their addresses differ.
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

// describeEndpoints reads VPC endpoints. A policy that names what is of its region differs, as any that somebody has written may.
func (c *canon) describeEndpoints() {
	for _, e := range c.f.endpoints {
		id, state := aws.ToString(e.VpcEndpointId), strings.ToLower(string(e.State))
		var groups []string
		for _, g := range e.Groups {
			groups = append(groups, aws.ToString(g.GroupId))
		}
		settings := map[string]string{
			"service": strings.Replace(aws.ToString(e.ServiceName), "."+c.Region+".", ".REGION.", 1), "type": string(e.VpcEndpointType), "state": state,
			"in": c.meanings(e.SubnetIds), "groups": c.meanings(groups), "route tables": c.meanings(e.RouteTableIds),
			"private names": yes(e.PrivateDnsEnabled), "policy": digest(bareJSON(aws.ToString(e.PolicyDocument))),
		}
		endpoint := c.add("vpc endpoint", id, account.OfEC2(e.Tags), settings,
			map[string]Command{"": {Remove: "ec2 delete-vpc-endpoints --vpc-endpoint-ids " + id}})
		if state == "pending" {
			endpoint.Passing[""] = "the VPC endpoint is pending"
		}
	}
}

// bareJSON writes a document without the spaces that AWS may give it.
func bareJSON(document string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(document)) != nil {
		return document
	}
	return b.String()
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
