# A load balancer before an Auto Scaling group, in the subnets of the default VPC. Ends in a request, and removes all of it.
vpc=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
subnets=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'Subnets[:2].SubnetId' --output text)
web=$(aws ec2 create-security-group --group-name fleet-web --description web --vpc-id "$vpc" --query GroupId --output text)
app=$(aws ec2 create-security-group --group-name fleet-app --description app --vpc-id "$vpc" --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 80 --cidr 0.0.0.0/0
aws ec2 authorize-security-group-ingress --group-id "$app" --protocol tcp --port 8080 --source-group "$web"

image=$(aws ec2 describe-images --owners amazon --filters 'Name=name,Values=understudy-hello-*' --query 'Images[0].ImageId' --output text)
aws ec2 create-launch-template --launch-template-name tutorial --launch-template-data \
	"{\"ImageId\":\"$image\",\"InstanceType\":\"t3.micro\",\"SecurityGroupIds\":[\"$app\"],\"UserData\":\"$(printf '#!/bin/sh\nhello -addr :8080 &\n' | base64 -w0)\"}"
targets=$(aws elbv2 create-target-group --name tutorial --protocol HTTP --port 8080 --vpc-id "$vpc" --health-check-path /healthz \
	--health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
# shellcheck disable=SC2086 # two ids
balancer=$(aws elbv2 create-load-balancer --name tutorial --subnets $subnets --security-groups "$web" --query 'LoadBalancers[0].LoadBalancerArn' --output text)
aws elbv2 wait load-balancer-exists --load-balancer-arns "$balancer"
aws elbv2 wait load-balancer-available --load-balancer-arns "$balancer"
aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 80 --default-actions "Type=forward,TargetGroupArn=$targets"

aws autoscaling create-auto-scaling-group --auto-scaling-group-name tutorial --launch-template 'LaunchTemplateName=tutorial,Version=$Latest' \
	--min-size 1 --max-size 2 --desired-capacity 1 --vpc-zone-identifier "${subnets//[[:space:]]/,}" --target-group-arns "$targets" \
	--health-check-type ELB --health-check-grace-period 60
aws autoscaling enable-metrics-collection --auto-scaling-group-name tutorial --granularity 1Minute
[ "$(aws autoscaling describe-policies --auto-scaling-group-name tutorial --query 'length(ScalingPolicies)' --output text)" = 0 ]
until instance=$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names tutorial --query 'AutoScalingGroups[0].Instances[?LifecycleState==`InService`].InstanceId' --output text) && [ -n "$instance" ]; do
	sleep 1
done
aws elbv2 wait target-in-service --target-group-arn "$targets" --targets "Id=$instance"

label=${balancer#*:loadbalancer/}/${targets##*:}
aws cloudwatch put-metric-alarm --alarm-name tutorial-errors --namespace AWS/ApplicationELB --metric-name HTTPCode_Target_5XX_Count \
	--dimensions "Name=LoadBalancer,Value=${balancer#*:loadbalancer/}" --statistic Sum --period 60 --evaluation-periods 1 --threshold 10 \
	--comparison-operator GreaterThanThreshold --treat-missing-data notBreaching
aws cloudwatch put-metric-alarm --alarm-name tutorial-rate --evaluation-periods 2 --threshold 5 --comparison-operator GreaterThanThreshold --metrics "[
	{\"Id\": \"rate\", \"Expression\": \"100 * FILL(errors, 0) / requests\"},
	{\"Id\": \"errors\", \"ReturnData\": false, \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 60, \"Metric\": {\"Namespace\": \"AWS/ApplicationELB\",
		\"MetricName\": \"HTTPCode_Target_5XX_Count\", \"Dimensions\": [{\"Name\": \"LoadBalancer\", \"Value\": \"${label%%/targetgroup*}\"}]}}},
	{\"Id\": \"requests\", \"ReturnData\": false, \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 60, \"Metric\": {\"Namespace\": \"AWS/ApplicationELB\",
		\"MetricName\": \"RequestCount\", \"Dimensions\": [{\"Name\": \"LoadBalancer\", \"Value\": \"${label%%/targetgroup*}\"}]}}}]"
aws cloudwatch wait alarm-exists --alarm-names tutorial-errors
aws cloudwatch put-composite-alarm --alarm-name tutorial-page --alarm-rule 'ALARM(tutorial-errors) AND ALARM(tutorial-rate)'
aws cloudwatch wait composite-alarm-exists --alarm-names tutorial-page --alarm-types CompositeAlarm
aws cloudwatch delete-alarms --alarm-names tutorial-page
aws cloudwatch delete-alarms --alarm-names tutorial-errors tutorial-rate
aws autoscaling put-scaling-policy --auto-scaling-group-name tutorial --policy-name requests --policy-type TargetTrackingScaling --target-tracking-configuration \
	"{\"TargetValue\": 1000, \"PredefinedMetricSpecification\": {\"PredefinedMetricType\": \"ALBRequestCountPerTarget\", \"ResourceLabel\": \"$label\"}}"

name=$(aws elbv2 describe-load-balancers --load-balancer-arns "$balancer" --query 'LoadBalancers[0].DNSName' --output text)
curl --silent --show-error --fail --header 'Accept: application/json' "http://$(resolve "$name"):$((80 + UNDERSTUDY_PORT_SHIFT))/"

aws autoscaling delete-auto-scaling-group --auto-scaling-group-name tutorial --force-delete
aws ec2 wait instance-terminated --instance-ids "$instance"
aws elbv2 wait target-deregistered --target-group-arn "$targets" --targets "Id=$instance"
aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
aws elbv2 wait load-balancers-deleted --load-balancer-arns "$balancer"
aws elbv2 delete-target-group --target-group-arn "$targets"
aws ec2 delete-launch-template --launch-template-name tutorial
aws ec2 delete-security-group --group-id "$app"
aws ec2 delete-security-group --group-id "$web"
