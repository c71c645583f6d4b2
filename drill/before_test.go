package drill

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func checks(found map[string]string) []Check {
	var all []Check
	for _, name := range []string{"standby", "parity", "capacity", "refresh"} {
		all = append(all, Check{Name: name, Look: func(context.Context) (string, error) {
			if found[name] == "error" {
				return "", errors.New("no answer")
			}
			return found[name], nil
		}})
	}
	return all
}

func TestDrillIsRefusedByName(t *testing.T) {
	all := checks(map[string]string{"standby": "3 of 16 checkers", "capacity": "1 healthy target", "refresh": "error"})
	for name, c := range map[string]struct {
		force, refused []string
		forced         []Wrong
	}{
		"nothing forced": {nil, []string{"standby", "capacity", "refresh"}, nil},
		"one forced":     {[]string{"standby"}, []string{"capacity", "refresh"}, nil},
		"all forced": {[]string{"standby", "capacity", "refresh", "parity"}, nil,
			[]Wrong{{"standby", "3 of 16 checkers"}, {"capacity", "1 healthy target"}, {"refresh", "cannot be told: no answer"}}},
	} {
		t.Run(name, func(t *testing.T) {
			forced, err := examine(t.Context(), all, c.force)
			var refused []string
			var r *Refusal
			if errors.As(err, &r) {
				for _, w := range r.Wrong {
					refused = append(refused, w.Check)
				}
				if !strings.Contains(err.Error(), "--force "+strings.Join(refused, ",")) {
					t.Errorf("the refusal does not say how to override it:\n%v", err)
				}
			}
			if diff := cmp.Diff(c.refused, refused) + cmp.Diff(c.forced, forced); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusedDrillBreaksNothing(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	d.Before = checks(map[string]string{"parity": "2 differences"})
	var r *Refusal
	if _, err := d.Run(t.Context()); !errors.As(err, &r) || s.down.Load() {
		t.Errorf("error %v, broken: %v", err, s.down.Load())
	}
	d.Force = []string{"parity"}
	found, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Wrong{{"parity", "2 differences"}}, found.Forced); diff != "" {
		t.Error(diff)
	}
}

// What becomes wrong while users are waited for refuses the drill too, and its marker goes.
func TestDrillLooksAgainRightBeforeTheFault(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	m := &memory{}
	d.Marker = m
	looks := 0
	d.Before = []Check{{Name: "up", Again: true, Look: func(context.Context) (string, error) {
		if looks++; looks > 1 {
			return "somebody changes the stack", nil
		}
		return "", nil
	}}}
	var r *Refusal
	if _, err := d.Run(t.Context()); !errors.As(err, &r) || s.down.Load() || m.held != nil {
		t.Errorf("error %v, broken: %v, marker: %v", err, s.down.Load(), m.held)
	}
	if inForce(t, d.Journal) {
		t.Error("the journal is in force")
	}
}
