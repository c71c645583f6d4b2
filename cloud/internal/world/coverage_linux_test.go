package world

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/cloud/internal/zones"
)

var update = flag.Bool("update", false, "write the coverage table anew")

const coveragePath = "../../../docs/coverage.md"

// The coverage table says what the dispatch tables say.
func TestCoverageTableIsCurrent(t *testing.T) {
	all := operations()
	version, newer := newest(t)
	want := coverage(all, testsOf(t, all), version, newer)
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

// Every operation that the cloud answers is asked for by a test.
func TestEveryOperationIsTested(t *testing.T) {
	all := operations()
	tests := testsOf(t, all)
	for _, op := range all {
		if name := op.Service.String() + " " + op.Name; op.Handled && !isTest(tests[name]) {
			t.Errorf("no test asks for %s", name)
		}
	}
}

// operations are those of all services, as the dispatch tables have them.
func operations() []wire.Operation {
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	new(region.Region).Operations(mux)
	new(zones.Zones).Operations(mux)
	new(identity.Room).Operations(mux)
	return mux.Coverage()
}

// coverage writes the table. Of a service whose operations are mostly refused it does not name those.
func coverage(all []wire.Operation, tests map[string]string, version string, newer map[string][]string) string {
	var b strings.Builder
	b.WriteString("# Operations that the local cloud answers\n\nMade by a test, from the dispatch tables and the tests' sources. " +
		"An operation that is refused, or not here, answers\n`UnsupportedOperation`. One that is newer than the models of AWS's API " +
		"that the cloud is made with answers as in a region of AWS to which it\nhas not come: `InvalidAction`, or " +
		"`UnknownOperationException` where a service speaks JSON. The test is the first of those that ask for the operation.\n")
	byService := map[string][]wire.Operation{}
	var order []string
	for _, op := range all {
		name := op.Service.String()
		if byService[name] == nil {
			order = append(order, name)
		}
		byService[name] = append(byService[name], op)
	}
	for _, name := range order {
		var handled, refused []string
		for _, op := range byService[name] {
			if op.Handled {
				handled = append(handled, op.Name)
			} else {
				refused = append(refused, op.Name)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d of %d operations.\n\n| operation | test |\n| --- | --- |\n", name, len(handled), len(byService[name])+len(newer[name]))
		for _, op := range handled {
			fmt.Fprintf(&b, "| %s | %s |\n", op, tests[name+" "+op])
		}
		if len(refused) > 0 && len(refused) < 100 {
			fmt.Fprintf(&b, "\nRefused: %s.\n", strings.Join(refused, ", "))
		}
		if len(newer[name]) > 0 {
			b.WriteString(beyondModels(version, newer[name]))
		}
	}
	return b.String()
}
