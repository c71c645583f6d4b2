package nets

import "github.com/understudy/understudy/cloud/internal/room"

// The quotas of the networks (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html). That of internet gateways is increased by
// increasing that of VPCs.
var (
	vpcsPerRegion      = room.Quota{Service: "vpc", Code: "L-F678F1CE", Name: "VPCs per Region", Default: 5}
	gatewaysPerRegion  = room.Quota{Service: "vpc", Code: "L-A4707A72", Name: "Internet gateways per Region", Default: 5, With: "L-F678F1CE"}
	cidrsPerVPC        = room.Quota{Service: "vpc", Code: "L-83CA0A9D", Name: "IPv4 CIDR blocks per VPC", Default: 5}
	ipv6sPerVPC        = room.Quota{Service: "vpc", Code: "L-085A6257", Name: "IPv6 CIDR blocks per VPC", Default: 5}
	natsPerZone        = room.Quota{Service: "vpc", Code: "L-FE5A380F", Name: "NAT gateways per Availability Zone", Default: 5}
	elasticsPerNAT     = room.Quota{Service: "vpc", Code: "L-5F53652F", Name: "Elastic IP address quota per NAT gateway", Default: 2}
	privatesPerNAT     = room.Quota{Service: "vpc", Code: "L-DFA99DE7", Name: "Private IP address quota per NAT gateway", Default: 8}
	aclsPerVPC         = room.Quota{Service: "vpc", Code: "L-B4A6D682", Name: "Network ACLs per VPC", Default: 200}
	rulesPerACL        = room.Quota{Service: "vpc", Code: "L-2AEEBF1A", Name: "Rules per network ACL", Default: 20}
	routesPerTable     = room.Quota{Service: "vpc", Code: "L-93826ACB", Name: "Routes per route table", Default: 50}
	rulesPerGroup      = room.Quota{Service: "vpc", Code: "L-0EA8095F", Name: "Inbound or outbound rules per security group", Default: 60}
	groupsPerInterface = room.Quota{Service: "vpc", Code: "L-2AFB9258", Name: "Security groups per network interface", Default: 5}
	gatewayEndpoints   = room.Quota{Service: "vpc", Code: "L-1B52E74A", Name: "Gateway VPC endpoints per Region", Default: 20}
	interfaceEndpoints = room.Quota{Service: "vpc", Code: "L-29B6F2EB", Name: "Interface VPC endpoints per VPC", Default: 50}
	elasticsPerRegion  = room.Quota{Service: "ec2", Code: "L-0263D0A3", Name: "EC2-VPC Elastic IPs", Default: 5}
)

// Quotas are those that the networks keep to.
func Quotas() []room.Quota {
	return []room.Quota{
		vpcsPerRegion, gatewaysPerRegion, cidrsPerVPC, ipv6sPerVPC, natsPerZone, elasticsPerNAT, privatesPerNAT, aclsPerVPC, rulesPerACL,
		routesPerTable, rulesPerGroup, groupsPerInterface,
		gatewayEndpoints, interfaceEndpoints, elasticsPerRegion,
	}
}

// MostElastics is how many Elastic IP addresses the region may have.
func (r *Room) MostElastics() int { return r.Quota(elasticsPerRegion) }
