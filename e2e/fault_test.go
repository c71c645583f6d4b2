package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// misbehaving is the stage with a fault of its cloud, for as long as a test runs.
func (s *stage) misbehaving(t *testing.T, args ...string) *stage {
	t.Helper()
	own := *s
	own.t = t
	own.must(append([]string{"cloud", "fault", "add", "--dir", s.dir}, args...)...)
	t.Cleanup(own.behave)
	return &own
}

// behave ends all faults.
func (s *stage) behave() { s.must("cloud", "fault", "remove", "--dir", s.dir, "--all") }

// boto sees the faults as a program with boto3 does.
func (s *stage) boto(step string) {
	s.t.Helper()
	if r := s.run(judge.Need(s.t, "python3:boto3"), "testdata/faults.py", step); r.code != 0 {
		s.t.Fatalf("%s: %s", step, r.stderr)
	}
}

// called is a call that the cloud's API has let in, as "cloud calls --json" has it.
type called struct {
	Service, Operation, Region string
	Status                     int
	Faults                     []string
}

// calls returns the calls since the last time.
func (s *stage) calls() (all []called) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must("cloud", "calls", "--dir", s.dir, "--json", "--forget")), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// killedAt runs understudy and has it killed at its nth call of the API that is as the further flags of "cloud fault add"
// say: "--when done", for one. It tells whether the program was killed; one that makes fewer calls is not.
func (s *stage) killedAt(nth int, flags []string, args ...string) bool {
	s.t.Helper()
	// The shell waits with the id that the program will have until the fault is in force.
	cmd := exec.Command("/bin/sh", append([]string{"-c", `read go && exec "$@"`, "sh", binary}, args...)...)
	cmd.Env = s.environment()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	goes, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	add := []string{"cloud", "fault", "add", "--dir", s.dir, "--nth", strconv.Itoa(nth), "--kill", strconv.Itoa(cmd.Process.Pid)}
	id, _, _ := strings.Cut(s.must(append(add, flags...)...), ":")
	defer s.must("cloud", "fault", "remove", "--dir", s.dir, id)
	fmt.Fprintln(goes, "go")
	goes.Close()
	var ended *exec.ExitError
	killed := errors.As(cmd.Wait(), &ended) && ended.ProcessState.String() == "signal: killed"
	if !killed {
		s.t.Logf("understudy %s, which was to be killed, said:\n%s", strings.Join(args, " "), said.String())
	}
	return killed
}

// What goes wrong on purpose reaches clients that others wrote as AWS's own faults do.
func TestFaultsAsClientsSeeThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("throttling", func(t *testing.T) {
		s := s.misbehaving(t, "--error", "throttling", "--first", "6")
		s.boto("throttled")
		s.aws("us-east-1", "ec2", "describe-vpcs")
	})
	t.Run("the nth call fails once and is tried again", func(t *testing.T) {
		s := s.misbehaving(t, "--service", "ec2", "--nth", "2", "--error", "503")
		s.calls()
		for range 2 {
			s.aws("us-east-1", "ec2", "describe-subnets")
		}
		var statuses []int
		for _, c := range s.calls() {
			statuses = append(statuses, c.Status)
		}
		if !slices.Equal(statuses, []int{200, 503, 200}) {
			t.Errorf("answered with %v", statuses)
		}
	})
	t.Run("a lost answer", func(t *testing.T) {
		s := s.misbehaving(t, "--operation", "CreateVpc", "--first", "2", "--lose")
		s.boto("lost")
		s.aws("us-east-1", "ec2", "create-vpc", "--cidr-block", "10.9.0.0/16") // is tried again, with no client token
		if made := s.aws("us-east-1", "ec2", "describe-vpcs", "--filters", "Name=cidr,Values=10.9.0.0/16", "--query", "length(Vpcs)"); made != "3" {
			t.Errorf("made are %s VPCs", made)
		}
	})
	t.Run("what was just made is unseen", func(t *testing.T) {
		s := s.misbehaving(t, "--unseen", "1h")
		s.boto("unseen")
		s.behave()
		s.boto("seen")
	})
	t.Run("and seen after its time", func(t *testing.T) {
		s := s.misbehaving(t, "--service", "ec2", "--unseen", "100ms")
		s.boto("late")
	})
	t.Run("the tool is killed at a call, and names the faults", func(t *testing.T) {
		s := s.misbehaving(t, "--delay", "1ms")
		r := s.run(binary, "plan", "-f", example)
		if r.code != 0 || !strings.Contains(r.stderr, "any service *: delayed by 1ms") {
			t.Errorf("exit %d\n%s", r.code, r.stderr)
		}
		if r := s.run(binary, "status", "-f", example, "--json"); !strings.Contains(r.stdout, "any service *: delayed by 1ms") {
			t.Errorf("the status names no fault\n%s%s", r.stdout, r.stderr)
		}
		s.calls()
		if !s.killedAt(3, []string{"--when", "done"}, "plan", "-f", example) {
			t.Error("the third call killed nobody")
		}
		if all := s.calls(); len(all) < 3 || all[2].Status != 0 {
			t.Errorf("the calls of the killed run: %+v", all)
		}
		if s.killedAt(1000, nil, "plan", "-f", example) {
			t.Error("a call that was not made killed")
		}
	})
}
