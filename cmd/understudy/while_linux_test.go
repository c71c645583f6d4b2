package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud"
	"golang.org/x/sys/unix"
)

// A test's process that is killed takes with it the cloud that it has started in the background: every process, and
// the folder. The kernel tells of a process's end in one way, whether it is killed, times out or returns.
func TestCloudEndsWithAKilledTest(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cloud")
	const script = "export " + envWhile + "=$$; understudy cloud start --dir $1 >&2 &&" +
		" understudy cloud status --dir $1 --json && exec sleep 100000"
	run := exec.Command("sh", "-c", script, "sh", dir)
	run.Env = append(os.Environ(), envRemove+"=true")
	run.Stderr = os.Stderr
	out, err := run.StdoutPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer run.Wait()
	defer run.Process.Kill()
	var s cloud.Status
	if err := json.NewDecoder(out).Decode(&s); err != nil {
		t.Fatal(err)
	}
	var watched []unix.PollFd
	for _, p := range s.Processes {
		fd, err := unix.PidfdOpen(p.PID, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		watched = append(watched, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for i := range watched { // each pidfd is readable once its process has ended
		for n := 0; n != 1; { // -1 where the runtime's own signals interrupt it
			n, err = unix.Poll(watched[i:i+1], -1)
			if err != nil && !errors.Is(err, unix.EINTR) {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if b, err := os.ReadFile(l); err == nil && strings.Contains(string(b), dir) {
			t.Errorf("%s is left: %q", filepath.Dir(l), b)
		}
	}
}
