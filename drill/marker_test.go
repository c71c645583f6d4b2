package drill

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// memory is an account's marker.
type memory struct {
	held *Entry
	fail error
}

func (m *memory) Read(context.Context) (Entry, bool, error) {
	if m.held == nil || m.fail != nil {
		return Entry{}, false, m.fail
	}
	return *m.held, true, nil
}

func (m *memory) Write(_ context.Context, e Entry) error {
	if m.held != nil {
		return ErrInForce
	}
	m.held = &e
	return m.fail
}

func (m *memory) Clear(_ context.Context, id string) error {
	if m.fail == nil && m.held != nil && m.held.ID == id {
		m.held = nil
	}
	return m.fail
}

func TestUndoNeedsNoJournal(t *testing.T) {
	var r regions
	m := &memory{held: &Entry{ID: "1", Stack: "hello", Fault: "region", Undo: json.RawMessage(`{"region":"one","cloud":"/cloud"}`)}}
	j := Journal{Path: filepath.Join(t.TempDir(), "none.json")}
	entry, found, err := Undo(t.Context(), j, m, func(Entry) Primary { return r.primary() })
	if err != nil || !found || entry.ID != "1" || m.held != nil {
		t.Errorf("%+v, %v, %v; the marker is %v", entry, found, err, m.held)
	}
	if diff := cmp.Diff([]string{"start one"}, r.did); diff != "" {
		t.Error(diff)
	}
}

func TestUndoRepairsOnceWhatMarkerAndJournalBothRecord(t *testing.T) {
	var r regions
	e := Entry{ID: "1", Stack: "hello", Fault: "region", Undo: json.RawMessage(`"one"`)}
	j := Journal{Path: filepath.Join(t.TempDir(), "drill.json")}
	if err := j.Write(e); err != nil {
		t.Fatal(err)
	}
	m := &memory{held: &e}
	if _, found, err := Undo(t.Context(), j, m, func(Entry) Primary { return r.primary() }); err != nil || !found {
		t.Error(found, err)
	}
	if diff := cmp.Diff([]string{"start one"}, r.did); diff != "" || m.held != nil || inForce(t, j) {
		t.Errorf("marker %v, journal in force %v, %s", m.held, inForce(t, j), diff)
	}
}

// A secondary that does not answer does not keep the primary broken; that a marker may be left is said.
func TestUndoRepairsByTheJournalWhileTheMarkerCannotBeRead(t *testing.T) {
	var r regions
	silent := errors.New("no answer")
	j := written(t, "region", `"one"`)
	_, _, err := Undo(t.Context(), j, &memory{fail: silent}, func(Entry) Primary { return r.primary() })
	if diff := cmp.Diff([]string{"start one"}, r.did); diff != "" || !errors.Is(err, silent) {
		t.Errorf("%v, %s", err, diff)
	}
}

func TestDrillsMarkerIsThereWhileItIsInForce(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	m := &memory{}
	d.Marker, d.Owner, d.Longest = m, "ada@host", time.Hour
	var seen *Entry
	d.Tell = func(e Event) {
		if e.Phase == "fault" {
			seen = m.held
		}
	}
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen == nil || seen.Owner != "ada@host" || seen.ID == "" || seen.Expires.Sub(seen.Broken) < time.Hour || seen.Expired(seen.Broken) ||
		!seen.Expired(seen.Expires.Add(time.Second)) {
		t.Errorf("while the fault was in force, the marker was %v", seen)
	}
	if m.held != nil {
		t.Errorf("the marker was left behind: %v", m.held)
	}
	m.held = &Entry{ID: "2", Fault: "isolate"}
	if _, err := d.Run(t.Context()); !errors.Is(err, ErrInForce) {
		t.Errorf("over another's marker: %v", err)
	}
}

// The primary is repaired even if the account cannot be told so, and the report says it.
func TestMarkerThatCannotBeRemovedIsReported(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	m := &memory{}
	d.Marker = m
	d.Tell = func(e Event) {
		if e.Phase == "repair" {
			m.fail = errors.New("no answer")
		}
	}
	r, err := d.Run(t.Context())
	if err != nil || s.down.Load() || !strings.Contains(strings.Join(r.Notes, "\n"), "marker stays") {
		t.Errorf("%v, broken: %v, %+v", err, s.down.Load(), r)
	}
}
