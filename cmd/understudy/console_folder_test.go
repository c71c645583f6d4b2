package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A console that starts removes what killed ones left long ago, and nothing of one that runs or of whose commands may still write.
func TestAConsoleSweepsItsFolder(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	long, short := 2*keptForReading, keptForReading/2
	dead, alive := ended.Process.Pid, os.Getppid()
	for name, c := range map[string]struct {
		pid  int
		ago  time.Duration
		kept bool
	}{"killed long ago": {dead, long, false}, "killed today": {dead, short, true}, "runs": {alive, long, true}} {
		t.Run(name, func(t *testing.T) {
			all := t.TempDir()
			folder := filepath.Join(all, strconv.Itoa(c.pid))
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			file, at := filepath.Join(folder, "run-1.log"), time.Now().Add(-c.ago)
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, f := range []string{file, folder} {
				if err := os.Chtimes(f, at, at); err != nil {
					t.Fatal(err)
				}
			}
			own, err := consoleFolder(all)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(own); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(file); (err == nil) != c.kept {
				t.Errorf("kept is %v: %v", c.kept, err)
			}
		})
	}
}
