# The same VPC in two regions, peered: private subnets go out by a NAT gateway, and reach AWS by VPC endpoints.
# Removes all of it again.
regions=(us-east-1 us-west-2)
declare -A vpc igw public private out behind eip nat group endpoint gateway
for region in "${regions[@]}"; do
	ec2() { aws ec2 --region "$region" --output text "$@"; }
	net=10.60; [ "$region" = us-west-2 ] && net=10.61
	vpc[$region]=$(ec2 create-vpc --cidr-block $net.0.0/16 --query Vpc.VpcId)
	ec2 wait vpc-available --vpc-ids "${vpc[$region]}"
	ec2 modify-vpc-attribute --vpc-id "${vpc[$region]}" --enable-dns-hostnames '{"Value":true}'
	public[$region]=$(ec2 create-subnet --vpc-id "${vpc[$region]}" --cidr-block $net.0.0/24 --query Subnet.SubnetId)
	private[$region]=$(ec2 create-subnet --vpc-id "${vpc[$region]}" --cidr-block $net.1.0/24 --query Subnet.SubnetId)
	igw[$region]=$(ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
	ec2 attach-internet-gateway --vpc-id "${vpc[$region]}" --internet-gateway-id "${igw[$region]}"
	out[$region]=$(ec2 create-route-table --vpc-id "${vpc[$region]}" --query RouteTable.RouteTableId)
	ec2 create-route --route-table-id "${out[$region]}" --destination-cidr-block 0.0.0.0/0 --gateway-id "${igw[$region]}"
	ec2 associate-route-table --route-table-id "${out[$region]}" --subnet-id "${public[$region]}"
	eip[$region]=$(ec2 allocate-address --domain vpc --query AllocationId)
	nat[$region]=$(ec2 create-nat-gateway --subnet-id "${public[$region]}" --allocation-id "${eip[$region]}" --query NatGateway.NatGatewayId)
done

for region in "${regions[@]}"; do
	ec2 wait nat-gateway-available --nat-gateway-ids "${nat[$region]}"
	behind[$region]=$(ec2 create-route-table --vpc-id "${vpc[$region]}" --query RouteTable.RouteTableId)
	ec2 create-route --route-table-id "${behind[$region]}" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "${nat[$region]}"
	ec2 associate-route-table --route-table-id "${behind[$region]}" --subnet-id "${private[$region]}"

	group[$region]=$(ec2 create-security-group --group-name endpoints --description endpoints --vpc-id "${vpc[$region]}" --query GroupId)
	ec2 authorize-security-group-ingress --group-id "${group[$region]}" --protocol tcp --port 443 --cidr 10.0.0.0/8
	endpoint[$region]=$(ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id "${vpc[$region]}" --service-name "com.amazonaws.$region.ec2" \
		--subnet-ids "${private[$region]}" --security-group-ids "${group[$region]}" --private-dns-enabled --query VpcEndpoint.VpcEndpointId)
	gateway[$region]=$(ec2 create-vpc-endpoint --vpc-id "${vpc[$region]}" --service-name "com.amazonaws.$region.s3" \
		--route-table-ids "${behind[$region]}" --query VpcEndpoint.VpcEndpointId)
	until [ "$(ec2 describe-vpc-endpoints --vpc-endpoint-ids "${endpoint[$region]}" --query 'VpcEndpoints[0].State')" = available ]; do sleep 0.2; done
	[ "$(ec2 describe-route-tables --route-table-ids "${behind[$region]}" --query 'length(RouteTables[0].Routes[?State==`active`])')" = 3 ]
done

east() { aws ec2 --region us-east-1 --output text "$@"; }
west() { aws ec2 --region us-west-2 --output text "$@"; }
peering=$(east create-vpc-peering-connection --vpc-id "${vpc[us-east-1]}" --peer-vpc-id "${vpc[us-west-2]}" --peer-region us-west-2 \
	--query VpcPeeringConnection.VpcPeeringConnectionId)
aws ec2 wait vpc-peering-connection-exists --region us-west-2 --vpc-peering-connection-ids "$peering"
west accept-vpc-peering-connection --vpc-peering-connection-id "$peering"
until [ "$(east describe-vpc-peering-connections --vpc-peering-connection-ids "$peering" --query 'VpcPeeringConnections[0].Status.Code')" = active ]; do sleep 0.2; done
east create-route --route-table-id "${behind[us-east-1]}" --destination-cidr-block 10.61.0.0/16 --vpc-peering-connection-id "$peering"
west create-route --route-table-id "${behind[us-west-2]}" --destination-cidr-block 10.60.0.0/16 --vpc-peering-connection-id "$peering"
west delete-vpc-peering-connection --vpc-peering-connection-id "$peering"
aws ec2 wait vpc-peering-connection-deleted --region us-east-1 --vpc-peering-connection-ids "$peering"

for region in "${regions[@]}"; do
	ec2 delete-vpc-endpoints --vpc-endpoint-ids "${endpoint[$region]}" "${gateway[$region]}"
	ec2 delete-nat-gateway --nat-gateway-id "${nat[$region]}"
done
for region in "${regions[@]}"; do
	ec2 wait nat-gateway-deleted --nat-gateway-ids "${nat[$region]}"
	until [ -z "$(ec2 describe-vpc-endpoints --filters "Name=vpc-id,Values=${vpc[$region]}" --query 'VpcEndpoints[?State!=`deleted`].VpcEndpointId')" ]; do sleep 0.2; done
	ec2 release-address --allocation-id "${eip[$region]}"
	ec2 delete-security-group --group-id "${group[$region]}"
	for subnet in "${public[$region]}" "${private[$region]}"; do ec2 delete-subnet --subnet-id "$subnet"; done
	for table in "${out[$region]}" "${behind[$region]}"; do ec2 delete-route-table --route-table-id "$table"; done
	ec2 detach-internet-gateway --internet-gateway-id "${igw[$region]}" --vpc-id "${vpc[$region]}"
	ec2 delete-internet-gateway --internet-gateway-id "${igw[$region]}"
	ec2 delete-vpc --vpc-id "${vpc[$region]}"
done
