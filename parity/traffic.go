package parity

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy"
)

// expectTraffic adds declared rules to a security group, as Audit reads them.
func expectTraffic(group map[string]string, direction, preposition string, declared []understudy.Traffic, cidr netip.Prefix) {
	c := &canon{cidr: cidr}
	for _, t := range declared {
		peer := c.share(t.Peer)
		if t.Peer == understudy.PublicFacing {
			peer = "security group public-facing"
		}
		sort := ports(ec2types.IpPermission{IpProtocol: aws.String(t.Protocol), FromPort: aws.Int32(int32(t.From)), ToPort: aws.Int32(int32(t.To))})
		group[fmt.Sprintf("%s %s %s %s", direction, sort, preposition, peer)] = "allowed"
	}
}
