package account

import (
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// NoDataStatus are Route 53's words for what a check by an alarm is without data of it.
var NoDataStatus = map[understudy.NoData]route53types.InsufficientDataHealthStatus{
	understudy.NoDataHealthy:   route53types.InsufficientDataHealthStatusHealthy,
	understudy.NoDataUnhealthy: route53types.InsufficientDataHealthStatusUnhealthy,
	understudy.NoDataLastKnown: route53types.InsufficientDataHealthStatusLastKnownStatus,
}

// Comparison is by which an alarm's metric is wrong.
func Comparison(k understudy.AlarmKind) cwtypes.ComparisonOperator {
	if k.Below {
		return cwtypes.ComparisonOperatorLessThanThreshold
	}
	return cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold
}
