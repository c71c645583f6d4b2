package health

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// endpoint is an in-memory server that can be told how to behave.
type endpoint struct {
	mu     sync.Mutex
	status int  // 0 accepts and says nothing
	hole   bool // does not even accept
	probes []time.Time
	hosts  []string
}

func (e *endpoint) set(status int, hole bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.hole = status, hole
}

func (e *endpoint) dial(ctx context.Context, _ netip.Addr, _, _ string) (net.Conn, error) {
	e.mu.Lock()
	status, hole := e.status, e.hole
	e.probes = append(e.probes, time.Now())
	e.mu.Unlock()
	if hole {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		req, err := http.ReadRequest(bufio.NewReader(theirs))
		if err != nil || status == 0 {
			buf := make([]byte, 1)
			theirs.Read(buf)
			return
		}
		e.mu.Lock()
		e.hosts = append(e.hosts, req.Host)
		e.mu.Unlock()
		resp := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true}
		resp.Write(theirs)
	}()
	return ours, nil
}

func monitor(e *endpoint) *Monitor {
	return New(Config{Speed: 1, Log: slog.New(slog.DiscardHandler), Dial: e.dial, Changed: func() {},
		Resolve: func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("198.51.100.1")} }})
}

func config(options ...func(*r53types.HealthCheckConfig)) r53types.HealthCheckConfig {
	c := r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeHttp, FullyQualifiedDomainName: aws.String("lb.test"), Port: aws.Int32(80),
		ResourcePath: aws.String("/healthz"), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(3)}
	for _, o := range options {
		o(&c)
	}
	return c
}

func TestBlackHoleIsSeenWithinThePredictedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{status: 200}
		m := monitor(e)
		defer m.Close()
		m.Set("c", config())
		time.Sleep(time.Minute)
		if !m.Healthy()["c"] || len(m.Observations("c")) != 16 {
			t.Fatalf("healthy %v with %d observations", m.Healthy(), len(m.Observations("c")))
		}
		e.set(200, true)
		time.Sleep(20 * time.Second) // no checker can have failed three times yet
		if !m.Healthy()["c"] {
			t.Error("unhealthy before the threshold")
		}
		time.Sleep(28 * time.Second) // 3 x (10 + 4 + 2), the longest
		if m.Healthy()["c"] {
			t.Error("healthy after the longest time to detect")
		}
		if s := *m.Observations("c")[0].StatusReport.Status; !strings.HasPrefix(s, "Failure: Connection timed out.") {
			t.Errorf("status %q", s)
		}
		e.set(200, false)
		time.Sleep(48 * time.Second)
		if !m.Healthy()["c"] {
			t.Error("it did not recover")
		}
		if len(m.LastFailure("c")) != 16 {
			t.Error("the failures were forgotten")
		}
	})
}

func TestSilentServerAndBadStatusFail(t *testing.T) {
	for status, want := range map[int]string{0: "Failure: Connection timed out.", 503: "Failure: HTTP Status Code 503, Service Unavailable", 399: "Success: HTTP Status Code 399", 200: "Success: HTTP Status Code 200, OK", 404: "Failure: HTTP Status Code 404"} {
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{status: status}
			m := monitor(e)
			defer m.Close()
			m.Set("c", config())
			time.Sleep(30 * time.Second)
			if s := *m.Observations("c")[0].StatusReport.Status; !strings.HasPrefix(s, want) {
				t.Errorf("status %q, want %q", s, want)
			}
		})
	}
}

func TestInvertedDisabledAndCalculated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{status: 503}
		m := monitor(e)
		defer m.Close()
		inverted := func(c *r53types.HealthCheckConfig) { c.Inverted = aws.Bool(true) }
		disabled := func(c *r53types.HealthCheckConfig) { c.Disabled = aws.Bool(true) }
		calculated := func(threshold int32, children ...string) r53types.HealthCheckConfig {
			return r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCalculated, HealthThreshold: &threshold, ChildHealthChecks: children}
		}
		m.Set("new", config())
		m.Set("new inverted", config(inverted))
		if s := m.Healthy(); !s["new"] || s["new inverted"] {
			t.Errorf("before any data: %v", s)
		}
		m.Set("off", config(disabled))
		m.Set("off inverted", config(disabled, inverted))
		m.Set("one of two", calculated(1, "new", "off"))
		m.Set("two of two", calculated(2, "new", "off"))
		m.Set("none needed", calculated(0, "new"))
		m.Set("too many needed", calculated(3, "new", "off"))
		time.Sleep(time.Minute)
		want := map[string]bool{"new": false, "new inverted": true, "off": true, "off inverted": false, "one of two": true, "two of two": false, "none needed": true, "too many needed": false}
		for id, healthy := range want {
			if got := m.Healthy()[id]; got != healthy {
				t.Errorf("%s: %v, want %v", id, got, healthy)
			}
		}
		m.Set("new", config(inverted)) // only its use changes: the opinions stay
		if !m.Healthy()["new"] {
			t.Error("inverting did not turn the verdict round at once")
		}
	})
}

func TestCadenceAndHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{status: 200}
		m := monitor(e)
		defer m.Close()
		m.Set("c", config(func(c *r53types.HealthCheckConfig) {
			c.Port = aws.Int32(8080)
			c.Regions = []r53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}
		}))
		time.Sleep(100 * time.Second)
		e.mu.Lock()
		defer e.mu.Unlock()
		if n := len(e.probes); n < 54 || n > 60 { // six checkers, ten intervals, each at its own phase
			t.Errorf("%d probes in 100 s, want about 60", n)
		}
		if e.hosts[0] != "lb.test:8080" {
			t.Errorf("host %q", e.hosts[0])
		}
	})
}

func TestUnresolvedNameFails(t *testing.T) {
	p := prober{config: config(), speed: 1, resolve: func(string) []netip.Addr { return nil }}
	if r := p.probe(t.Context()); r.Passed || !strings.HasPrefix(r.Status, "Failure: DNS resolution failed") {
		t.Errorf("result %+v", r)
	}
	if r := explain(errors.New("refused")); r.Passed || strings.Contains(r.Status, "timed out") {
		t.Errorf("result %+v", r)
	}
}
