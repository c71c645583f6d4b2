package browse

import (
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// What the API calls the elements of its lists.
type (
	fleet       = autoscalingtypes.AutoScalingGroup
	targetGroup = elbtypes.TargetGroup
	balancer    = elbtypes.LoadBalancer
	alarm       = cloudwatchtypes.MetricAlarm
	zone        = route53types.HostedZone
	check       = route53types.HealthCheck
)
