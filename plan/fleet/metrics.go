package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// fleetMetrics is whether a group's sizes are put to CloudWatch.
const fleetMetrics = "metrics"

// metricsText tells which of a group's metrics are put: those of its sizes, none, or others.
func metricsText(g *autoscalingtypes.AutoScalingGroup) string {
	var names []string
	for _, m := range g.EnabledMetrics {
		names = append(names, aws.ToString(m.Metric))
	}
	lacks := slices.ContainsFunc(understudy.FleetMetrics, func(name string) bool { return !slices.Contains(names, name) })
	switch {
	case len(names) == 0:
		return resource.Yes(false)
	case lacks:
		return resource.Set(names...)
	}
	return resource.Yes(true)
}

// measure has the group's sizes put to CloudWatch each minute, which is the only choice, or nothing.
func (f *Fleet) measure(ctx context.Context) (err error) {
	name := aws.String(f.FleetName())
	if f.Declared.Fleet.Metrics {
		_, err = f.AutoScaling.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{
			AutoScalingGroupName: name, Granularity: aws.String("1Minute"), Metrics: understudy.FleetMetrics,
		})
	} else {
		_, err = f.AutoScaling.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: name})
	}
	if err != nil {
		return fmt.Errorf("set the metrics of %s: %w", *name, err)
	}
	return nil
}
