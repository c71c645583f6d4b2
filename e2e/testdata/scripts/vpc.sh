# A VPC from scratch: subnets, gateway, routes, security groups, as tutorials write it. Removes it again.
vpc=$(aws ec2 create-vpc --cidr-block 10.50.0.0/16 --tag-specifications 'ResourceType=vpc,Tags=[{Key=Name,Value=tutorial}]' --query Vpc.VpcId --output text)
aws ec2 wait vpc-exists --vpc-ids "$vpc"
aws ec2 wait vpc-available --vpc-ids "$vpc"
aws ec2 modify-vpc-attribute --vpc-id "$vpc" --enable-dns-support '{"Value":true}'
aws ec2 modify-vpc-attribute --vpc-id "$vpc" --enable-dns-hostnames '{"Value":true}'

public=$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.50.1.0/24 --availability-zone "${AWS_REGION}a" --query Subnet.SubnetId --output text)
private=$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.50.2.0/24 --availability-zone "${AWS_REGION}b" --query Subnet.SubnetId --output text)
aws ec2 wait subnet-available --subnet-ids "$public" "$private"
aws ec2 modify-subnet-attribute --subnet-id "$public" --map-public-ip-on-launch

igw=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
aws ec2 wait internet-gateway-exists --internet-gateway-ids "$igw"
aws ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$igw"

table=$(aws ec2 create-route-table --vpc-id "$vpc" --query RouteTable.RouteTableId --output text)
aws ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$igw"
association=$(aws ec2 associate-route-table --route-table-id "$table" --subnet-id "$public" --query AssociationId --output text)

eip=$(aws ec2 allocate-address --domain vpc --query AllocationId --output text)
nat=$(aws ec2 create-nat-gateway --subnet-id "$public" --allocation-id "$eip" --query NatGateway.NatGatewayId --output text)
aws ec2 wait nat-gateway-available --nat-gateway-ids "$nat"
behind=$(aws ec2 create-route-table --vpc-id "$vpc" --query RouteTable.RouteTableId --output text)
aws ec2 create-route --route-table-id "$behind" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$nat"
aws ec2 associate-route-table --route-table-id "$behind" --subnet-id "$private"

web=$(aws ec2 create-security-group --group-name web --description web --vpc-id "$vpc" --query GroupId --output text)
aws ec2 wait security-group-exists --group-ids "$web"
aws ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 80 --cidr 0.0.0.0/0
aws ec2 authorize-security-group-ingress --group-id "$web" --ip-permissions "IpProtocol=tcp,FromPort=22,ToPort=22,UserIdGroupPairs=[{GroupId=$web}]"

[ "$(aws ec2 describe-route-tables --route-table-ids "$table" --query 'RouteTables[0].Routes[?GatewayId==`'"$igw"'`].State' --output text)" = active ]
[ "$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'length(Subnets)' --output text)" = 2 ]
[ "$(aws ec2 describe-security-groups --group-ids "$web" --query 'SecurityGroups[0].IpPermissions[?FromPort==`80`].IpRanges[0].CidrIp' --output text)" = 0.0.0.0/0 ]

aws ec2 delete-security-group --group-id "$web"
aws ec2 delete-nat-gateway --nat-gateway-id "$nat"
aws ec2 wait nat-gateway-deleted --nat-gateway-ids "$nat"
aws ec2 release-address --allocation-id "$eip"
aws ec2 disassociate-route-table --association-id "$association"
aws ec2 delete-subnet --subnet-id "$public"
aws ec2 delete-subnet --subnet-id "$private"
aws ec2 delete-route-table --route-table-id "$table"
aws ec2 delete-route-table --route-table-id "$behind"
aws ec2 detach-internet-gateway --internet-gateway-id "$igw" --vpc-id "$vpc"
aws ec2 delete-internet-gateway --internet-gateway-id "$igw"
aws ec2 delete-vpc --vpc-id "$vpc"
