package failover

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// routed is a record with what makes Route 53 choose it among the healthy ones: that it is the primary's, its weight, or its region.
func (r *Records) routed(side understudy.Side) *route53types.ResourceRecordSet {
	place := r.Declared.Regions[side]
	switch r.Declared.Failover.Routing {
	case understudy.RoutingWeighted:
		return &route53types.ResourceRecordSet{Weight: aws.Int64(int64(place.Weight))}
	case understudy.RoutingLatency:
		return &route53types.ResourceRecordSet{Region: route53types.ResourceRecordSetRegion(place.Name)}
	}
	return &route53types.ResourceRecordSet{Failover: failoverRole(side)}
}

func failoverRole(side understudy.Side) route53types.ResourceRecordSetFailover {
	if side == understudy.Secondary {
		return route53types.ResourceRecordSetFailoverSecondary
	}
	return route53types.ResourceRecordSetFailoverPrimary
}

// roleOf says by what Route 53 chooses a record.
func roleOf(set route53types.ResourceRecordSet) string {
	switch {
	case set.Failover != "":
		return string(set.Failover)
	case set.Weight != nil:
		return "weight " + resource.Number(*set.Weight)
	case set.Region != "":
		return "latency " + string(set.Region)
	}
	return "neither the primary's, nor by weight or latency"
}
