package world

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/cloud/internal/zones"
)

var update = flag.Bool("update", false, "write the coverage table anew")

const coveragePath = "../../../docs/coverage.md"

// The coverage table says what the dispatch tables say.
func TestCoverageTableIsCurrent(t *testing.T) {
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	new(region.Region).Operations(mux)
	new(zones.Zones).Operations(mux)
	want := coverage(mux.Coverage())
	if *update {
		if err := os.WriteFile(coveragePath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(coveragePath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not current: go test ./cloud/internal/world -run Coverage -update", coveragePath)
	}
}

func coverage(all []wire.Operation) string {
	var b strings.Builder
	b.WriteString("# Operations that the local cloud answers\n\nMade from the dispatch tables by a test. An operation that is not here answers `UnsupportedOperation`.\nSTS answers `GetCallerIdentity`.\n")
	byService := map[string][]wire.Operation{}
	var order []string
	for _, op := range all {
		name := op.Service.SigningName
		if byService[name] == nil {
			order = append(order, name)
		}
		byService[name] = append(byService[name], op)
	}
	for _, name := range order {
		var handled []string
		for _, op := range byService[name] {
			if op.Handled {
				handled = append(handled, op.Name)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d of %d operations:\n\n", name, len(handled), len(byService[name]))
		for _, op := range handled {
			fmt.Fprintf(&b, "- %s\n", op)
		}
	}
	return b.String()
}
