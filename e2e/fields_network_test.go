package e2e

import "github.com/understudy/understudy"

// Where the AWS CLI shows a network.
const (
	ofNATs      = "aws ec2 describe-nat-gateways --filter Name=state,Values=available --query NatGateways[]."
	ofFacing    = ofGroups + "Values=public-facing --query SecurityGroups[].IpPermissions[]."
	ofInternal  = ofGroups + "Values=internal --query SecurityGroups[]."
	ofGroups    = "aws ec2 describe-security-groups --filters Name=tag:understudy:role,"
	ofEndpoints = "aws ec2 describe-vpc-endpoints --query sort_by(VpcEndpoints,&ServiceName)[]."
)

// zonesOf counts the zones by their private subnets.
const zonesOf = "aws ec2 describe-subnets --filters Name=tag:understudy:role,Values=private-* --query length(Subnets)"

// networkFields are the keys of the network, and of what is at its edges.
var networkFields = []field{
	{key: "zones", first: "us-(east-1|west-2)a us-(east-1|west-2)b us-(east-1|west-2)c", second: "us-(east-1|west-2)a us-(east-1|west-2)b",
		shown: "aws elbv2 describe-load-balancers --query sort(LoadBalancers[].AvailabilityZones[].ZoneName)"},
	{key: "zones", first: "3", second: "2", shown: zonesOf},
	{key: "egress", side: understudy.Secondary, first: `com.amazonaws.us-west-2.s3 Gateway com.amazonaws.us-west-2.ssm Interface ` +
		`com.amazonaws.us-west-2.ssmmessages Interface`, second: "", shown: ofEndpoints + "[ServiceName,VpcEndpointType][]"},
	{key: "regions.secondary.egress", side: understudy.Secondary, first: `10\.20\.0\.0/16`, second: "", shown: "aws ec2 describe-security-groups --filters " +
		"Name=tag:understudy:role,Values=endpoints --query SecurityGroups[].IpPermissions[].IpRanges[].CidrIp"},
	{key: "regions.primary.egress", side: understudy.Primary, first: "subnet-[0-9a-f]+", second: "subnet-[0-9a-f]+ subnet-[0-9a-f]+",
		shown: ofNATs + "SubnetId"},
	{key: "regions.primary.egress", side: understudy.Primary, first: "nat-[0-9a-f]+", second: "nat-[0-9a-f]+ nat-[0-9a-f]+",
		shown: "aws ec2 describe-route-tables --query RouteTables[].Routes[].NatGatewayId"},
	{key: "security.public_facing.ingress[].protocol", first: "tcp tcp", second: "(icmp tcp|tcp icmp)", shown: ofFacing + "IpProtocol"},
	{key: "security.public_facing.ingress[].ports", first: "(22 80|80 22)", second: "(80 -1|-1 80)", shown: ofFacing + "ToPort"},
	{key: "security.public_facing.ingress[].from", first: `.*192\.0\.2\.0/24.*`, second: `.*198\.51\.100\.0/24.*`, shown: ofFacing + "IpRanges[].CidrIp"},
	{key: "security.internal.ingress[].protocol", first: "(tcp udp|udp tcp)", second: "(tcp -1|-1 tcp)", shown: ofInternal + "IpPermissions[].IpProtocol"},
	{key: "security.internal.ingress[].ports", first: "(8010 8080|8080 8010)", second: "8080", shown: ofInternal + "IpPermissions[].ToPort"},
	{key: "security.internal.ingress[].from", first: "sg-[0-9a-f]+ sg-[0-9a-f]+", second: "sg-[0-9a-f]+",
		shown: ofInternal + "IpPermissions[].UserIdGroupPairs[].GroupId"},
	{key: "security.internal.egress[].protocol", first: "tcp", second: "-1", shown: ofInternal + "IpPermissionsEgress[].IpProtocol"},
	{key: "security.internal.egress[].ports", first: "443", second: "", shown: ofInternal + "IpPermissionsEgress[].ToPort"},
	{key: "hosts.count", first: "1", second: "0", shown: ofHostCount},
	{key: "hosts.image.name", first: "ami-[0-9a-f]+", second: "", shown: ofHosts + "ImageId"},
	{key: "hosts.ingress[].ports", first: "(2222 -1|-1 2222)", second: "2224",
		shown: ofGroups + "Values=hosts --query SecurityGroups[].IpPermissions[].FromPort"},
	{key: "hosts.ingress[].protocol", first: "(tcp icmp|icmp tcp)", second: "udp",
		shown: ofGroups + "Values=hosts --query SecurityGroups[].IpPermissions[].IpProtocol"},
	{key: "hosts.ingress[].from", first: `203\.0\.113\.0/24`, second: `198\.51\.100\.0/24`,
		shown: ofGroups + "Values=hosts --query SecurityGroups[].IpPermissions[].IpRanges[].CidrIp"},
	{key: "security.internal.egress[].to", first: `443 0\.0\.0\.0/0`, second: `None 0\.0\.0\.0/0`,
		shown: ofInternal + "IpPermissionsEgress[].[ToPort,IpRanges[0].CidrIp]"},
}
