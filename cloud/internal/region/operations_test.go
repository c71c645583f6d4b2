package region

import (
	"os"
	"regexp"
	"testing"
)

// registeredOperations reads the registrations from the sources, since a Mux only tells what it was given.
func registeredOperations(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	line := regexp.MustCompile(`(?:wire\.Handle\(m, wire\.\w+|resource\.Ask\(m), "(\w+)", [rg]\.(\w+)\)`)
	for _, name := range sources(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(b), -1) {
			if m[1] != m[2] {
				t.Errorf("operation %s is handled by %s", m[1], m[2])
			}
			names[m[2]] = true
		}
	}
	return names
}
