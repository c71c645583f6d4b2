package e2e

import "github.com/understudy/understudy"

// Where the AWS CLI shows what a declaration came to. The fleet and its targets have another name where a generation has replaced them.
const (
	ofGroup    = "aws autoscaling describe-auto-scaling-groups --query AutoScalingGroups[]."
	ofTargets  = "aws elbv2 describe-target-groups --target-group-arns {target group} --query TargetGroups[]."
	ofChecks   = "aws route53 list-health-checks --query HealthChecks[].HealthCheckConfig."
	ofTemplate = "aws ec2 describe-launch-template-versions --versions $Default --launch-template-id {launch template} " +
		"--query LaunchTemplateVersions[].LaunchTemplateData."
	ofImages  = "aws ec2 describe-images --owners self --query \"sort_by(Images, &CreationDate)[-1]."
	digest    = "[0-9a-f]{32}"
	ofActions = "aws autoscaling describe-scheduled-actions --query \"ScheduledUpdateGroupActions["
	ofLeap    = ofActions + "?ends_with(ScheduledActionName,'-leap')]."
	ofPolicy  = "aws autoscaling describe-policies --query ScalingPolicies[].TargetTrackingConfiguration." +
		"[TargetValue,PredefinedMetricSpecification.PredefinedMetricType]"
)

// serviceFields are the keys of a plain service.
var serviceFields = []field{
	{key: "record", side: understudy.Primary, first: `hello\.test\.`, second: `www\.hello\.test\.`,
		shown: "aws route53 list-resource-record-sets --hosted-zone-id {zone} --query \"ResourceRecordSets[?Failover=='PRIMARY'].Name\""},
	{key: "image.install", first: digest, second: digest, shown: ofImages + "Tags[?Key=='understudy:digest'].Value[]\""},
	{key: "instance.type", side: understudy.Secondary, first: `t3\.micro`, second: `t3\.medium`, shown: ofTemplate + "InstanceType"},
	{key: "regions.primary.instance.type", side: understudy.Primary, first: `t3\.nano`, second: `t3\.small`, shown: ofTemplate + "InstanceType"},
	{key: "regions.secondary.instance.type", side: understudy.Secondary, first: `t3\.micro`, second: `t3\.medium`, shown: ofTemplate + "InstanceType"},
	{key: "service.port", first: "8080", second: "8081", shown: ofTargets + "Port"},
	{key: "service.health", first: "/healthz", second: "/", shown: ofTargets + "HealthCheckPath"},
	{key: "listener.port", first: "80", second: "81", shown: "aws elbv2 describe-listeners --load-balancer-arn {load balancer} --query Listeners[].Port"},
	{key: "fleet.min", first: "1", second: "2", shown: ofGroup + "MinSize"},
	{key: "fleet.desired", first: "1", second: "2", shown: ofGroup + "DesiredCapacity"},
	{key: "fleet.max", first: "2", second: "3", shown: ofGroup + "MaxSize"},
	{key: "fleet.grace", first: "5", second: "6", shown: ofGroup + "HealthCheckGracePeriod"},
	{key: "fleet.warm_up", first: "1", second: "None", shown: ofGroup + "[DefaultInstanceWarmup]"},
	{key: "fleet.max_lifetime", first: "None", second: "604800", shown: ofGroup + "[MaxInstanceLifetime]"},
	{key: "fleet.termination_policies", first: "OldestLaunchTemplate Default", second: "Default", shown: ofGroup + "TerminationPolicies[]"},
	{key: "fleet.health_check", first: "EC2", second: "ELB", shown: ofGroup + "HealthCheckType"},
	{key: "fleet.metrics", first: "", second: ".*GroupTotalInstances.*", shown: ofGroup + "EnabledMetrics[].Metric"},
	{key: "fleet.track.cpu", first: `50\.0 ASGAverageCPUUtilization`, second: ".*ALBRequestCountPerTarget", shown: ofPolicy},
	{key: "fleet.track.requests", first: ".*ASGAverageCPUUtilization", second: `100000\.0 ALBRequestCountPerTarget`, shown: ofPolicy},
	{key: "fleet.scheduled[].name", first: "understudy-hello-(east understudy-hello-)?leap", second: "understudy-hello-leap( understudy-hello-west)?",
		shown: ofActions + "].ScheduledActionName\""},
	{key: "fleet.scheduled[].region", side: understudy.Primary, first: "9", second: "", shown: ofActions + "?MaxSize==`9`].MaxSize\""},
	{key: "fleet.scheduled[].recurrence", first: `59 23 29 2 \*`, second: `58 23 29 2 \*`, shown: ofLeap + "Recurrence\""},
	{key: "fleet.scheduled[].timezone", first: "Europe/Berlin", second: "", shown: ofLeap + "TimeZone\""},
	{key: "fleet.scheduled[].min", first: "1", second: "", shown: ofLeap + "MinSize\""},
	{key: "fleet.scheduled[].desired", first: "1", second: "2", shown: ofLeap + "DesiredCapacity\""},
	{key: "fleet.scheduled[].max", first: "2", second: "3", shown: ofLeap + "MaxSize\""},
	{key: "failover.interval", side: understudy.Primary, first: "10 10 10", second: "30 30", shown: ofChecks + "RequestInterval"},
	{key: "failover.threshold", side: understudy.Primary, first: "3 3 3", second: "2 2", shown: ofChecks + "FailureThreshold"},
	{key: "failover.switch", side: understudy.Secondary, first: `/\.understudy/switch`, second: "",
		shown: "aws elbv2 describe-rules --listener-arn {listener} --query Rules[].Conditions[].PathPatternConfig.Values[]"},
	{key: "target.interval", first: "60", second: "50", shown: ofTargets + "HealthCheckIntervalSeconds"},
	{key: "target.timeout", first: "59", second: "49", shown: ofTargets + "HealthCheckTimeoutSeconds"},
	{key: "target.healthy", first: "2", second: "3", shown: ofTargets + "HealthyThresholdCount"},
	{key: "target.unhealthy", first: "4", second: "3", shown: ofTargets + "UnhealthyThresholdCount"},
	{key: "target.matcher", first: "200", second: "200-299", shown: ofTargets + "Matcher.HttpCode"},
	{key: "target.deregistration_delay", first: "1", second: "2", shown: "aws elbv2 describe-target-group-attributes --target-group-arn {target group} " +
		"--query \"Attributes[?Key=='deregistration_delay.timeout_seconds'].Value\""},
	{key: "tags", first: "web", second: "ops", shown: "aws ec2 describe-tags --filters Name=resource-id,Values={vpc} Name=key,Values=team --query Tags[].Value"},
}
