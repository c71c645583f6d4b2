package move

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// scene is a service that users can be moved in.
type scene struct {
	at      understudy.Side // of the switch
	did     []string
	fails   string // the step that fails
	against string // of the check "parity"
	after   time.Duration
	turned  time.Time
}

func (s *scene) step(name string) error {
	if s.fails == name {
		return errors.New(name + " fails")
	}
	s.did = append(s.did, name)
	return nil
}

func (s *scene) move(j Journal, to understudy.Side) *Move {
	return &Move{
		Stack: "hello", Command: "failover", From: understudy.Primary, To: to, Journal: j,
		Checks: []Check{{"parity", func(context.Context) (string, string) { return s.against, "" }}},
		Before: func(context.Context) error { return s.step("before") },
		Raise:  func(context.Context) (string, error) { return "", s.step("raise") },
		Turn: func(context.Context) error {
			s.at, s.turned = to, time.Now()
			return s.step("switch")
		},
		Agreed: func(context.Context) (bool, error) { return false, errors.New("Route 53 does not answer") },
		Answers: func(context.Context) (understudy.Side, time.Duration, error) {
			if s.at == to && time.Since(s.turned) >= s.after {
				return to, time.Minute, nil
			}
			return understudy.Primary, time.Minute, nil
		},
		After: func(context.Context) error { return s.step("after") },
		Lower: func(context.Context) (string, error) { return "", s.step("lower") },
		Every: time.Second, Patience: 10 * time.Minute, Tell: func(string, ...any) {},
	}
}

func TestMoveGoesOnWhereItWasInterrupted(t *testing.T) {
	for _, fails := range []string{"before", "raise", "switch", "after", "lower"} {
		synctest.Test(t, func(t *testing.T) {
			j := Journal{filepath.Join(t.TempDir(), "move.json")}
			s := &scene{at: understudy.Primary, fails: fails, after: time.Minute}
			err := s.move(j, understudy.Secondary).Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "run `understudy failover` again") {
				t.Fatalf("%s fails, and the move says %v", fails, err)
			}
			s.fails = ""
			if err := s.move(j, understudy.Secondary).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"before", "raise", "switch", "after", "lower"}, s.did); diff != "" {
				t.Errorf("%s failed at first (-want +got)\n%s", fails, diff)
			}
			if _, found, err := j.Read(); found || err != nil {
				t.Errorf("the journal of a move that has ended: %v, %v", found, err)
			}
		})
	}
}

func TestMoveWaitsForTheAnswerAndForOldOnesToExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{at: understudy.Primary, after: 30 * time.Second}
		began := time.Now()
		if err := s.move(Journal{filepath.Join(t.TempDir(), "m")}, understudy.Secondary).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 90*time.Second {
			t.Errorf("it took %s, want 30 s until the answer changed and a minute of its TTL", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &scene{at: understudy.Primary, after: time.Hour}
		m := s.move(Journal{filepath.Join(t.TempDir(), "m")}, understudy.Secondary)
		if err := m.Run(t.Context()); !errors.Is(err, errPatience) || s.at != understudy.Secondary {
			t.Errorf("an answer that does not change: %v, the switch is at the %s", err, s.at)
		}
	})
}

func TestCheckRefusesAMoveUnlessItIsForced(t *testing.T) {
	s := &scene{at: understudy.Primary, against: "the regions differ"}
	m := s.move(Journal{filepath.Join(t.TempDir(), "m")}, understudy.Secondary)
	err := m.Run(t.Context())
	if refused := (RefusedError{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "--force parity") || len(s.did) > 0 {
		t.Fatalf("%v; done: %v", err, s.did)
	}
	m.Force = []string{"parity"}
	synctest.Test(t, func(t *testing.T) {
		if err := m.Run(t.Context()); err != nil || s.at != understudy.Secondary {
			t.Errorf("forced: %v, at the %s", err, s.at)
		}
	})
}

func TestMoveTheOtherWayGivesTheFirstUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := Journal{filepath.Join(t.TempDir(), "m")}
		s := &scene{at: understudy.Primary, fails: "after"}
		s.move(j, understudy.Secondary).Run(t.Context())
		s.fails, s.did = "", nil
		var said bytes.Buffer
		m := s.move(j, understudy.Primary)
		m.Tell = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
		if err := m.Run(t.Context()); err != nil || len(s.did) != 5 || !strings.Contains(said.String(), "given up: done so far: before, raise, switch, arrival") {
			t.Errorf("%v; did %v and said:\n%s", err, s.did, said.String())
		}
	})
}

func TestHookKnowsTheMoveAndIsKilledInTime(t *testing.T) {
	var out bytes.Buffer
	env := map[string]string{"UNDERSTUDY_MOVE": "failover"}
	if err := Hook(t.Context(), `echo "$UNDERSTUDY_MOVE"`, time.Minute, env, &out); err != nil || out.String() != "failover\n" {
		t.Errorf("%v, %q", err, out.String())
	}
	if err := Hook(t.Context(), "exit 3", time.Minute, nil, &out); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a hook that fails: %v", err)
	}
	if err := Hook(t.Context(), "sleep 1000 & wait", time.Millisecond, nil, &out); err == nil || !strings.Contains(err.Error(), "killed after 1ms") {
		t.Errorf("a hook that hangs: %v", err)
	}
}
