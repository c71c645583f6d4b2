package health

import (
	"bufio"
	"context"
	"io"
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

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// site is an endpoint in memory whose answers a test sets. It writes down when each checker asked.
type site struct {
	mu    sync.Mutex
	down  map[netip.Addr]bool // by checker
	dead  bool
	slow  time.Duration
	asked map[netip.Addr][]time.Time
	// replies are under way; a bubble must not end before they have.
	replies sync.WaitGroup
}

func newSite() *site {
	return &site{down: map[netip.Addr]bool{}, asked: map[netip.Addr][]time.Time{}}
}

func (s *site) dial(_ context.Context, source netip.Addr, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	s.asked[source] = append(s.asked[source], time.Now())
	down, slow := s.dead || s.down[source], s.slow
	s.mu.Unlock()
	near, far := net.Pipe()
	s.replies.Go(func() {
		defer far.Close()
		if _, err := http.ReadRequest(bufio.NewReader(far)); err != nil {
			return
		}
		time.Sleep(slow)
		if down {
			io.WriteString(far, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
			return
		}
		io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	return near, nil
}

// monitor returns a Monitor that asks the site and ends with the test.
func (s *site) monitor(t *testing.T, c Config) *Monitor {
	c.Dial = s.dial
	m := New(c)
	t.Cleanup(func() {
		m.Close()
		s.replies.Wait()
	})
	return m
}

func (s *site) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *site) times(checker int) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.asked[address.Checker(checker)]...)
}

func (s *site) count() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.asked {
		n += len(times)
	}
	return n
}

func config(change func(*r53types.HealthCheckConfig)) r53types.HealthCheckConfig {
	c := r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeHttp, IPAddress: aws.String("198.51.100.1"),
		RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(3),
	}
	if change != nil {
		change(&c)
	}
	return c
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestFailureIsSeenAfterThresholdAndMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		var changes int
		m := s.monitor(t, Config{Changed: func(c map[string]bool) { changes += len(c) }})
		m.Set("a", config(nil))
		pass(10 * time.Second)
		if got := len(m.Observations("a")); got != 16 || s.count() != 16 {
			t.Fatalf("%d observations of %d requests in the first interval, want 16 of 16", got, s.count())
		}
		s.set(func() { s.dead = true })
		pass(20 * time.Second)
		if !m.Healthy()["a"] {
			t.Fatal("unhealthy after two failures of each checker")
		}
		pass(10 * time.Second)
		if m.Healthy()["a"] {
			t.Fatal("healthy after three failures of each checker")
		}
		s.set(func() { s.dead = false })
		pass(20 * time.Second)
		if m.Healthy()["a"] {
			t.Fatal("healthy after two passes of each checker")
		}
		pass(10 * time.Second)
		if !m.Healthy()["a"] {
			t.Fatal("unhealthy after three passes of each checker")
		}
		if changes != 3 {
			t.Errorf("told of %d changes, want 3: made, failed, mended", changes)
		}
		last := m.LastFailure("a")
		if len(last) != 16 || aws.ToString(last[0].StatusReport.Status) != "Failure: HTTP Status Code 503, Service Unavailable" {
			t.Errorf("last failures %d, the first %v", len(last), last)
		}
		for _, o := range m.Observations("a") {
			if got := aws.ToString(o.StatusReport.Status); got != "Success: HTTP Status Code 200, OK" {
				t.Errorf("status %q", got)
			}
		}
	})
}

func TestQuorumOfCheckers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		for n := range 13 {
			s.down[address.Checker(n)] = true
		}
		m := s.monitor(t, Config{})
		m.Set("a", config(nil))
		pass(31 * time.Second)
		if !m.Healthy()["a"] {
			t.Fatal("unhealthy with 3 of 16 checkers passing, 18.75 %")
		}
		s.set(func() { s.down[address.Checker(13)] = true })
		pass(30 * time.Second)
		if m.Healthy()["a"] {
			t.Fatal("healthy with 2 of 16 checkers passing, 12.5 %")
		}
	})
}

func TestIntervalCountsFromTheResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.slow = time.Second
		m := s.monitor(t, Config{})
		m.Set("a", config(nil))
		pass(60 * time.Second)
		first := map[time.Time]bool{}
		for n := range 16 {
			times := s.times(n)
			first[times[0]] = true
			for i := 1; i < len(times); i++ {
				if gap := times[i].Sub(times[i-1]); gap != 11*time.Second {
					t.Fatalf("checker %d asked again after %v, want 11s", n, gap)
				}
			}
		}
		if len(first) != 16 {
			t.Errorf("%d different first moments, want 16", len(first))
		}
	})
}

func TestSlowReplyTimesOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		speed tempo.Speed
		slow  time.Duration
		want  string
	}{
		{"within two seconds", 1, 1900 * time.Millisecond, "Success: "},
		{"beyond two seconds", 1, 2100 * time.Millisecond, "Failure: Connection timed out. "},
		{"within a tenth of that at ten times the speed", 10, 190 * time.Millisecond, "Success: "},
		{"beyond it", 10, 210 * time.Millisecond, "Failure: Connection timed out. "},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite()
				s.slow = c.slow
				m := s.monitor(t, Config{Pace: tempo.At(c.speed)})
				m.Set("a", config(nil))
				pass(13 * time.Second)
				seen := m.Observations("a")
				if len(seen) != 16 {
					t.Fatalf("%d observations, want 16", len(seen))
				}
				for _, o := range seen {
					if got := aws.ToString(o.StatusReport.Status); !strings.HasPrefix(got, c.want) {
						t.Fatalf("status %q, want %q", got, c.want)
					}
				}
			})
		})
	}
}

func TestInvertedAndDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		m := s.monitor(t, Config{})
		m.Set("plain", config(nil))
		m.Set("inverted", config(func(c *r53types.HealthCheckConfig) { c.Inverted = aws.Bool(true) }))
		if h := m.Healthy(); !h["plain"] || h["inverted"] {
			t.Fatalf("before any data: %v, want plain healthy and inverted not", h)
		}
		s.set(func() { s.dead = true })
		pass(31 * time.Second)
		if h := m.Healthy(); h["plain"] || !h["inverted"] {
			t.Fatalf("endpoint down: %v, want inverted healthy and plain not", h)
		}
		asked := s.count()
		m.Set("plain", config(func(c *r53types.HealthCheckConfig) { c.Inverted = aws.Bool(true) }))
		if !m.Healthy()["plain"] {
			t.Fatal("inverting did not take effect at once")
		}
		m.Remove("inverted")
		m.Set("plain", config(func(c *r53types.HealthCheckConfig) { c.Disabled = aws.Bool(true) }))
		if h, known := m.Healthy()["inverted"]; h || known || !m.Healthy()["plain"] {
			t.Fatalf("after removing one and disabling the other: %v", m.Healthy())
		}
		pass(time.Minute)
		if now := s.count(); now != asked {
			t.Errorf("%d requests for a disabled and a removed check", now-asked)
		}
	})
}

func TestNewSettingsKeepTheOpinion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.dead = true
		m := s.monitor(t, Config{})
		m.Set("a", config(nil))
		pass(31 * time.Second)
		if m.Healthy()["a"] {
			t.Fatal("healthy though the endpoint is down")
		}
		m.Set("a", config(func(c *r53types.HealthCheckConfig) { c.ResourcePath = aws.String("/other") }))
		if m.Healthy()["a"] {
			t.Fatal("a change of path alone made the check healthy")
		}
		s.set(func() { s.dead = false })
		pass(31 * time.Second)
		if !m.Healthy()["a"] {
			t.Fatal("unhealthy though the endpoint is back")
		}
	})
}

func TestRegionsChooseCheckers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		m := s.monitor(t, Config{})
		chosen := []r53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}
		m.Set("a", config(func(c *r53types.HealthCheckConfig) { c.Regions = chosen }))
		pass(10 * time.Second)
		var got []string
		for _, o := range m.Observations("a") {
			got = append(got, string(o.Region)+" "+aws.ToString(o.IPAddress))
		}
		want := "us-east-1 192.0.2.128,us-east-1 192.0.2.129,eu-west-1 192.0.2.134,eu-west-1 192.0.2.135,sa-east-1 192.0.2.142,sa-east-1 192.0.2.143"
		if strings.Join(got, ",") != want {
			t.Errorf("observed from %v, want %s", got, want)
		}
	})
}

func TestSpeedDividesTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		m := s.monitor(t, Config{Pace: tempo.At(10)})
		m.Set("a", config(nil))
		pass(10 * time.Second)
		if n := len(s.times(0)); n != 10 {
			t.Errorf("%d requests of one checker in ten seconds at ten times the speed, want 10", n)
		}
	})
}

// Each checker has its own part of the interval, and its own moment in it, the same at every start.
func TestPhases(t *testing.T) {
	const all, interval = 16, 30 * time.Second
	steps := map[time.Duration]bool{}
	for i := range all {
		at, again := phase("a", i, all, interval), phase("a", i, all, interval)
		if slot := interval / all; at != again || at < time.Duration(i)*slot || at >= time.Duration(i+1)*slot {
			t.Errorf("checker %d begins after %v, then %v", i, at, again)
		}
		steps[phase("a", (i+1)%all, all, interval)-at] = true
	}
	if len(steps) < all/2 || phase("a", 0, all, interval) == phase("b", 0, all, interval) {
		t.Error("checkers keep a beat")
	}
}
