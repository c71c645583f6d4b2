# A machine as several of these operators start it: in a VPC with a public subnet in each of two zones, where its port is open to everybody.

# machine REGION NETWORK NAME: builds it. NETWORK is the first two numbers of its addresses, NAME is the group's. It sets vpc, subnets, group and machine,
# which its caller declares, and defines ec2 and elb for the region.
machine() {
	local region=$1 net=$2 name=$3 igw table image
	ec2() { aws ec2 --region "$region" --output text "$@"; }
	elb() { aws elbv2 --region "$region" --output text "$@"; }
	vpc=$(ec2 create-vpc --cidr-block "$net.0.0/20" --query Vpc.VpcId)
	igw=$(ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
	ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$igw"
	table=$(ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc" --query 'RouteTables[0].RouteTableId')
	ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$igw" > "$TMPDIR/null"
	for zone in a b; do
		subnets+=("$(ec2 create-subnet --vpc-id "$vpc" --availability-zone "$region$zone" --cidr-block "$net.$([ $zone = a ] && echo 0 || echo 8).0/24" --query Subnet.SubnetId)")
	done
	group=$(ec2 create-security-group --group-name "$name" --description "$name" --vpc-id "$vpc" --query GroupId)
	ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 0-65535 --cidr 0.0.0.0/0 > "$TMPDIR/null"
	image=$(ec2 describe-images --owners amazon --filters 'Name=name,Values=understudy-hello-*' --query 'sort_by(Images, &CreationDate)[-1].ImageId')
	machine=$(ec2 run-instances --image-id "$image" --instance-type t3.micro --subnet-id "${subnets[0]}" --security-group-ids "$group" --user-data '#!/bin/sh
hello -addr :8080 &' --query 'Instances[0].InstanceId')
	ec2 wait instance-running --instance-ids "$machine"
}
