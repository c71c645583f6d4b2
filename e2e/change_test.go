package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A new image goes through both regions, instance by instance, while users are served.
func TestNewImageReachesEveryInstanceWhileUsersAreServed(t *testing.T) {
	t.Parallel()
	s := up(t)
	before := s.fleet(primary)
	b, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "understudy.yaml")
	declaration := strings.Replace(string(b), "hello -addr :8080 &", "echo second version >/etc/hello-version\n    hello -addr :8080 &", 1)
	if declaration == string(b) {
		t.Fatal("the example does not start its service as this test expects")
	}
	if err := os.WriteFile(changed, []byte(declaration), 0o644); err != nil {
		t.Fatal(err)
	}
	address, _, _ := strings.Cut(s.dig("hello.test"), "\n")
	shift, err := strconv.Atoi(s.env["UNDERSTUDY_PORT_SHIFT"])
	if err != nil {
		t.Fatal(err)
	}
	v := visit(fmt.Sprintf("http://%s:%d/", address, 80+shift))
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
