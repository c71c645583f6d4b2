package zones

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

// A check with MeasureLatency has its metrics, of all its checkers and of each region.
func TestLatenciesAreToldToCloudWatch(t *testing.T) {
	answer := func(context.Context, netip.Addr, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				io.WriteString(far, "HTTP/1.1 200 OK\r\n\r\n")
			}
		}()
		return near, nil
	}
	z, err := Open(Config{Cloud: 1, Account: "111122223333", Dir: t.TempDir(), Pace: tempo.At(1000), Dial: answer})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for reference, measure := range map[string]bool{"measured": true, "not": false} {
		c := r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeHttp, IPAddress: aws.String("198.51.100.7"), MeasureLatency: &measure,
			Regions: []r53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}}
		if _, err := z.room.health.CreateHealthCheck(t.Context(), &route53.CreateHealthCheckInput{CallerReference: &reference, HealthCheckConfig: &c}); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]int{}
	until(t, "all are told", func() bool {
		clear(told)
		for _, d := range z.metrics().Latencies(time.Now(), patience.Limit) {
			key := d.Name
			if len(d.Dimensions) == 2 {
				key += " " + d.Dimensions[1].Value
			}
			told[key]++
			if d.Value <= 0 || d.Unit != "Milliseconds" {
				t.Fatalf("%+v", d)
			}
		}
		return len(told) >= 8
	})
	for _, name := range []string{"ConnectionTime", "TimeToFirstByte"} {
		for _, region := range []string{"", " us-east-1", " eu-west-1", " sa-east-1"} {
			if told[name+region] != 1 {
				t.Errorf("%s%s told %d times", name, region, told[name+region])
			}
		}
	}
	if n := len(z.metrics().Latencies(time.Now().Add(time.Hour), time.Minute)); len(told) != 8 || n != 0 {
		t.Errorf("told %v, and %d an hour later", told, n)
	}
}
