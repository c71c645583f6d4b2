package account

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Peers are whom a permission of a security group names: networks of IPv4 and IPv6, groups and prefix lists.
func Peers(p ec2types.IpPermission) (peers []string) {
	for _, v := range p.IpRanges {
		peers = append(peers, aws.ToString(v.CidrIp))
	}
	for _, v := range p.Ipv6Ranges {
		peers = append(peers, aws.ToString(v.CidrIpv6))
	}
	for _, v := range p.UserIdGroupPairs {
		peers = append(peers, aws.ToString(v.GroupId))
	}
	for _, v := range p.PrefixListIds {
		peers = append(peers, aws.ToString(v.PrefixListId))
	}
	return peers
}
