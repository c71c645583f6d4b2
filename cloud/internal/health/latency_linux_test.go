package health

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

func TestLatencyIsMeasuredWhereWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.slow = 70 * time.Millisecond
		m := New(Config{Dial: func(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
			time.Sleep(30 * time.Millisecond)
			return s.dial(ctx, source, network, address)
		}})
		defer s.replies.Wait()
		defer m.Close()
		wanted := func(c *r53types.HealthCheckConfig) { c.MeasureLatency = aws.Bool(true) }
		m.Set("a", config(wanted))
		m.Set("unmeasured", config(nil))
		if n := len(m.Latencies("a")) + len(m.Latencies("none")); n != 0 {
			t.Errorf("%d measurements before any probe", n)
		}
		pass(11 * time.Second)
		found := m.Latencies("a")
		if len(found) != 16 || len(m.Latencies("unmeasured")) != 0 {
			t.Fatalf("%d measurements and %d, want 16 and none", len(found), len(m.Latencies("unmeasured")))
		}
		for i, l := range found {
			if l.ConnectionTime != 30*time.Millisecond || l.TimeToFirstByte != 70*time.Millisecond || l.SSLHandshakeTime != 0 || l.Region != regions[i/2] ||
				l.At.IsZero() {
				t.Errorf("%+v", l)
			}
		}
	})
}

// The engine measures too, and asks endpoints of either family.
func TestLatencyOverSockets(t *testing.T) {
	for _, where := range []string{"127.0.0.1", "::1"} {
		t.Run(where, func(t *testing.T) {
			l, err := net.Listen("tcp", net.JoinHostPort(where, "0"))
			if err != nil {
				t.Skip(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Read(make([]byte, 512))
					c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nneedle"))
					c.Close()
				}
			}()
			m := New(Config{Pace: tempo.At(1000), Source: local})
			defer m.Close()
			for _, kind := range []r53types.HealthCheckType{"HTTP", "HTTP_STR_MATCH", "TCP"} {
				c := config(nil)
				c.Type, c.SearchString, c.MeasureLatency = kind, aws.String("needle"), aws.Bool(true)
				c.IPAddress, c.Port = &where, aws.Int32(int32(l.Addr().(*net.TCPAddr).Port))
				m.Set(string(kind), c)
				for len(m.Latencies(string(kind))) < 16 {
					time.Sleep(time.Millisecond)
				}
				for _, l := range m.Latencies(string(kind)) {
					if l.ConnectionTime <= 0 || (l.TimeToFirstByte <= 0) != (kind == "TCP") || l.SSLHandshakeTime != 0 {
						t.Errorf("%s: %+v", kind, l)
					}
				}
				for _, o := range m.Observations(string(kind)) {
					if s := *o.StatusReport.Status; !strings.HasPrefix(s, "Success:") && s != timedOut { // as on a slow machine
						t.Errorf("%s: %s", kind, s)
					}
				}
			}
		})
	}
}
