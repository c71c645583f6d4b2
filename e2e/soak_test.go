package e2e

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/chance"
)

// While instances end, the group is resized, and listeners, rules, certificates and attributes change, no request is lost, over HTTP and
// HTTPS. UNDERSTUDY_SOAK=10m goes on for so long, and expects that the region's memory has stopped growing.
func TestNobodyIsLostWhileAllChanges(t *testing.T) {
	t.Parallel()
	length := 20 * time.Second
	if text := os.Getenv("UNDERSTUDY_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	s := &soak{ramp: &ramp{stage: start(t), minute: 2 * time.Second}, random: chance.New(t)}
	s.build()
	s.prepare()
	s.rate.Store(120)
	stopPlain, stopSecure := s.askAt(s.url, nil), s.askAt(s.secure, &tls.Config{InsecureSkipVerify: true})
	for began := time.Now(); time.Since(began) < length; s.changes++ {
		s.change()
		s.memory = append(s.memory, s.weight("us-east-1"))
	}
	stopPlain()
	stopSecure()
	t.Logf("%d changes, %d requests, %d of them lost", s.changes, s.asked.Load(), s.failed.Load())
	if s.failed.Load() > 0 || s.asked.Load() == 0 {
		t.Errorf("%d of %d requests were lost: %v", s.failed.Load(), s.asked.Load(), s.lost())
	}
	if length >= 5*time.Minute {
		third := len(s.memory) / 3
		before, after := mean(s.memory[third:2*third]), mean(s.memory[2*third:])
		t.Logf("memory of the region: %.1f MiB in the second third, %.1f MiB in the last", before, after)
		if after > 1.15*before+4 {
			t.Error("it grows")
		}
	}
	s.remove()
}

// soak is a fleet under load, and what is changed of it.
type soak struct {
	*ramp
	random                     *rand.Rand
	balancer, targets, secured string // ARNs; secured is the HTTPS listener's
	secure                     string // its URL
	certificates               []string
	changes                    int
	memory                     []float64
}

// prepare adds a listener with TLS, and lets two to four instances serve.
func (s *soak) prepare() {
	s.t.Helper()
	s.balancer = s.east("elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].LoadBalancerArn")
	s.targets = s.east("elbv2", "describe-target-groups", "--query", "TargetGroups[0].TargetGroupArn")
	group := s.east("ec2", "describe-security-groups", "--filters", "Name=group-name,Values=ramp", "--query", "SecurityGroups[0].GroupId")
	s.east("ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0")
	s.east("autoscaling", "delete-policy", "--auto-scaling-group-name", "ramp", "--policy-name", "requests")
	for _, name := range []string{"a.example.com", "b.example.com"} {
		folder := selfSigned(s.t, name)
		s.certificates = append(s.certificates, s.east("acm", "import-certificate", "--certificate", "fileb://"+filepath.Join(folder, "certificate.pem"),
			"--private-key", "fileb://"+filepath.Join(folder, "key.pem"), "--query", "CertificateArn"))
	}
	s.secured = s.east("elbv2", "create-listener", "--load-balancer-arn", s.balancer, "--protocol", "HTTPS", "--port", "443",
		"--certificates", "CertificateArn="+s.certificates[0], "--default-actions", "Type=forward,TargetGroupArn="+s.targets,
		"--query", "Listeners[0].ListenerArn")
	s.east("autoscaling", "update-auto-scaling-group", "--auto-scaling-group-name", "ramp", "--min-size", "2", "--desired-capacity", "3")
	s.until("three instances serve", func() bool { return s.healthy() >= 3 })
	s.secure = strings.NewReplacer("http:", "https:", fmt.Sprint(":", s.port(80), "/"), fmt.Sprint(":", s.port(443), "/")).Replace(s.url)
}

func (s *soak) healthy() int {
	said := s.east("elbv2", "describe-target-health", "--target-group-arn", s.targets, "--query", "TargetHealthDescriptions[].TargetHealth.State")
	n := 0
	for _, state := range strings.Fields(said) {
		if state == "healthy" {
			n++
		}
	}
	return n
}

// change changes one thing, and waits until there are enough targets again.
func (s *soak) change() {
	s.t.Helper()
	switch s.random.IntN(6) {
	case 0:
		ids := strings.Fields(s.east("autoscaling", "describe-auto-scaling-groups",
			"--query", "AutoScalingGroups[0].Instances[?LifecycleState==`InService`].InstanceId"))
		if len(ids) > 2 {
			s.east("autoscaling", "terminate-instance-in-auto-scaling-group", "--instance-id", ids[s.random.IntN(len(ids))],
				"--no-should-decrement-desired-capacity")
		}
	case 1:
		s.east("autoscaling", "set-desired-capacity", "--auto-scaling-group-name", "ramp", "--desired-capacity", strconv.Itoa(2+s.random.IntN(3)))
	case 2:
		listener := s.east("elbv2", "create-listener", "--load-balancer-arn", s.balancer, "--protocol", "HTTP", "--port", "8090",
			"--default-actions", "Type=forward,TargetGroupArn="+s.targets, "--query", "Listeners[0].ListenerArn")
		s.east("elbv2", "delete-listener", "--listener-arn", listener)
	case 3:
		rule := s.east("elbv2", "create-rule", "--listener-arn", s.secured, "--priority", strconv.Itoa(1+s.random.IntN(1000)),
			"--conditions", "Field=path-pattern,Values=/never", "--actions", "Type=fixed-response,FixedResponseConfig={StatusCode=404}",
			"--query", "Rules[0].RuleArn")
		s.east("elbv2", "delete-rule", "--rule-arn", rule)
	case 4:
		s.east("elbv2", "modify-listener", "--listener-arn", s.secured, "--certificates", "CertificateArn="+s.certificates[s.random.IntN(2)])
	case 5:
		s.east("elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", s.balancer, "--attributes",
			"Key=idle_timeout.timeout_seconds,Value="+strconv.Itoa(30+s.random.IntN(60)))
	}
	s.until("two targets are healthy", func() bool { return s.healthy() >= 2 })
}

// weight is the memory of one of the cloud's processes, in MiB.
func (s *soak) weight(name string) float64 {
	s.t.Helper()
	for _, p := range s.status().Processes {
		if p.Name == name {
			return float64(p.PSS) / (1 << 20)
		}
	}
	s.t.Fatalf("there is no process %s", name)
	return 0
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}
