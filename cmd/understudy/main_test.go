package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/patience"
)

func TestMain(m *testing.M) {
	cloud.Main()
	testscript.Main(m, map[string]func(){"understudy": main})
}

// TestTranscripts runs the command lines of testdata/*.txtar. $CLOUD is the folder of a cloud of each
// script's own; its name is short, for the sockets in it.
func TestTranscripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			dir, err := os.MkdirTemp("", "us-*")
			if err != nil {
				return err
			}
			e.Defer(func() { end(t, dir) })
			e.Setenv("CLOUD", dir)
			e.Setenv(envWhile, strconv.Itoa(os.Getpid()))
			e.Setenv(envRemove, "true")
			e.Setenv("UNDERSTUDY_HOME", filepath.Join(dir, "cloud"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"gone": gone},
	})
}

// end stops the cloud that a script has left running, as one that failed does.
func end(t *testing.T, dir string) {
	ctx := context.Background()
	if running, err := cloud.Attach(ctx, filepath.Join(dir, "cloud")); err == nil {
		if err := running.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// gone waits until no process or mount of the script's cloud is left; a console looks each second whether its cloud is there.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: gone")
	}
	left := ""
	for until := patience.Deadline(); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if left = leftOf(ts, []byte(ts.Getenv("CLOUD"))); left == "" {
			return
		}
	}
	ts.Fatalf("%s is left", left)
}

// leftOf names a process or a mount of the cloud in a folder.
func leftOf(ts *testscript.TestScript, dir []byte) string {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	ts.Check(err)
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err == nil && bytes.Contains(line, dir) {
			return fmt.Sprintf("%s: %q", filepath.Dir(f), line)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	ts.Check(err)
	if bytes.Contains(mounts, dir) {
		return "a mount"
	}
	return ""
}
