# A service as its operators once wrote it down: in each of two regions one machine behind an application load balancer, and a failover pair of
# CNAME records that nobody gave another TTL than the hour that was usual for them.

. testdata/record/machine.sh

# shop REGION NETWORK: builds one region. NETWORK is the first two numbers of its addresses.
shop() {
	local region=$1 net=$2 vpc subnets=() group machine targets balancer
	machine "$region" "$net" shop
	targets=$(elb create-target-group --name shop --protocol HTTP --port 8080 --vpc-id "$vpc" --health-check-path /healthz \
		--health-check-interval-seconds 10 --query 'TargetGroups[0].TargetGroupArn')
	elb register-targets --target-group-arn "$targets" --targets "Id=$machine"
	balancer=$(elb create-load-balancer --name shop --subnets "${subnets[@]}" --security-groups "$group" --query 'LoadBalancers[0].LoadBalancerArn')
	elb create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 80 --default-actions "Type=forward,TargetGroupArn=$targets" > "$TMPDIR/null"
	elb describe-load-balancers --load-balancer-arns "$balancer" --query 'LoadBalancers[0].DNSName' > "$TMPDIR/name-$region"
}

shop us-east-1 10.50 &
east=$!
shop us-west-2 10.51 &
wait $east $!

zone=$(aws route53 create-hosted-zone --name hour.test --caller-reference "$RANDOM$RANDOM" --query HostedZone.Id --output text)
changes=
for side in PRIMARY:us-east-1 SECONDARY:us-west-2; do
	name=$(< "$TMPDIR/name-${side#*:}")
	check=$(aws route53 create-health-check --caller-reference "$RANDOM$RANDOM" --query HealthCheck.Id --output text --health-check-config \
		"FullyQualifiedDomainName=$name,Port=80,Type=HTTP,ResourcePath=/healthz,RequestInterval=10,FailureThreshold=3")
	changes+=$(printf '{"Action":"CREATE","ResourceRecordSet":{"Name":"www.hour.test","Type":"CNAME","TTL":3600,"SetIdentifier":"%s","Failover":"%s","HealthCheckId":"%s","ResourceRecords":[{"Value":"%s"}]}}' \
		"${side#*:}" "${side%:*}" "$check" "$name"),
done
aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "{\"Changes\":[${changes%,}]}"
