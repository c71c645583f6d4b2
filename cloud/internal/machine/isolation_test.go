package machine

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/internal/judge"
)

//go:embed testdata/attack.py
var attack []byte

// hostInode is what can be seen of an inode of the host.
type hostInode struct {
	mode                uint32
	uid, gid            uint32
	size                int64
	atime, mtime, ctime syscall.Timespec
	xattrs, content     string
}

// inspect looks at a file of the host without changing its times.
func inspect(t *testing.T, path string) hostInode {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	i := hostInode{mode: s.Mode, uid: s.Uid, gid: s.Gid, size: s.Size, mtime: s.Mtim, ctime: s.Ctim}
	if s.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return i // its times of access are everybody's doing
	}
	names := make([]byte, 4096)
	if n, err := unix.Listxattr(path, names); err == nil {
		i.xattrs = string(names[:n])
	}
	if s.Mode&syscall.S_IFMT != syscall.S_IFREG {
		// Programs on the host write to terminals and to /dev/random, which counts as a change there.
		i.mtime, i.ctime = syscall.Timespec{}, syscall.Timespec{}
		if path == "/dev/null" || path == "/dev/full" || path == "/dev/zero" {
			i.mtime, i.ctime, i.atime = s.Mtim, s.Ctim, s.Atim
		}
		return i
	}
	if data, err := os.ReadFile(path); err == nil {
		i.content = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return i
}

// hostTargets are inodes of the host that an instance can name, by its name for them.
func hostTargets(t *testing.T, layer string) map[string]string {
	targets := map[string]string{"/proc/1/fd/0": "/dev/null", "/etc/in-a-layer": filepath.Join(layer, "etc/in-a-layer"), "/etc": "/etc"}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		targets["/dev/"+name] = "/dev/" + name
	}
	for _, name := range maskedProc {
		if info, err := os.Stat("/proc/" + name); err == nil && !info.IsDir() {
			targets["/proc/"+name] = "/dev/null"
		}
	}
	for _, path := range []string{"/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/usr/bin/env", "/usr/bin/su", "/usr/bin",
		"/usr/share", "/var", "/var/lib", "/var/lib/dpkg/status", "/var/log", "/usr/lib/os-release", "/bin/sh", "/proc/1/exe"} {
		host := path
		if path == "/proc/1/exe" {
			host = "/bin/sleep"
		}
		if _, err := os.Stat(host); err == nil {
			targets[path] = host
		}
	}
	return targets
}

// TestInstanceCannotChangeTheHost tries every change of an inode on all of the host's inodes that an instance can reach, and
// looks on the host at what came of it. With -v it prints the table.
func TestInstanceCannotChangeTheHost(t *testing.T) {
	judge.Need(t, "/usr/bin/python3")
	b := newBench(t)
	layer := filepath.Join(b.dir, "layer")
	file := filepath.Join(upperOf(filepath.Join(b.dir, "baked"), "etc"), "in-a-layer")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("a layer's\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Bake(t.Context(), filepath.Join(b.dir, "baked"), layer); err != nil {
		t.Fatal(err)
	}
	targets := hostTargets(t, layer)
	before := map[string]hostInode{}
	for _, host := range targets {
		before[host] = inspect(t, host)
	}
	names := slices.Sorted(maps.Keys(targets))
	spec := b.spec("")
	spec.Layers = []string{layer}
	_, said := b.run(spec, fmt.Sprintf("base64 -d >/root/attack.py <<END\n%s\nEND\npython3 /root/attack.py <<END\n%s\nEND",
		base64.StdEncoding.EncodeToString(attack), strings.Join(names, "\n")))
	outcomes := map[string]map[string][]string{} // by path, then by outcome
	for line := range strings.Lines(said) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Fatalf("the instance says %q", said)
		}
		if outcomes[fields[0]] == nil {
			outcomes[fields[0]] = map[string][]string{}
		}
		outcomes[fields[0]][fields[2]] = append(outcomes[fields[0]][fields[2]], fields[1])
	}
	rows := map[string][]string{}
	for _, name := range names {
		host := targets[name]
		if outcomes[name] == nil {
			t.Errorf("nothing was tried on %s", name)
		}
		unchanged := before[host] == inspect(t, host)
		if !unchanged {
			t.Errorf("the host's %s, inside %s, was\n%+v and is\n%+v", host, name, before[host], inspect(t, host))
		}
		for outcome, tried := range outcomes[name] {
			row := explain(outcome, unchanged) + "\t" + strings.Join(tried, ", ")
			rows[row] = append(rows[row], name)
		}
	}
	var table strings.Builder
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		outcome, tried, _ := strings.Cut(row, "\t")
		fmt.Fprintf(&table, "%s\n    tried: %s\n    on: %s\n", outcome, tried, strings.Join(rows[row], " "))
	}
	t.Log("what stopped an instance\n" + table.String())
}

// explain says what stopped a try.
func explain(outcome string, unchanged bool) string {
	switch {
	case outcome == "done" && unchanged:
		return "done to its own copy, or no change (a device takes what is written)"
	case outcome == "done":
		return "THE HOST'S IS CHANGED"
	case outcome == "EROFS":
		return "EROFS: mounted read-only"
	case outcome == "EPERM", outcome == "EACCES", outcome == "EOVERFLOW":
		return outcome + ": not its owner, or no capability"
	}
	return outcome
}

// privately are the ways in which a file is not for everybody.
var privately = []struct {
	name       string
	folder     fs.FileMode
	file       fs.FileMode
	afterwards bool // made private after the region has started
}{
	{"mode 600", 0o755, 0o600, false},
	{"mode 640", 0o755, 0o640, false},
	{"in a folder of mode 700", 0o700, 0o644, false},
	{"mode 600 after the start", 0o755, 0o600, true},
	{"in a folder of mode 700 after the start", 0o700, 0o644, true},
}

// TestPrivateFilesStayPrivate puts files that not everybody may read where instances see the host's folders, before the
// region starts and after, and has the instance's root read them.
func TestPrivateFilesStayPrivate(t *testing.T) {
	b := newBenchWithHost(t)
	var paths []string
	put := func(parent string, i int, afterwards bool) {
		how := privately[i]
		if how.afterwards != afterwards {
			return
		}
		folder := filepath.Join(parent, fmt.Sprint("understudy-test-", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return // an unprivileged user may not
		}
		t.Cleanup(func() { os.RemoveAll(folder) })
		path := filepath.Join(folder, "private")
		if err := os.WriteFile(path, []byte("the host's secret\n"), how.file); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, how.folder); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	parents := []string{"/usr", "/usr/bin", "/usr/lib", "/usr/local/share", "/etc", "/etc/ssl", "/opt", "/srv", "/var/lib", "/var/log", "/var/tmp"}
	for _, afterwards := range []bool{false, true} {
		if afterwards {
			if err := b.host.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, parent := range parents {
			for i := range privately {
				put(parent, i, afterwards)
			}
		}
	}
	if len(paths) < len(privately) {
		t.Fatalf("made %d files only", len(paths))
	}
	_, said := b.run(b.spec(""), `while read f; do s=$(cat "$f" 2>&1); echo "$f: ${s##*: }"; done <<END`+"\n"+strings.Join(paths, "\n")+"\nEND")
	t.Logf("\n%s", said)
	if strings.Contains(said, "secret") || strings.Count(said, "\n") != len(paths) {
		t.Errorf("of %d private files some are read, or not tried", len(paths))
	}
}

// TestHostsPathsAreNotShown looks through all that /proc tells of the instance's processes for where they are kept.
func TestHostsPathsAreNotShown(t *testing.T) {
	b := newBench(t)
	_, said := b.run(b.spec(""), `sleep 1000 >/dev/console 2>&1 & for p in /proc/[0-9]*; do ls -l $p/fd $p/cwd $p/root $p/exe
cat $p/mountinfo $p/mounts $p/maps $p/cgroup; tr '\0' ' ' <$p/environ; tr '\0' ' ' <$p/cmdline; done`)
	for line := range strings.Lines(said) {
		if strings.Contains(line, b.dir) || strings.Contains(line, filepath.Base(filepath.Dir(b.dir))) {
			t.Errorf("the cloud's folder is shown: %s", line)
		}
	}
	if !strings.Contains(said, "/dev/console") {
		t.Errorf("the first process's output is not the console:\n%s", said)
	}
}

// TestSetIDFileIsNotRootsOnTheHost has an instance leave a set-id program on the host's disk.
func TestSetIDFileIsNotRootsOnTheHost(t *testing.T) {
	b := newBench(t)
	spec := b.spec("")
	b.run(spec, "cp /usr/bin/id /root/id; chown 0:0 /root/id; chmod 6755 /root/id")
	path := filepath.Join(upperOf(spec.Dir, "root"), "id")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&fs.ModeSetuid == 0 {
		t.Fatalf("%s is not set-id: %v", path, info.Mode())
	}
	own, err := instanceOwners()
	if err != nil {
		t.Fatal(err)
	}
	// In an unprivileged user's cloud it runs as that user: only he may find it.
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner == 0 && !own.alone() {
		t.Errorf("it runs as the host's root: %v", info.Mode())
	}
	if around, err := os.Stat(spec.Dir); err != nil || around.Mode().Perm() != 0o700 {
		t.Errorf("others on the host can reach it: %v %v", around.Mode(), err)
	}
}

// TestProgramImageIsOutOfReach has an instance look at the one process of the host's that comes into its PID namespace: the
// one that ends all others when it is stopped.
func TestProgramImageIsOutOfReach(t *testing.T) {
	b := newBench(t)
	up, started := b.reporter()
	address, report := b.reporter()
	target := strings.Replace(address, ":", "/", 1)
	m := b.start(b.spec(fmt.Sprintf(`#!/bin/bash
(trap 'for p in /proc/[0-9]*; do a=$(tr "\0" " " <$p/cmdline); case "$a" in %s*) echo "seen: $a"
(exec 3<>$p/exe) && echo OPENED; ls -l $p/fd $p/root/ && echo LISTED;; esac; done >/dev/tcp/%s 2>&1; exit' TERM
echo up >/dev/tcp/%s
while :; do read -t 1 <>/dev/pts/ptmx; done) &
`, Role, target, strings.Replace(up, ":", "/", 1))))
	started()
	stopped := make(chan error, 1)
	go func() { stopped <- m.Stop(t.Context()) }()
	said := report()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "seen: "+Role) || strings.Contains(said, "OPENED") || strings.Contains(said, "LISTED") {
		t.Errorf("of the process from outside it says\n%s", said)
	}
}

// TestInstanceIsLimited reaches each limit of a small machine from inside.
func TestInstanceIsLimited(t *testing.T) {
	judge.Need(t, "/usr/bin/python3")
	b := newBench(t)
	spec := b.spec("")
	spec.Memory = 512 << 20 // that of the smallest of AWS's types
	_, said := b.run(spec, `cat >/root/limits.py <<'END'
import os, errno, sys
def outcome(f):
    try: return f()
    except (OSError, MemoryError) as e: return errno.errorcode[e.errno] if isinstance(e, OSError) else "MemoryError"
def allocate(size):
    bytearray(size)
    return "done"
def fork(limit):
    r, w = os.pipe()
    n = 0
    try:
        while n < limit:
            if os.fork() == 0:
                os.close(w)
                os.read(r, 1)
                os._exit(0)
            n += 1
    except OSError as e:
        return "%s after %d" % (errno.errorcode[e.errno], n)
    finally:
        os.close(w)
        for _ in range(n): os.wait()
    return "done"
def fill(path):
    n = 0
    try:
        with open(path, "wb", buffering=0) as f:
            while True: n += f.write(b"x" * 65536)
    except OSError as e:
        os.remove(path)
        return "%s after %d KiB" % (errno.errorcode[e.errno], n >> 10)
def grow(size):
    with open("/root/large", "wb") as f: os.truncate(f.fileno(), size)
    return "done"
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
print("128 MiB of memory:", outcome(lambda: allocate(128 << 20)))
print("512 MiB of memory:", outcome(lambda: allocate(512 << 20)))
print("processes:", fork(100000))
for path in "/dev/shm/f", "/tmp/f", "/run/f": print(path + ":", fill(path))
print("a file of 1 GiB:", outcome(lambda: grow(1 << 30)))
print("a file of 8 GiB and a byte:", outcome(lambda: grow((8 << 30) + 1)))
import resource
for which in "NPROC", "DATA", "FSIZE":
    print("raise %s:" % which, end=" ")
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + which), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); print("done")
    except (ValueError, OSError): print("refused")
END
python3 /root/limits.py
unshare -U true; unshare -Urm true; cat /proc/self/oom_score_adj /proc/sys/kernel/pid_max`)
	t.Logf("\n%s", said)
	for _, want := range []string{"128 MiB of memory: done", "512 MiB of memory: MemoryError", "processes: EAGAIN after 20", "/dev/shm/f: ENOSPC after 131072 KiB",
		"/tmp/f: ENOSPC after 131072 KiB", "a file of 1 GiB: done", "a file of 8 GiB and a byte: EFBIG", "raise NPROC: refused", "raise DATA: refused",
		"raise FSIZE: refused", "unshare failed: No space left", "\n500\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if ownPIDLimit() && !strings.Contains(said, fmt.Sprintf("\n%d\n", reservedPIDs+Processes(spec.Memory))) {
		t.Error("the number of all processes has no limit")
	}
}

// TestUsersOfAnInstance changes to other users, as services do, and owns files as they do: in a cloud that root
// started, where instances have more than one.
func TestUsersOfAnInstance(t *testing.T) {
	judge.Need(t, "/usr/bin/python3")
	own, err := instanceOwners()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	_, said := b.run(b.spec(""), `cat /proc/self/uid_map; ls -ldn /etc /etc/passwd /root /tmp /usr /usr/bin | awk '{print $3, $4, $9}'
install -d -o www-data -g www-data -m 700 /srv/site && setpriv --reuid www-data --regid www-data --clear-groups sh -c 'id -un
touch /srv/site/page && stat -c "%U:%G %n" /srv/site/page'
su www-data -s /bin/sh -c 'echo changed to $(id -un)'
su nobody -s /bin/sh -c 'id -un; cat /etc/passwd >/dev/null && echo reads; touch /etc/x'
python3 -c 'import socket; socket.create_server(("127.0.0.1", 80)); print("port 80")'
python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
s.sendto(b"\10" + b"\0" * 15, ("127.0.0.1", 0)); s.recv(99); print("pinged")'`)
	t.Log("\n" + said)
	wants := []string{"0 0 /etc\n", "0 0 /etc/passwd\n", "0 0 /root\n", "port 80\n", "pinged\n"}
	if !own.alone() {
		wants = append(wants, fmt.Sprintf("0 %d", firstID), "0 0 /usr/bin\n", "www-data\nwww-data:www-data /srv/site/page\n",
			"changed to www-data\n", "nobody\nreads\n", "touch: cannot touch '/etc/x': Permission denied")
	}
	for _, want := range wants {
		if !bytes.Contains([]byte(strings.Join(strings.Fields(said), " ")), []byte(strings.Join(strings.Fields(want), " "))) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// TestChooseIDs covers the user namespaces that a region may find itself in.
func TestChooseIDs(t *testing.T) {
	for name, c := range map[string]struct {
		own  []span
		want idMap
	}{
		"root of the host":        {[]span{{size: 1<<32 - 1}}, idMap{{outer: firstID, size: idCount}}},
		"an unprivileged user":    {[]span{{size: 1}}, idMap{{size: 1}}},
		"root of a container":     {[]span{{size: 65536}}, idMap{{outer: 32768, size: 32767}, {inner: nobody, outer: 65535, size: 1}}},
		"rootless, with a subuid": {[]span{{size: 1}, {outer: 1, size: 65536}}, idMap{{outer: 32769, size: 32767}, {inner: nobody, outer: 65536, size: 1}}},
		"a container with many":   {[]span{{size: 1 << 20}}, idMap{{outer: 1 << 19, size: idCount}}},
		"root and one more":       {[]span{{size: 2}}, idMap{{outer: 1, size: 1}}},
	} {
		got := chooseIDs(c.own)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for _, inner := range []int{0, nobody} {
			if outer, ok := got.outside(inner); ok && got.inside(outer) != inner {
				t.Errorf("%s: %d comes back as %d", name, inner, got.inside(outer))
			}
		}
	}
}
