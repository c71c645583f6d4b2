package scaling

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// granularity is how often a group's metrics are put, in AWS's word.
const granularity = "1Minute"

// count is what a metric of a group counts.
type count func(f fleetRow, members []memberRow) int

// capacityIn counts members by their weights.
func capacityIn(states ...fleet.Lifecycle) count {
	return func(_ fleetRow, members []memberRow) (n int) {
		for _, m := range members {
			if len(states) == 0 && !m.inPool() || slices.Contains(states, m.State) {
				n += int(m.size())
			}
		}
		return n
	}
}

func inState(states ...fleet.Lifecycle) count {
	return func(_ fleetRow, members []memberRow) (n int) {
		for _, m := range members {
			if slices.Contains(states, m.State) {
				n++
			}
		}
		return n
	}
}

// all are a group's members without the warm pool's.
func all(_ fleetRow, members []memberRow) (n int) {
	for _, m := range members {
		if !m.inPool() {
			n++
		}
	}
	return n
}

// warmed are the states of the warm pool's members.
var warmed = []fleet.Lifecycle{fleet.WarmedPending, fleet.WarmedStopped, fleet.WarmedRunning, fleet.WarmedTerminating}

// poolSize is how many instances a group's warm pool is to have.
func poolSize(f fleetRow, _ []memberRow) int {
	if f.Warm == nil || f.Warm.Ends {
		return 0
	}
	return f.warm().Size
}

// groupMetrics are those that a group may have collected, in AWS's order
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html).
var groupMetrics = []struct {
	name string
	of   count
}{
	{"GroupMinSize", func(f fleetRow, _ []memberRow) int { return int(f.Min) }},
	{"GroupMaxSize", func(f fleetRow, _ []memberRow) int { return int(f.Max) }},
	{"GroupDesiredCapacity", func(f fleetRow, _ []memberRow) int { return int(f.Desired) }},
	{"GroupInServiceInstances", inState(fleet.InService)},
	{"GroupPendingInstances", inState(fleet.Pending)},
	{"GroupStandbyInstances", inState(fleet.Standby)},
	{"GroupTerminatingInstances", inState(fleet.Terminating)},
	{"GroupTotalInstances", all},
	{"GroupInServiceCapacity", capacityIn(fleet.InService)},
	{"GroupPendingCapacity", capacityIn(fleet.Pending)},
	{"GroupStandbyCapacity", capacityIn(fleet.Standby)},
	{"GroupTerminatingCapacity", capacityIn(fleet.Terminating)},
	{"GroupTotalCapacity", capacityIn()},
	{"WarmPoolDesiredCapacity", poolSize},
	{"WarmPoolWarmedCapacity", inState(fleet.WarmedStopped, fleet.WarmedRunning)},
	{"WarmPoolPendingCapacity", inState(fleet.WarmedPending)},
	{"WarmPoolTerminatingCapacity", inState(fleet.WarmedTerminating)},
	{"WarmPoolTotalCapacity", inState(warmed...)},
	{"GroupAndWarmPoolDesiredCapacity", func(f fleetRow, members []memberRow) int { return int(f.Desired) + poolSize(f, members) }},
	{"GroupAndWarmPoolTotalCapacity", func(f fleetRow, members []memberRow) int {
		return capacityIn()(f, members) + inState(warmed...)(f, members)
	}},
	{"WarmPoolMinSize", func(f fleetRow, _ []memberRow) int {
		if f.Warm == nil {
			return 0
		}
		return int(f.Warm.Min)
	}},
}

// collected returns the metrics that a request names: all where it names none.
func collected(names []string) ([]string, error) {
	var out []string
	for _, m := range groupMetrics {
		if len(names) == 0 || slices.Contains(names, m.name) {
			out = append(out, m.name)
		}
	}
	for _, n := range names {
		if !slices.Contains(out, n) {
			return nil, invalid("Metric type '%s' is not supported here", n)
		}
	}
	return out, nil
}

// EnableMetricsCollection has a group's metrics put each minute.
func (r *Room) EnableMetricsCollection(ctx context.Context, in *autoscaling.EnableMetricsCollectionInput) (*autoscaling.EnableMetricsCollectionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "Granularity", "Metrics"); err != nil {
		return nil, err
	}
	if room.Deref(in.Granularity) != granularity {
		return nil, invalid("Valid metrics granularity type is: [%s].", granularity)
	}
	names, err := collected(in.Metrics)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		f.Metrics, err = collected(slices.Concat(f.Metrics, names))
		return err
	})
	return &autoscaling.EnableMetricsCollectionOutput{}, err
}

// DisableMetricsCollection takes that back.
func (r *Room) DisableMetricsCollection(
	ctx context.Context, in *autoscaling.DisableMetricsCollectionInput,
) (*autoscaling.DisableMetricsCollectionOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "Metrics"); err != nil {
		return nil, err
	}
	names, err := collected(in.Metrics)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		f.Metrics = slices.DeleteFunc(slices.Clone(f.Metrics), func(n string) bool { return slices.Contains(names, n) })
		return nil
	})
	return &autoscaling.DisableMetricsCollectionOutput{}, err
}

// DescribeMetricCollectionTypes lists the metrics that a group may have collected.
func (r *Room) DescribeMetricCollectionTypes(
	context.Context,
	*autoscaling.DescribeMetricCollectionTypesInput,
) (*autoscaling.DescribeMetricCollectionTypesOutput, error) {
	out := &autoscaling.DescribeMetricCollectionTypesOutput{Granularities: []autoscalingtypes.MetricGranularityType{{Granularity: new(granularity)}}}
	for _, m := range groupMetrics {
		out.Metrics = append(out.Metrics, autoscalingtypes.MetricCollectionType{Metric: new(m.name)})
	}
	return out, nil
}

func (f fleetRow) showMetrics() (out []autoscalingtypes.EnabledMetric) {
	for _, name := range f.Metrics {
		out = append(out, autoscalingtypes.EnabledMetric{Metric: &name, Granularity: new(granularity)})
	}
	return out
}

// Counts tells whether what an instance uses is counted for its group: once it has been in service for the group's default instance warm-up
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html). Of a group without one, and of no
// group, all are.
func (r *Room) Counts(instance string) bool {
	m, err := r.memberTx(nil, &instance)
	if err != nil {
		return true
	}
	f, _ := r.fleets.Get(m.Group)
	if f.Warmup == nil {
		return true
	}
	return m.State == fleet.InService && time.Since(r.servesSince(nil, m)) >= r.bootTime(*f.Warmup)
}

// PublishMetrics puts what groups tell CloudWatch each minute.
func (r *Room) PublishMetrics(put metrics.Put) {
	for _, f := range r.fleets.All() {
		members := r.membersOf(f.Name)
		for _, m := range groupMetrics {
			if slices.Contains(f.Metrics, m.name) {
				metric := metrics.Metric{Namespace: "AWS/AutoScaling", Name: m.name, Dimensions: []metrics.Dimension{{Name: "AutoScalingGroupName", Value: f.Name}}}
				put(metric, string(cwtypes.StandardUnitNone), metrics.One(float64(m.of(f, members)), 1))
			}
		}
	}
}
