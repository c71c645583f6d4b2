package e2e

// ofCheck begins what is read of the check that asks a region's application.
const ofCheck = "aws route53 get-health-check --health-check-id {health check} --query HealthCheck.HealthCheckConfig."

// routingFields are the keys of what Route 53 asks.
var routingFields = []field{
	{key: "failover.check.path", first: `/\?format=json`, second: "/healthz", shown: ofCheck + "ResourcePath"},
	{key: "failover.check.match", first: `"healthy":true`, second: "ok", shown: ofCheck + "SearchString"},
	{key: "failover.check.regions", first: "us-east-1 us-west-2 eu-west-1", second: "us-east-1 us-west-1 eu-west-1 sa-east-1", shown: ofCheck + "Regions"},
	{key: "failover.check.latency", first: "True", second: "False", shown: ofCheck + "MeasureLatency"},
}
