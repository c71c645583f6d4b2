package e2e

import "github.com/understudy/understudy"

// ofCheck begins what is read of the check that asks a region's application.
const ofCheck = "aws route53 get-health-check --health-check-id {health check} --query HealthCheck.HealthCheckConfig."

// ofFurtherCheck begins what is read of one of the checks beside it.
func ofFurtherCheck(nth, setting string) string {
	return "aws route53 get-health-check --health-check-id {further check " + nth + "} --query HealthCheck.HealthCheckConfig." + setting
}

// ofRecords begins what is read of the two records.
const ofRecords = "aws route53 list-resource-record-sets --hosted-zone-id {zone} --query \"ResourceRecordSets[?Type=='A']."

// routingFields are the keys of what Route 53 asks, and how it chooses.
var routingFields = []field{
	{key: "zones", first: "2", second: "3", shown: zonesOf},
	{key: "regions.primary.weight", side: understudy.Primary, first: "None", second: "3", shown: ofRecords + "Weight|[0]\""},
	{key: "regions.secondary.weight", side: understudy.Primary, first: "None", second: "1", shown: ofRecords + "Weight|[1]\""},
	{key: "failover.routing", side: understudy.Primary, first: "us-east-1 us-west-2", second: "", shown: ofRecords + "Region\""},
	{key: "failover.check.path", first: `/\?format=json`, second: "/healthz", shown: ofCheck + "ResourcePath"},
	{key: "failover.check.match", first: `"healthy":true`, second: "ok", shown: ofCheck + "SearchString"},
	{key: "failover.check.regions", first: "us-east-1 us-west-2 eu-west-1", second: "us-east-1 us-west-1 eu-west-1 sa-east-1", shown: ofCheck + "Regions"},
	{key: "failover.checks[].path", first: "/healthz", second: "None", shown: ofFurtherCheck("1", "ResourcePath")},
	{key: "failover.checks[].match", first: "ok", second: "None", shown: ofFurtherCheck("1", "SearchString")},
	{key: "failover.checks[].protocol", first: "TCP", second: "HTTP", shown: ofFurtherCheck("2", "Type")},
	{key: "failover.checks[].alarm", first: `understudy-hello-errors 10\.0`, second: `understudy-hello-errors 5\.0`, // Route 53 follows it as it is now
		shown: "aws route53 get-health-check --health-check-id {further check 3} " +
			"--query HealthCheck.[HealthCheckConfig.AlarmIdentifier.Name,CloudWatchAlarmConfiguration.Threshold]"},
	{key: "failover.checks[].no_data", first: "Healthy", second: "LastKnownStatus", shown: ofFurtherCheck("3", "InsufficientDataHealthStatus")},
	{key: "failover.healthy", first: "5 6", second: "5 5",
		shown: "aws route53 get-health-check --health-check-id {calculated check} --query HealthCheck.HealthCheckConfig.[HealthThreshold,length(ChildHealthChecks)]"},
	{key: "failover.check.latency", first: "True", second: "False", shown: ofCheck + "MeasureLatency"},
}

// ofAlarm begins what is read of the alarm of errors.
const ofAlarm = "aws cloudwatch describe-alarms --alarm-names understudy-hello-errors --query MetricAlarms[]."

// alarmFields are the keys of alarms.
var alarmFields = []field{
	{key: "alarms.notify.primary", side: understudy.Primary, first: "arn:aws:sns:us-east-1:123456789012:page", second: "arn:aws:sns:us-east-1:123456789012:mail",
		shown: ofAlarm + "AlarmActions[]"},
	{key: "alarms.notify.secondary", side: understudy.Secondary, first: "arn:aws:sns:us-west-2:123456789012:page",
		second: "arn:aws:sns:us-west-2:123456789012:(mail|log) arn:aws:sns:us-west-2:123456789012:(mail|log)", shown: ofAlarm + "OKActions[]"},
	{key: "alarms.on[].alarm", side: understudy.Primary, second: "understudy-hello-errors understudy-hello-response-time",
		first: "(understudy-hello-(errors|healthy-hosts|health-check-primary|health-check-secondary) ?){4}",
		shown: "aws cloudwatch describe-alarms --alarm-name-prefix understudy-hello- --query MetricAlarms[].AlarmName"},
	{key: "alarms.on[].threshold", first: `10\.0`, second: `5\.0`, shown: ofAlarm + "Threshold"},
	{key: "alarms.on[].period", first: "60", second: "300", shown: ofAlarm + "Period"},
	{key: "alarms.on[].evaluation_periods", first: "3", second: "2", shown: ofAlarm + "EvaluationPeriods"},
}
