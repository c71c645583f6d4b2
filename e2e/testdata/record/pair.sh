# A shop as its operators once wrote it down: an application load balancer and a fleet in each of two regions, in small subnets of a large
# network, and a failover pair of records between them. Nothing of it has a tag of this tool's.
#
# What went wrong since, in the standby: its instances are smaller, its fleet is half as large, its target group asks for another
# path, and the port of its operators' shells is open to everybody. Nobody has set the primary's alias to heed the health of its targets.

# shop REGION NETWORK TYPE INSTANCES PATH: builds one region. NETWORK is the first two numbers of its addresses.
shop() {
	local region=$1 net=$2 type=$3 size=$4 path=$5 vpc igw out in table web app image targets balancer zone subnet
	ec2() { aws ec2 --region "$region" --output text "$@"; }
	elb() { aws elbv2 --region "$region" --output text "$@"; }
	named() { echo "ResourceType=$1,Tags=[{Key=Name,Value=shop-$2-$region}]"; }
	vpc=$(ec2 create-vpc --cidr-block "$net.0.0/16" --tag-specifications "$(named vpc net)" --query Vpc.VpcId)
	ec2 modify-vpc-attribute --vpc-id "$vpc" --enable-dns-hostnames '{"Value":true}'
	igw=$(ec2 create-internet-gateway --tag-specifications "$(named internet-gateway door)" --query InternetGateway.InternetGatewayId)
	ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$igw"
	table=$(ec2 create-route-table --vpc-id "$vpc" --tag-specifications "$(named route-table out)" --query RouteTable.RouteTableId)
	ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$igw" > "$TMPDIR/null"
	for zone in a b; do
		subnet=$(ec2 create-subnet --vpc-id "$vpc" --availability-zone "$region$zone" --tag-specifications "$(named subnet "dmz-$zone")" \
			--cidr-block "$net.$([ $zone = a ] && echo 4 || echo 5).0/26" --query Subnet.SubnetId)
		ec2 modify-subnet-attribute --subnet-id "$subnet" --map-public-ip-on-launch
		ec2 associate-route-table --route-table-id "$table" --subnet-id "$subnet" > "$TMPDIR/null"
		out+=("$subnet")
		in+=("$(ec2 create-subnet --vpc-id "$vpc" --availability-zone "$region$zone" --tag-specifications "$(named subnet "app-$zone")" \
			--cidr-block "$net.$([ $zone = a ] && echo 64 || echo 80).0/20" --query Subnet.SubnetId)")
	done
	web=$(ec2 create-security-group --group-name shop-web --description "shop: customers" --vpc-id "$vpc" --query GroupId)
	app=$(ec2 create-security-group --group-name shop-app --description "shop: application" --vpc-id "$vpc" --query GroupId)
	ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 80 --cidr 0.0.0.0/0 > "$TMPDIR/null"
	ec2 authorize-security-group-ingress --group-id "$app" --protocol tcp --port 8080 --source-group "$web" > "$TMPDIR/null"

	image=$(ec2 describe-images --owners amazon --filters 'Name=name,Values=understudy-hello-*' --query 'sort_by(Images, &CreationDate)[-1].ImageId')
	ec2 create-launch-template --launch-template-name shop --launch-template-data "{\"ImageId\":\"$image\",\"InstanceType\":\"$type\",
		\"SecurityGroupIds\":[\"$app\"],\"UserData\":\"$(printf '#!/bin/sh\nhello -addr :8080 &\n' | base64 -w0)\"}" > "$TMPDIR/null"
	targets=$(elb create-target-group --name shop --protocol HTTP --port 8080 --vpc-id "$vpc" --health-check-path "$path" --query 'TargetGroups[0].TargetGroupArn' \
		--health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 --unhealthy-threshold-count 2)
	balancer=$(elb create-load-balancer --name shop --subnets "${out[@]}" --security-groups "$web" --query 'LoadBalancers[0].LoadBalancerArn')
	elb create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 80 --default-actions "Type=forward,TargetGroupArn=$targets" > "$TMPDIR/null"
	aws autoscaling create-auto-scaling-group --region "$region" --auto-scaling-group-name shop --launch-template 'LaunchTemplateName=shop,Version=$Default' \
		--min-size 1 --max-size 4 --desired-capacity "$size" --vpc-zone-identifier "$(IFS=,; echo "${in[*]}")" --target-group-arns "$targets" \
		--health-check-type ELB --health-check-grace-period 300
	elb wait load-balancer-available --load-balancer-arns "$balancer"
	elb describe-load-balancers --load-balancer-arns "$balancer" --query 'LoadBalancers[0].[CanonicalHostedZoneId,DNSName]' > "$TMPDIR/$region"
}

shop us-east-1 10.30 t3.small 2 /healthz &
east=$!
shop us-west-2 10.31 t3.micro 1 / &
wait $east $!
aws ec2 authorize-security-group-ingress --region us-west-2 --protocol tcp --port 22 --cidr 0.0.0.0/0 --group-id \
	"$(aws ec2 describe-security-groups --region us-west-2 --filters Name=group-name,Values=shop-app --query 'SecurityGroups[0].GroupId' --output text)"

zone=$(aws route53 create-hosted-zone --name shop.test --caller-reference "$RANDOM$RANDOM" --query HostedZone.Id --output text)
# half SIDE REGION HEEDS CHECK: one record of the pair.
half() {
	read -r of name < "$TMPDIR/$2"
	printf '{"Action":"CREATE","ResourceRecordSet":{"Name":"www.shop.test","Type":"A","SetIdentifier":"%s","Failover":"%s"%s,
		"AliasTarget":{"HostedZoneId":"%s","DNSName":"dualstack.%s","EvaluateTargetHealth":%s}}}' "$2" "$1" "$4" "$of" "$name" "$3"
}
read -r _ name < "$TMPDIR/us-east-1"
check=$(aws route53 create-health-check --caller-reference "$RANDOM$RANDOM" --query HealthCheck.Id --output text --health-check-config \
	"FullyQualifiedDomainName=$name,Port=80,Type=HTTP,ResourcePath=/healthz,RequestInterval=30,FailureThreshold=3")
aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch \
	"{\"Changes\":[$(half PRIMARY us-east-1 false ",\"HealthCheckId\":\"$check\""),$(half SECONDARY us-west-2 true '')]}"
