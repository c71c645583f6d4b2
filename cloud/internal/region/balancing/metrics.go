package balancing

import (
	"strings"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// PublishMetrics puts what load balancing tells CloudWatch each minute.
func (r *Room) PublishMetrics(put func(m metrics.Metric, unit string, value float64)) {
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
			put(m, string(cwtypes.StandardUnitCount), value)
		}
	}
}
