# A zone with a failover pair whose primary is judged by a health check, and an alarm. Removes all of it.
zone=$(aws route53 create-hosted-zone --name tutorial.test --caller-reference "$RANDOM$RANDOM" --query HostedZone.Id --output text)
check=$(aws route53 create-health-check --caller-reference "$RANDOM$RANDOM" --query HealthCheck.Id --output text --health-check-config \
	'IPAddress=198.51.100.250,Port=80,Type=HTTP,ResourcePath=/healthz,RequestInterval=10,FailureThreshold=1')
record() {
	printf '{"Action":"%s","ResourceRecordSet":{"Name":"www.tutorial.test","Type":"A","SetIdentifier":"%s","Failover":"%s","TTL":60,"ResourceRecords":[{"Value":"%s"}]%s}}' "$@"
}
pair() {
	printf '{"Changes":[%s,%s]}' "$(record "$1" one PRIMARY 198.51.100.250 ",\"HealthCheckId\":\"$check\"")" "$(record "$1" two SECONDARY 203.0.113.250 '')"
}
change=$(aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(pair UPSERT)" --query ChangeInfo.Id --output text)
aws route53 wait resource-record-sets-changed --id "$change"
# Nothing answers at the primary's address.
until [ "$(resolve www.tutorial.test)" = "$(twin 203.0.113.250)" ]; do sleep 1; done

aws cloudwatch put-metric-alarm --alarm-name tutorial --namespace Tutorial --metric-name Errors --statistic Sum --period 60 \
	--evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold
aws cloudwatch wait alarm-exists --alarm-names tutorial

aws cloudwatch delete-alarms --alarm-names tutorial
aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(pair DELETE)"
aws route53 delete-health-check --health-check-id "$check"
aws route53 delete-hosted-zone --id "$zone"
