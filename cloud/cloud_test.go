//go:build linux

package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/patience"
	"golang.org/x/sys/unix"
)

// envHost makes this test's program a host that starts a cloud on a folder, or on a temporary one, says how
// it is and waits to be killed.
const (
	envHost   = "UNDERSTUDY_TEST_HOST"
	temporary = "temporary"
	envFull   = "UNDERSTUDY_TEST_FULL" // has the host start a cloud, stop it, fill that file system and start it as before
	envDisk   = "UNDERSTUDY_TEST_DISK" // the size of a file system of its own for the folder of a cloud of one region
)

func TestMain(m *testing.M) {
	cloud.Main()
	if dir := os.Getenv(envHost); dir != "" {
		if dir == temporary {
			dir = ""
		}
		o := cloud.Options{Dir: dir, While: os.Getppid(), Remove: true} // the test's, which may be killed itself
		o.Quotas = map[string]int{"L-F678F1CE": 10_000}                 // of VPCs, which tests make for as long as they run
		if size := os.Getenv(envDisk); size != "" {
			o.Regions = []string{"us-east-1"}
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
				panic(err)
			}
		}
		if os.Getenv(envFull) != "" {
			o.Speed, o.Account, o.Credentials = 30, "123456789012", "AKIDEXAMPLE:secret"
			startOnceAndFill(o)
		}
		c, err := cloud.Start(context.Background(), o)
		if err != nil {
			panic(err)
		}
		json.NewEncoder(os.Stdout).Encode(c.Status())
		<-c.Ended()
		if err := c.Close(); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	state, err := os.MkdirTemp("", "understudy-state-*") // the numbers of the tests' folders are not to stay in the user's
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_STATE_HOME", state)
	code := m.Run()
	os.RemoveAll(state)
	os.Exit(code)
}

func startOnceAndFill(o cloud.Options) {
	c, err := cloud.Start(context.Background(), o)
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "fill"), make([]byte, 200<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		panic(err)
	}
}

func TestCloseLeavesNothing(t *testing.T) { // not beside others, whose descriptors would count
	before := openFiles(t)
	began := time.Now()
	c, err := cloud.Start(t.Context(), cloud.Options{Speed: 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(began))
	defer c.Close()
	resp, err := http.Get(c.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s := c.Status()
	watched := watch(t, s)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, s, watched, 0)
	for _, fd := range watched {
		unix.Close(fd)
	}
	http.DefaultClient.CloseIdleConnections()
	for fd, is := range openFiles(t) {
		if _, was := before[fd]; !was {
			t.Errorf("descriptor %s is left: %s", fd, is)
		}
	}
}

// openFiles lists what this process has open, but for the runtime's own poller.
func openFiles(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]string{}
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "anon_inode:") { // the list's own descriptor is closed by now
			open[e.Name()] = to
		}
	}
	return open
}

func TestKilledHostLeavesNothing(t *testing.T) {
	t.Parallel()
	host := exec.Command("/proc/self/exe")
	host.Env = append(os.Environ(), envHost+"="+temporary)
	host.Stderr = os.Stderr
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	defer host.Wait()
	defer host.Process.Kill()
	var s cloud.Status
	if err := json.NewDecoder(out).Decode(&s); err != nil {
		t.Fatal(err)
	}
	watched := watch(t, s)
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	host.Wait()
	gone(t, s, watched, patience.Limit)
	for _, fd := range watched {
		unix.Close(fd)
	}
}

func TestCloudsLiveSideBySideAndOneFolderHasOne(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "us-*") // short, for the sockets in it
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	first, err := cloud.Start(t.Context(), cloud.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := cloud.Start(t.Context(), cloud.Options{Dir: dir}); !errors.Is(err, cloud.ErrInUse) {
		t.Errorf("second cloud on one folder: %v", err)
	}
	second, err := cloud.Start(t.Context(), cloud.Options{Regions: []string{"eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.Endpoint() == second.Endpoint() || first.Resolver() == second.Resolver() {
		t.Errorf("both at %s and %s", first.Endpoint(), first.Resolver())
	}
	if err := second.KillRegion(t.Context(), "us-east-1"); err == nil {
		t.Error("a cloud kills a region of another's")
	}
}

// watch opens each process of a cloud but this one, so that its end can be awaited, whoever's child it is.
func watch(t *testing.T, s cloud.Status) map[string]int {
	t.Helper()
	watched := map[string]int{}
	for _, p := range s.Processes {
		if p.PID == os.Getpid() {
			continue
		}
		fd, err := unix.PidfdOpen(p.PID, 0)
		if err != nil {
			t.Fatalf("%s, process %d: %v", p.Name, p.PID, err)
		}
		watched[p.Name] = fd
	}
	return watched
}

// gone fails where anything of a cloud is left after so long. Its addresses are not dialled: once free, the
// next cloud may have them.
func gone(t *testing.T, s cloud.Status, watched map[string]int, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for name, fd := range watched {
		n, err := 0, error(unix.EINTR) // as the runtime's own signals have it
		for errors.Is(err, unix.EINTR) {
			left := max(0, time.Until(deadline))
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		}
		if n != 1 || err != nil {
			t.Errorf("%s still runs after %s (%v)", name, within, err)
		}
	}
	if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder is left: %v", err)
	}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if line, err := os.ReadFile(f); err == nil && bytes.Contains(line, []byte(s.Dir)) {
			t.Errorf("%s is left: %q", filepath.Dir(f), line)
		}
	}
}
