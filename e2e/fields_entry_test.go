package e2e

const ofTargetAttributes = "aws elbv2 describe-target-group-attributes --target-group-arn {target group} --query "

// entryFields are the keys of how users get to the service.
var entryFields = []field{
	{key: "target.path", first: "/", second: `/\?second`, shown: ofTargets + "HealthCheckPath"},
	{key: "target.port", first: "8081", second: "8080", shown: ofTargets + "HealthCheckPort"},
	{key: "target.protocol", first: "HTTP HTTP", second: "HTTPS HTTPS", shown: ofTargets + "[Protocol,HealthCheckProtocol]"},
	{key: "target.algorithm", first: "round_robin", second: "least_outstanding_requests",
		shown: ofTargetAttributes + "\"Attributes[?Key=='load_balancing.algorithm.type'].Value\""},
	{key: "target.slow_start", first: "30", second: "0", shown: ofTargetAttributes + "\"Attributes[?Key=='slow_start.duration_seconds'].Value\""},
	{key: "target.stickiness.duration", first: "[^ ]*app[^ ]* 86400\n[^ ]*lb[^ ]* 60", second: "[^ ]*app[^ ]* 120\n[^ ]*lb[^ ]* 86400",
		shown: ofTargetAttributes + "\"Attributes[?ends_with(Key,'cookie.duration_seconds')].[Key,Value]\""},
	{key: "target.stickiness.cookie", first: "lb_cookie", second: "SESSION app_cookie",
		shown: ofTargetAttributes + "\"sort(Attributes[?(Key=='stickiness.type'||Key=='stickiness.app_cookie.cookie_name')&&Value!=''].Value)\""},
}
