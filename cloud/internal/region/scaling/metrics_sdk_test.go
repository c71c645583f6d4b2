package scaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestMetricsAreCollectedAsEnabled(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	s.await("two in service", serve(2))
	enable := func(granularity string, names ...string) error {
		_, err := client.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{
			AutoScalingGroupName: new("app"), Granularity: &granularity, Metrics: names,
		})
		return err
	}
	disable := func(names ...string) error {
		_, err := client.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: new("app"), Metrics: names})
		return err
	}
	expect := func(when string, want ...string) {
		t.Helper()
		out := roomtest.Must(client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"app"}}))(t)
		var got []string
		for _, m := range out.AutoScalingGroups[0].EnabledMetrics {
			got = append(got, *m.Metric+" "+*m.Granularity)
		}
		roomtest.WantSame(t, when, got, want...)
	}
	put := func() map[string]float64 {
		values := map[string]float64{}
		s.r.PublishMetrics(func(m metrics.Metric, unit string, data metrics.Summary) {
			if m.Namespace != "AWS/AutoScaling" || unit != "None" || m.Dimensions[0] != (metrics.Dimension{Name: "AutoScalingGroupName", Value: "app"}) {
				t.Errorf("%+v in %s", m, unit)
			}
			values[m.Name] = data.Sum
		})
		return values
	}
	expect("at first")
	if err := disable(); err != nil {
		t.Errorf("what is not enabled: %v", err)
	}
	roomtest.WantAPIError(t, enable("5Minute"), "ValidationError")
	roomtest.WantAPIError(t, enable("1Minute", "GroupColour"), "ValidationError")
	roomtest.WantAPIError(t, disable("GroupColour"), "ValidationError")
	if err := enable("1Minute", "GroupMaxSize", "GroupInServiceInstances"); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	expect("two", "GroupMaxSize 1Minute", "GroupInServiceInstances 1Minute")
	if values := put(); len(values) != 2 || values["GroupMaxSize"] != 4 || values["GroupInServiceInstances"] != 2 {
		t.Errorf("put %v", values)
	}
	if err := disable("GroupMaxSize"); err != nil {
		t.Fatal(err)
	}
	expect("one", "GroupInServiceInstances 1Minute")
	if err := enable("1Minute"); err != nil {
		t.Fatal(err)
	}
	types := roomtest.Must(client.DescribeMetricCollectionTypes(ctx, &autoscaling.DescribeMetricCollectionTypesInput{}))(t)
	if values := put(); len(values) != len(types.Metrics) || values["GroupTotalInstances"] != 2 ||
		values["GroupMinSize"] != 1 || values["GroupPendingCapacity"] != 0 {
		t.Errorf("put %v of %d", values, len(types.Metrics))
	}
}
