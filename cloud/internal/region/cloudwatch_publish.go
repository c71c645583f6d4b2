package region

import (
	"strings"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// publishMetrics puts what AWS's services tell CloudWatch each minute, for the minute that ended.
func (r *Region) publishMetrics(end, now time.Time) {
	for _, g := range r.targetGroups.All() {
		user, used := r.groupUser(g.ARN)
		if !used {
			continue
		}
		healthy, unhealthy := 0.0, 0.0
		for _, t := range g.Targets {
			switch r.targetHealth(g, t).State {
			case elbtypes.TargetHealthStateEnumHealthy:
				healthy++
			case elbtypes.TargetHealthStateEnumUnhealthy:
				unhealthy++
			}
		}
		// "CloudWatch metrics for your Application Load Balancer"
		dimensions := []metrics.Dimension{
			{Name: "LoadBalancer", Value: tail(user, "loadbalancer")}, {Name: "TargetGroup", Value: g.ARN[strings.LastIndex(g.ARN, "targetgroup/"):]},
		}
		for name, value := range map[string]float64{"HealthyHostCount": healthy, "UnHealthyHostCount": unhealthy} {
			m := metrics.Metric{Namespace: "AWS/ApplicationELB", Name: name, Dimensions: dimensions}
			r.data.Put(m, string(cwtypes.StandardUnitCount), end.Add(-r.Speed.Of(time.Second)), now, false, metrics.One(value, 1))
		}
	}
}
