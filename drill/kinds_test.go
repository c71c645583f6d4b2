package drill

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/account"
)

// regions writes down what was done to it.
type regions struct {
	did  []string
	fail error
}

func (r *regions) KillRegion(_ context.Context, name string) error {
	r.did = append(r.did, "kill "+name)
	return r.fail
}

func (r *regions) StartRegion(_ context.Context, name string) error {
	r.did = append(r.did, "start "+name)
	return r.fail
}

func (r *regions) Dir() string { return "/cloud" }

func (r *regions) primary() Primary {
	return Primary{
		Account: &account.Account{Region: "one"}, Times: 3,
		Parts:   func(context.Context) (Parts, error) { return Parts{}, nil },
		Regions: func(context.Context, string) (RegionControl, error) { return r, nil },
	}
}

func written(t *testing.T, kind, undo string) Journal {
	t.Helper()
	j := Journal{Path: filepath.Join(t.TempDir(), "drill.json")}
	if err := j.Write(Entry{Stack: "hello", Fault: kind, Undo: json.RawMessage(undo)}); err != nil {
		t.Fatal(err)
	}
	return j
}

func inForce(t *testing.T, j Journal) bool {
	t.Helper()
	_, found, err := j.Read()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestUndoOfAnUnknownKindRepairsNothingAndKeepsTheJournal(t *testing.T) {
	var r regions
	j := written(t, "flood", `"one"`)
	if _, _, err := Undo(t.Context(), j, nil, func(Entry) Primary { return r.primary() }); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("error %v, want %v", err, ErrUnknownKind)
	}
	if len(r.did) > 0 || !inForce(t, j) {
		t.Errorf("did %v, journal in force: %v", r.did, inForce(t, j))
	}
}

func TestUndoRepairsWhatTheJournalNames(t *testing.T) {
	var r regions
	j := written(t, "region", `"another"`)
	entry, found, err := Undo(t.Context(), j, nil, func(Entry) Primary { return r.primary() })
	if err != nil || !found || entry.Stack != "hello" {
		t.Errorf("%+v, %v, %v", entry, found, err)
	}
	if diff := cmp.Diff([]string{"start another"}, r.did); diff != "" || inForce(t, j) {
		t.Errorf("journal in force: %v, %s", inForce(t, j), diff)
	}
	if _, found, err := Undo(t.Context(), j, nil, func(Entry) Primary { return r.primary() }); found || err != nil {
		t.Errorf("nothing is in force, and undo says %v, %v", found, err)
	}
}

func TestUndoThatFailsKeepsTheJournal(t *testing.T) {
	broken := errors.New("broken")
	r := regions{fail: broken}
	for _, undo := range []string{`"one"`, `""`, `{}`} {
		j := written(t, "region", undo)
		if _, _, err := Undo(t.Context(), j, nil, func(Entry) Primary { return r.primary() }); err == nil || !inForce(t, j) {
			t.Errorf("%s: error %v, journal in force: %v", undo, err, inForce(t, j))
		}
	}
}

// Each kind in the table makes faults that say the same name, for that is what their journals say.
func TestKindsMakeFaultsOfTheirName(t *testing.T) {
	var r regions
	p := r.primary()
	seen := map[string]bool{}
	for _, k := range Kinds {
		for _, fault := range []func(context.Context, Primary) (Fault, error){k.New, k.Undo} {
			f, err := fault(t.Context(), p)
			if err != nil || f.Kind() != k.Name {
				t.Errorf("%s makes %v, %v", k.Name, f, err)
			}
		}
		if seen[k.Name] || k.Help == "" {
			t.Errorf("kind %q is there twice, or has no help", k.Name)
		}
		seen[k.Name] = true
	}
}

func TestSlowIsRefusedByNameWithTheReason(t *testing.T) {
	if _, err := KindOf("slow"); !errors.Is(err, ErrUnknownKind) || !strings.Contains(err.Error(), "delay an answer") {
		t.Error(err)
	}
}
