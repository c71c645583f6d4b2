package balancing

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

// A target that fails requests and passes its checks is told of as anomalous, and of the mitigation, where who asks wants to know.
func TestAnomaliesAreTold(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	s.listen(80)
	ids := []string{s.launch(saysHello), s.launch(saysHello), s.launch(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(500)
		}
	})}
	if err := s.setGroup("load_balancing.algorithm.type=weighted_random", anomalyMitigation+"=on"); err != nil {
		t.Fatal(err)
	}
	if !s.runGroup().Mitigate {
		t.Error("the data path does not mitigate")
	}
	if err := s.r.Register(s.group, ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		s.awaitHealth(id, "healthy")
	}
	shown := func(include ...elbtypes.DescribeTargetHealthInputIncludeEnum) map[string]*elbtypes.AnomalyDetection {
		t.Helper()
		all := map[string]*elbtypes.AnomalyDetection{}
		in := &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group, Include: include}
		for _, d := range roomtest.Must(client.DescribeTargetHealth(ctx, in))(t).TargetHealthDescriptions {
			all[*d.Target.Id] = d.AnomalyDetection
		}
		return all
	}
	for _, a := range shown() {
		if a != nil {
			t.Errorf("who does not ask is told %+v", a)
		}
	}
	// What is judged by the requests of the last seconds is forgotten in as many, so that all is asked anew until it is of one moment.
	told := func() string {
		for range 20 {
			s.ask(0, "/")
		}
		all := shown("All")
		if all[ids[2]].MitigationInEffect != "yes" || all[ids[2]].Result != "anomalous" || all[ids[0]].Result != "normal" || all[ids[0]].MitigationInEffect != "no" {
			return fmt.Sprintf("%+v, %+v", all[ids[0]], all[ids[2]])
		}
		sums := map[string]float64{}
		s.r.PublishMetrics(func(m metrics.Metric, _ string, data metrics.Summary) {
			sums[fmt.Sprint(m.Name, len(m.Dimensions))] += data.Sum
		})
		for name, want := range map[string]float64{"AnomalousHostCount": 1, "MitigatedHostCount": 1, "HealthyStateDNS": 2, "UnhealthyStateRouting": 0} {
			if sums[name+"2"] != want || sums[name+"3"] != want {
				return fmt.Sprintf("%s is %v, and %v by zone, want %v", name, sums[name+"2"], sums[name+"3"], want)
			}
		}
		return ""
	}
	wrong := told()
	for end := time.Now().Add(patience.Limit); wrong != "" && time.Now().Before(end); {
		wrong = told()
	}
	if wrong != "" {
		t.Error(wrong)
	}
}
