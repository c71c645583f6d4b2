package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// variant writes a declaration that differs in one place from another.
func variant(t *testing.T, of, before, after string) string {
	t.Helper()
	b, err := os.ReadFile(of)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), before) {
		t.Fatalf("%s has no %q", of, before)
	}
	path := filepath.Join(t.TempDir(), "understudy.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), before, after, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// lenient writes a declaration of the example whose target group takes no target for unhealthy because the machine is slow.
// With no healthy target at all a load balancer asks every one of them, also those that do not serve.
func lenient(t *testing.T) string {
	t.Helper()
	return variant(t, example, "target: {interval: 5, timeout: 2, healthy: 2, unhealthy: 2,", "target: {interval: 60, timeout: 59, healthy: 2, unhealthy: 4,")
}

// A new image goes through both regions, instance by instance, while users are served.
func TestNewImageReachesEveryInstanceWhileUsersAreServed(t *testing.T) {
	t.Parallel()
	s := start(t)
	// A refresh waits for each new instance as long as its grace period, even where it is healthy at once.
	declared := variant(t, lenient(t), "max: 4", "max: 4, grace: 5")
	s.must("up", "-f", declared, "--yes")
	before := s.fleet(primary)
	changed := variant(t, declared, "hello -addr :8080 &", "echo second version >/etc/hello-version\n    hello -addr :8080 &")
	v := s.users()
	s.must("up", "-f", changed, "--yes")
	if asked, failures := v.end(); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while the image changed", len(failures), asked)
	}
	after := strings.Join(s.fleet(primary), " ")
	for _, id := range before {
		if strings.Contains(after, id) {
			t.Errorf("instance %s was not replaced: the fleet is %s", id, after)
		}
	}
	s.must("parity", "-f", changed)
	if said := s.must("up", "-f", changed, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("then up says: %s", said)
	}
}
