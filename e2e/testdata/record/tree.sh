# An arcade of games as its operators once wrote it down: in each of two regions one machine, registered by hand behind a network load balancer
# for the many, and behind an application load balancer for those who try what is new. Records with weights lead to a failover pair for each.
# Nothing of it has a tag of this tool's.
#
# What went wrong since: the standby's network load balancer does not send requests across zones, and the record of the few does not heed
# what is below it.

. testdata/record/machine.sh

# arcade REGION NETWORK CROSS: builds one region. NETWORK is the first two numbers of its addresses.
arcade() {
	local region=$1 net=$2 cross=$3 vpc subnets=() group machine kind protocol targets balancer
	machine "$region" "$net" arcade
	for kind in network application; do
		protocol=TCP; [ $kind = application ] && protocol=HTTP
		targets=$(elb create-target-group --name "arcade-$kind" --protocol $protocol --port 8080 --vpc-id "$vpc" --health-check-protocol HTTP \
			--health-check-path /healthz --health-check-interval-seconds 10 --query 'TargetGroups[0].TargetGroupArn')
		elb register-targets --target-group-arn "$targets" --targets "Id=$machine"
		if [ $kind = application ]; then
			balancer=$(elb create-load-balancer --name arcade-try --subnets "${subnets[@]}" --security-groups "$group" --query 'LoadBalancers[0].LoadBalancerArn')
		else
			balancer=$(elb create-load-balancer --type network --name arcade --subnets "${subnets[@]}" --query 'LoadBalancers[0].LoadBalancerArn')
			elb modify-load-balancer-attributes --load-balancer-arn "$balancer" --attributes "Key=load_balancing.cross_zone.enabled,Value=$cross" > "$TMPDIR/null"
		fi
		elb create-listener --load-balancer-arn "$balancer" --protocol $protocol --port 80 --default-actions "Type=forward,TargetGroupArn=$targets" > "$TMPDIR/null"
		elb describe-load-balancers --load-balancer-arns "$balancer" --query 'LoadBalancers[0].[CanonicalHostedZoneId,DNSName]' > "$TMPDIR/$kind-$region"
	done
}

arcade us-east-1 10.40 true &
east=$!
arcade us-west-2 10.41 false &
wait $east $!

zone=$(aws route53 create-hosted-zone --name arcade.test --caller-reference "$RANDOM$RANDOM" --query HostedZone.Id --output text)
change() {
	printf '{"Action":"CREATE","ResourceRecordSet":{"Name":"%s","Type":"A","SetIdentifier":"%s",%s,"AliasTarget":{"HostedZoneId":"%s","DNSName":"%s","EvaluateTargetHealth":%s}}}' "$@"
}
changes=
for kind in network application; do
	for side in PRIMARY:us-east-1 SECONDARY:us-west-2; do
		read -r of name < "$TMPDIR/$kind-${side#*:}"
		check=$(aws route53 create-health-check --caller-reference "$RANDOM$RANDOM" --query HealthCheck.Id --output text --health-check-config \
			"FullyQualifiedDomainName=$name,Port=80,Type=HTTP,ResourcePath=/healthz,RequestInterval=10,FailureThreshold=3")
		changes+=$(change "$kind.arcade.test" "${side#*:}" "\"Failover\":\"${side%:*}\",\"HealthCheckId\":\"$check\"" "$of" "$name" true),
	done
done
changes+=$(change play.arcade.test many '"Weight":90' "${zone#/hostedzone/}" network.arcade.test true),
changes+=$(change play.arcade.test few '"Weight":10' "${zone#/hostedzone/}" application.arcade.test false)
aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "{\"Changes\":[$changes]}"
