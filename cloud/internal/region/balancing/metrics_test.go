package balancing

import (
	"fmt"
	"testing"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// Both nodes' requests add up, and are told by zone, by target group and for each target that is well.
func TestRequestsAreTold(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	ids := []string{s.launch(saysHello), s.launch(saysHello)}
	if err := s.r.Register(s.group, ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		s.awaitHealth(id, "healthy")
	}
	for range 3 {
		s.ask(0, "/")
	}
	s.ask(1, "/")
	got, told := map[string]float64{}, map[string]float64{}
	s.r.PublishMetrics(func(m metrics.Metric, unit string, data metrics.Summary) {
		if !m.Published() {
			t.Errorf("%s %s is not listed among what is published", m.Namespace, m.Name)
		}
		key := m.Name
		for _, d := range m.Dimensions {
			key += " " + d.Name
			if d.Name == "AvailabilityZone" {
				key += "=" + d.Value
			}
		}
		got[key] += data.Sum
		told[key+" in "+unit] += data.SampleCount
	})
	row, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	for key, want := range map[string]float64{
		"RequestCount LoadBalancer": 4, "RequestCount LoadBalancer TargetGroup": 4, "HTTPCode_Target_2XX_Count LoadBalancer": 4,
		"RequestCountPerTarget TargetGroup": 2, "RequestCountPerTarget LoadBalancer TargetGroup": 2,
		fmt.Sprintf("RequestCount AvailabilityZone=%s LoadBalancer", row.Nodes[0].Zone):                      3,
		fmt.Sprintf("RequestCount AvailabilityZone=%s LoadBalancer TargetGroup", row.Nodes[1].Zone):          1,
		fmt.Sprintf("RequestCountPerTarget AvailabilityZone=%s LoadBalancer TargetGroup", row.Nodes[1].Zone): 0.5,
		"HTTPCode_Target_5XX_Count LoadBalancer":                                                             0,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	for key, want := range map[string]float64{"HealthyHostCount LoadBalancer TargetGroup": 2, "UnHealthyHostCount LoadBalancer TargetGroup": 0} {
		inZones := got["HealthyHostCount AvailabilityZone="+row.Nodes[0].Zone+" LoadBalancer TargetGroup"] +
			got["HealthyHostCount AvailabilityZone="+row.Nodes[1].Zone+" LoadBalancer TargetGroup"]
		if got[key] != want || inZones != 2 {
			t.Errorf("%s is %v, want %v; %v in the zones", key, got[key], want, inZones)
		}
	}
	if n := told["TargetResponseTime LoadBalancer in Seconds"]; n != 4 {
		t.Errorf("%v times are told, of 4 answers", n)
	}
	if got["NewConnectionCount LoadBalancer"] < 5 || got["ProcessedBytes LoadBalancer"] == 0 {
		t.Errorf("connections and bytes: %v", got)
	}
}
