package balancer

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

func TestJudge(t *testing.T) {
	bad := mismatch(503)
	ill := Health{State: Unhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [503]"}
	for _, c := range []struct {
		name    string
		results []Result
		want    Health
	}{
		{"one pass makes a new target healthy", []Result{pass}, Health{State: Healthy}},
		{"one failure leaves a new target initial", []Result{bad}, Unchecked},
		{"failures make a new target unhealthy", []Result{bad, bad}, ill},
		{"one failure leaves it healthy", []Result{pass, bad}, Health{State: Healthy}},
		{"two failures in a row do not", []Result{pass, bad, bad}, ill},
		{"failures not in a row do", []Result{pass, bad, pass, bad}, Health{State: Healthy}},
		{"recovery needs its threshold", []Result{bad, bad, pass, pass}, ill},
		{"recovery", []Result{bad, bad, pass, pass, pass}, Health{State: Healthy}},
		{"recovery begins anew after a failure", []Result{bad, bad, pass, pass, bad, pass, pass}, ill},
		{"the newest reason shows", []Result{bad, bad, timeout}, Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"}},
	} {
		j := Judgement{Health: Unchecked}
		for _, r := range c.results {
			j = Judge(j, r, 3, 2)
		}
		if j.Health != c.want {
			t.Errorf("%s: got %v, want %v", c.name, j.Health, c.want)
		}
	}
}

func TestCombine(t *testing.T) {
	healthy, ill := Health{State: Healthy}, Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"}
	for _, c := range []struct {
		views []Health
		want  Health
	}{
		{nil, Unregistered}, {[]Health{Unchecked, Unchecked}, Unchecked}, {[]Health{Unchecked, healthy}, healthy},
		{[]Health{healthy, ill}, ill}, {[]Health{ill, healthy}, ill}, {[]Health{ill, Unchecked}, ill},
	} {
		if got := Combine(c.views); got != c.want {
			t.Errorf("combine %v: got %v, want %v", c.views, got, c.want)
		}
	}
}

func TestChecksFollowTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var status, asked atomic.Int64
		status.Store(200)
		w.serve(t, "10.0.1.5:8080", func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.UserAgent() != "ELB-HealthChecker/2.0" || r.Host != "10.0.1.5:8080" || r.URL.Path != "/health" || !r.Close {
				t.Errorf("check is %s %s %s %s close=%v", r.Method, r.Host, r.URL, r.UserAgent(), r.Close)
			}
			rw.WriteHeader(int(status.Load()))
		})
		g := group(at("10.0.1.5:8080"))
		if got := w.b.Health("g", g.Targets[0]); got != Unregistered {
			t.Errorf("before registration: %v", got)
		}
		w.configure([]Group{g})
		w.wantHealth(g, 0, Unchecked)
		time.Sleep(4 * time.Second) // the phase is at most an eighth of the interval
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Healthy})

		status.Store(503)
		time.Sleep(60 * time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Unhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [503]"})
		status.Store(200)
		time.Sleep(60 * time.Second)
		synctest.Wait()
		if s := w.b.Health("g", g.Targets[0]).State; s != Unhealthy {
			t.Errorf("after two of three passes: %s", s)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Healthy})
		if n := asked.Load(); n != 6 {
			t.Errorf("%d checks in 154 s, want 6", n)
		}
	})
}

// At speed 30 a target's two checks pass in a second, in which nothing boots.
func TestNewTargetHasTimeToBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.b.Close()
		w.b = New(tempo.At(30), slog.New(slog.DiscardHandler), func() {})
		t.Cleanup(w.b.Close)
		slow, never := at("10.0.1.5:80"), at("10.0.1.6:80")
		g := group(slow, never)
		w.configure([]Group{g})
		time.Sleep(tempo.LeastBoot - 2*time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Unchecked)
		w.wantHealth(g, 1, Unchecked)
		w.serve(t, "10.0.1.5:80", says("ok"))
		time.Sleep(4 * time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Healthy})
		w.wantHealth(g, 1, Health{State: Unhealthy, Reason: "Target.FailedHealthChecks", Description: "Health checks failed"})
	})
}

func TestSilenceAndRefusalDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.drop("10.0.1.5:80", true)
		w.serve(t, "10.0.1.7:80", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		g := group(at("10.0.1.5:80"), at("10.0.1.6:80"), at("10.0.1.7:80"))
		w.configure([]Group{g})
		time.Sleep(40 * time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"})
		w.wantHealth(g, 1, Health{State: Unhealthy, Reason: "Target.FailedHealthChecks", Description: "Health checks failed"})
		w.wantHealth(g, 2, Health{State: Unhealthy, Reason: "Target.Timeout", Description: "Request timed out"})
	})
}

// A slow answer must not shift the checks after it.
func TestCheckRateIsFixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var times []time.Time
		w.serve(t, "10.0.1.5:80", func(http.ResponseWriter, *http.Request) {
			times = append(times, time.Now())
			time.Sleep(4 * time.Second)
		})
		w.configure([]Group{group(at("10.0.1.5:80"))})
		time.Sleep(105 * time.Second)
		synctest.Wait() // past the last check's slow answer too
		for i := 1; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d != 30*time.Second {
				t.Errorf("%s between checks", d)
			}
		}
		if len(times) < 3 {
			t.Errorf("%d checks in 105 s", len(times))
		}
	})
}

func TestNewCheckSettingsKeepTheHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", says("ok"))
		g := group(at("10.0.1.5:80"))
		w.configure([]Group{g})
		time.Sleep(5 * time.Second)
		g.Check.Path, g.Check.Interval = "/ready", 10*time.Second
		w.configure([]Group{g})
		w.wantHealth(g, 0, Health{State: Healthy})
	})
}
