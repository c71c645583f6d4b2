package region

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"

	"github.com/understudy/understudy/internal/patience"
)

// A load balancer's targets are counted each minute.
func TestHostCountsArePublished(t *testing.T) {
	s := newSite(t)
	s.listen()
	ctx := t.Context()
	deadline := patience.Deadline()
	for {
		var names []string
		for _, m := range roomtest.Must(s.r.watching.ListMetrics(ctx, &cloudwatch.ListMetricsInput{Namespace: new("AWS/ApplicationELB")}))(t).Metrics {
			names = append(names, fmt.Sprint(*m.MetricName, " ", *m.Dimensions[0].Value, " ", *m.Dimensions[1].Value))
		}
		if len(names) == 2 {
			if !strings.HasPrefix(names[0], "HealthyHostCount app/hello/") || !strings.Contains(names[0], " targetgroup/hello/") {
				t.Errorf("%v", names)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("published %v", names)
		}
		time.Sleep(20 * time.Millisecond) // nothing tells of data
	}
}
