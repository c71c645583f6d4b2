package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// visitor asks for the page again and again, as a user on a connection of his own each time.
type visitor struct {
	mu       sync.Mutex
	failures []time.Time // when each request that failed was sent
	asked    int
	stop     chan struct{}
	done     chan struct{}
}

func visit(url string) *visitor { return visitWhere(func() string { return url }) }

// visitWhere asks each time where the page is.
func visitWhere(where func() string) *visitor {
	v := &visitor{stop: make(chan struct{}), done: make(chan struct{})}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		defer close(v.done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-v.stop:
				return
			case <-tick.C:
			}
			began := time.Now()
			resp, err := client.Get(where())
			v.mu.Lock()
			v.asked++
			if err != nil || resp.StatusCode != http.StatusOK {
				v.failures = append(v.failures, began)
			}
			v.mu.Unlock()
			if err == nil {
				resp.Body.Close()
			}
		}
	}()
	return v
}

func (v *visitor) end() (asked int, failures []time.Time) {
	close(v.stop)
	<-v.done
	return v.asked, v.failures
}

// instances lists the fleet's running instances.
func (s *stage) fleet(region string) []string {
	return strings.Fields(s.aws(region, "ec2", "describe-instances", "--filters", "Name=tag:understudy:role,Values=fleet",
		"Name=instance-state-name,Values=running", "--query", "Reservations[].Instances[].InstanceId"))
}

// service finds the process of an instance that serves: the one in its namespaces that is not the first.
func (s *stage) service(instance string) int {
	s.t.Helper()
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		if _, err := os.Stat(filepath.Join(p, "root/var/lib/cloud/instances", instance)); err != nil {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join(p, "cmdline"))
		if err == nil && strings.HasPrefix(string(cmdline), "hello\x00") {
			pid, err := strconv.Atoi(filepath.Base(p))
			if err != nil {
				s.t.Fatal(err)
			}
			return pid
		}
	}
	s.t.Fatalf("no service of %s runs", instance)
	return 0
}

func TestFleetReplacesAnInstanceWhoseServiceWasKilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.must("up", "-f", lenient(t), "--yes")
	before := s.fleet(primary)
	if len(before) != 2 {
		t.Fatalf("the fleet is %v", before)
	}
	v := s.users()
	killed := before[0]
	if err := syscall.Kill(s.service(killed), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	group := s.aws(primary, "elbv2", "describe-target-groups", "--query", "TargetGroups[0].TargetGroupArn")
	// Each node of a load balancer judges for itself, and the API shows a target unhealthy as soon as one node finds it so. None chooses it
	// once it is taken out, which is seen twice in a row: the first time, a node may have chosen it just before.
	var out time.Time
	seen := 0
	s.until("the target is taken out", func() bool {
		switch s.aws(primary, "elbv2", "describe-target-health", "--target-group-arn", group,
			"--query", "TargetHealthDescriptions[?Target.Id=='"+killed+"'].TargetHealth.State") {
		case "healthy", "initial", "unhealthy":
			seen = 0
		default:
			seen++
		}
		out = time.Now()
		return seen == 2
	})
	s.until("another instance serves in its place", func() bool {
		now := s.fleet(primary)
		return len(now) == 2 && now[0] != killed && now[1] != killed && s.health(primary) == "healthy\thealthy"
	})
	asked, failures := v.end()
	for _, f := range failures {
		if f.After(out) {
			t.Errorf("a request that was sent %s after the target was taken out failed", f.Sub(out))
		}
	}
	t.Logf("%d requests, %d failed before the target was taken out", asked, len(failures))
	activities := s.aws(primary, "autoscaling", "describe-scaling-activities", "--query", "Activities[].Cause")
	if !strings.Contains(activities, "ELB system health check failure") {
		t.Errorf("activities do not tell the cause:\n%s", activities)
	}
}

// A killed region's links and routes linger in the internet while the kernel takes its namespaces away; the
// region that comes back at once must get by with them.
func TestKilledRegionServesAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := up(t)
	addresses := s.publicAddresses(primary)
	if len(addresses) < 2 {
		t.Fatalf("public addresses %q", addresses)
	}
	for range 4 {
		if err := syscall.Kill(s.pid(primary), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.until("the region is down", func() bool { // which the exit code says, too
			return s.run(binary, "cloud", "status", "--dir", s.dir).code == 1
		})
		s.must("cloud", "region", "start", primary, "--dir", s.dir)
		for _, a := range addresses {
			s.until(a+" serves again", func() bool { return strings.Contains(s.page(a), primary) })
		}
	}
	if now := s.publicAddresses(primary); strings.Join(now, " ") != strings.Join(addresses, " ") {
		t.Errorf("addresses before %q, after %q", addresses, now)
	}
	s.until("users are back in the primary", func() bool { return strings.Contains(s.page(s.dig("hello.test")), primary) })
}

// publicAddresses lists the loopback twins of a region's load balancers.
func (s *stage) publicAddresses(region string) []string {
	s.t.Helper()
	name := s.aws(region, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].DNSName")
	addresses := strings.Fields(s.dig(name))
	slices.Sort(addresses)
	return addresses
}

func TestStatusAnswersWhileARegionIsLost(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.must("cloud", "region", "stop", primary, "--dir", s.dir)
	r := s.run(binary, "status", "-f", example)
	if r.code != 1 || !strings.Contains(r.stdout, primary+" does not answer") || !strings.Contains(r.stdout, "secondary "+secondary+": health check passes") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := s.run(binary, "parity", "-f", example); r.code != 3 || !strings.Contains(r.stderr, primary+" does not answer") {
		t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.until("the name answers with the secondary", func() bool { return strings.Contains(s.page(s.dig("hello.test")), secondary) })
}
