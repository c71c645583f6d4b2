package region

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/internal/patience"
)

// A load balancer's targets are counted each minute.
func TestHostCountsArePublished(t *testing.T) {
	s := newSite(t)
	s.listen()
	ctx := t.Context()
	deadline := patience.Deadline()
	for {
		var names, zones []string
		for _, m := range roomtest.Must(s.r.watching.ListMetrics(ctx, &cloudwatch.ListMetricsInput{Namespace: new("AWS/ApplicationELB")}))(t).Metrics {
			if len(m.Dimensions) == 3 {
				zones = append(zones, *m.Dimensions[0].Value)
				continue
			}
			names = append(names, fmt.Sprint(*m.MetricName, " ", *m.Dimensions[0].Value, " ", *m.Dimensions[1].Value))
		}
		if len(names) == 8 && len(zones) == 2*len(names) {
			for n, name := range []string{"AnomalousHostCount", "HealthyHostCount", "HealthyStateDNS", "HealthyStateRouting", "MitigatedHostCount", "UnHealthyHostCount",
				"UnhealthyStateDNS", "UnhealthyStateRouting"} {
				if !strings.HasPrefix(names[n], name+" app/hello/") || !strings.Contains(names[n], " targetgroup/hello/") {
					t.Errorf("%v", names)
				}
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("published %v", names)
		}
		time.Sleep(20 * time.Millisecond) // nothing tells of data
	}
}

// Instances tell of themselves under their own id, their group's name and, with detailed monitoring, their image and type and with all
// others. What they used is told once: the sum over all periods is what they have used.
func TestInstancesPublishWhatTheyUse(t *testing.T) {
	r, p := open(t)
	_, subnet := makeNetwork(t, r)
	image := hostImage(t, r)
	run := func(detailed bool) string {
		out := roomtest.Must(r.compute.RunInstances(t.Context(), &ec2.RunInstancesInput{
			ImageId: &image, InstanceType: smallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
			Monitoring: &ec2types.RunInstancesMonitoringEnabled{Enabled: &detailed},
		}))(t)
		return waitState(t, r, *out.Instances[0].InstanceId, ec2types.InstanceStateNameRunning).ID
	}
	plain, detailed := run(false), run(true)
	if err := r.Update(func(tx *store.Tx) error {
		return r.compute.PutTags(tx, plain, []ec2types.Tag{{Key: new("aws:autoscaling:groupName"), Value: new("app")}})
	}); err != nil {
		t.Fatal(err)
	}
	p.Started(plain).Use(machine.Usage{CPU: time.Hour, BytesIn: 1000, BytesOut: 500, PacketsIn: 10, PacketsOut: 5})
	p.Started(detailed).Use(machine.Usage{BytesIn: 7})
	for _, c := range []struct {
		name, dimension, value string
		statistic              cwtypes.Statistic
		want                   float64
	}{
		{"NetworkIn", "InstanceId", detailed, "Sum", 7},
		{"NetworkIn", "ImageId", image, "Sum", 7},
		{"NetworkIn", "InstanceType", string(smallType()), "Sum", 7},
		{"NetworkIn", "", "", "Sum", 7},
		{"NetworkIn", "InstanceId", plain, "Sum", 1000},
		{"NetworkOut", "AutoScalingGroupName", "app", "Sum", 500},
		{"NetworkPacketsIn", "AutoScalingGroupName", "app", "Sum", 10},
		{"NetworkPacketsOut", "AutoScalingGroupName", "app", "Sum", 5},
		{"CPUUtilization", "AutoScalingGroupName", "app", "Maximum", 100},
		{"StatusCheckFailed", "InstanceId", plain, "Maximum", 0},
		{"StatusCheckFailed_System", "AutoScalingGroupName", "app", "Maximum", 0},
	} {
		in := &cloudwatch.GetMetricStatisticsInput{
			Namespace: new("AWS/EC2"), MetricName: &c.name, Period: new(int32(86400)), Statistics: []cwtypes.Statistic{c.statistic},
			StartTime: new(time.Now().Add(-time.Hour)), EndTime: new(time.Now().Add(time.Hour)),
		}
		if c.dimension != "" {
			in.Dimensions = []cwtypes.Dimension{{Name: &c.dimension, Value: &c.value}}
		}
		for deadline := patience.Deadline(); ; time.Sleep(20 * time.Millisecond) { // nothing tells of data
			got := 0.0
			points := roomtest.Must(r.watching.GetMetricStatistics(t.Context(), in))(t).Datapoints
			for _, p := range points {
				got += room.Deref(p.Sum) + room.Deref(p.Maximum)
			}
			if len(points) > 0 && got == c.want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v: got %v of %d points", c, got, len(points))
			}
		}
	}
}
