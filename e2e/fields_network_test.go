package e2e

import "github.com/understudy/understudy"

// Where the AWS CLI shows a network.
const (
	ofNATs      = "aws ec2 describe-nat-gateways --filter Name=state,Values=available --query NatGateways[]."
	ofEndpoints = "aws ec2 describe-vpc-endpoints --query sort_by(VpcEndpoints,&ServiceName)[]."
)

// networkFields are the keys of the network, and of what is at its edges.
var networkFields = []field{
	{key: "egress", side: understudy.Secondary, first: `com.amazonaws.us-west-2.s3 Gateway com.amazonaws.us-west-2.ssm Interface ` +
		`com.amazonaws.us-west-2.ssmmessages Interface`, second: "", shown: ofEndpoints + "[ServiceName,VpcEndpointType][]"},
	{key: "regions.secondary.egress", side: understudy.Secondary, first: `10\.20\.0\.0/16`, second: "", shown: "aws ec2 describe-security-groups --filters " +
		"Name=tag:understudy:role,Values=endpoints --query SecurityGroups[].IpPermissions[].IpRanges[].CidrIp"},
	{key: "regions.primary.egress", side: understudy.Primary, first: "subnet-[0-9a-f]+", second: "subnet-[0-9a-f]+ subnet-[0-9a-f]+",
		shown: ofNATs + "SubnetId"},
	{key: "regions.primary.egress", side: understudy.Primary, first: "nat-[0-9a-f]+", second: "nat-[0-9a-f]+ nat-[0-9a-f]+",
		shown: "aws ec2 describe-route-tables --query RouteTables[].Routes[].NatGatewayId"},
}
