package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/understudy/understudy/cloud"
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

// gone fails where a process or a mount of the script's cloud is left.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: gone")
	}
	dir := []byte(ts.Getenv("CLOUD"))
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	ts.Check(err)
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err == nil && bytes.Contains(line, dir) {
			ts.Fatalf("%s is left: %q", filepath.Dir(f), line)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	ts.Check(err)
	if bytes.Contains(mounts, dir) {
		ts.Fatalf("a mount is left")
	}
}
