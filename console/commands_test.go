package console

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// commands runs a shell in the program's place.
func commands(t *testing.T) (*Commands, chan struct{}) {
	ended := make(chan struct{}, 100)
	c := &Commands{Program: "/bin/sh", Env: os.Environ(), Folder: t.TempDir(), changed: func() {}}
	c.finished = func() { ended <- struct{}{} }
	return c, ended
}

func (c *Commands) list(t *testing.T) []run {
	t.Helper()
	all, err := c.shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all.([]run)
}

func TestCommandIsShownWithItsEnd(t *testing.T) {
	c, ended := commands(t)
	a := &Action{Name: "fail"}
	if _, err := c.start(a, []string{"-c", "echo out; echo err >&2; exit 3"}); err != nil {
		t.Fatal(err)
	}
	<-ended
	all := c.list(t)
	if len(all) != 1 || all[0].Code != 3 || all[0].Ended.IsZero() || all[0].Output != "out\nerr\n" ||
		all[0].Command != `understudy -c 'echo out; echo err >&2; exit 3'` {
		t.Errorf("%+v", all)
	}
	if _, err := c.start(a, []string{"-c", "yes 0123456789 | head -2000"}); err != nil {
		t.Fatal(err)
	}
	<-ended
	if out := c.list(t)[0].Output; len(out) > mostPrinted+100 || !strings.HasPrefix(out, "[what came before is left out]\n0123") {
		t.Errorf("%d bytes, %.60q", len(out), out)
	}
	for range mostRuns + 3 {
		if _, err := c.start(a, []string{"-c", "true"}); err != nil {
			t.Fatal(err)
		}
		<-ended
	}
	if n := len(c.list(t)); n != mostRuns {
		t.Errorf("%d commands are shown", n)
	}
	if left := c.Close(t.Context()); left != 0 {
		t.Errorf("%d are left", left)
	}
	if files, _ := filepath.Glob(filepath.Join(c.Folder, "*")); len(files) != 0 {
		t.Errorf("left: %v", files)
	}
}

// A command is asked to end as by Ctrl-C, and may take its time for a repair.
func TestCommandIsStoppedAndRepairs(t *testing.T) {
	c, ended := commands(t)
	ready := filepath.Join(c.Folder, "ready")
	a := &Action{Name: "drill", Once: true}
	id, err := c.start(a, []string{"-c", `trap 'echo repaired; exit 1' INT; : >` + ready + `; while :; do sleep 0.05; done`})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.start(a, nil); !errors.Is(err, errRuns) {
		t.Errorf("a second one: %v", err)
	}
	for _, err := os.Stat(ready); errors.Is(err, fs.ErrNotExist); _, err = os.Stat(ready) {
		time.Sleep(time.Millisecond)
	}
	if left := c.Close(closed()); left != 1 {
		t.Errorf("%d run after a wait that is over", left)
	}
	<-ended
	all := c.list(t)
	if !all[0].Stopped || all[0].Code != 1 || !strings.HasSuffix(all[0].Output, "repaired\n") {
		t.Errorf("%+v", all)
	}
	if err := c.stop(id); !errors.Is(err, errNotRuns) {
		t.Errorf("it is stopped again: %v", err)
	}
}

// closed is a context that has ended.
func closed() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
