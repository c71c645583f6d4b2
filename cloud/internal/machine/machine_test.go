package machine

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

const testID = "i-0123456789abcdef0"

// bench is a host with one instance's folder.
type bench struct {
	t    *testing.T
	host *Host
	dir  string
}

// shared is the host of most tests, whose layer is made once, and in memory, as that of a cloud.
var shared *Host

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{t: t, host: shared, dir: t.TempDir()}
}

// newBenchWithHost has a layer of its own on disk, made at its first start.
func newBenchWithHost(t *testing.T, hide ...string) *bench {
	t.Helper()
	dir := t.TempDir()
	return &bench{t: t, host: NewHost(filepath.Join(dir, "layer"), append(hide, dir)...), dir: dir}
}

func (b *bench) spec(script string) Spec {
	return Spec{ID: testID, Hostname: "ip-10-0-1-23", Dir: filepath.Join(b.dir, testID), UserData: []byte(script)}
}

func (b *bench) start(spec Spec) *Machine {
	b.t.Helper()
	m, err := b.host.Start(b.t.Context(), spec)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		m.cmd.Process.Kill()
		<-m.Done()
	})
	return m
}

// reporter is a script's way to say something to the test: it listens on loopback, which instances without a
// network of their own share, and returns what the first connection sends.
func (b *bench) reporter() (address string, report func() string) {
	b.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() string {
		b.t.Helper()
		l.(*net.TCPListener).SetDeadline(patience.Deadline())
		c, err := l.Accept()
		if err != nil {
			b.t.Fatalf("the instance reports nothing: %v\n%s", err, b.console())
		}
		defer c.Close()
		var out bytes.Buffer
		if _, err := out.ReadFrom(c); err != nil {
			b.t.Fatal(err)
		}
		return out.String()
	}
}

// await returns the console when it holds text.
func (b *bench) await(text string) string {
	b.t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		b.t.Fatal(err)
	}
	watch := os.NewFile(uintptr(fd), "inotify")
	defer watch.Close()
	if _, err := unix.InotifyAddWatch(fd, filepath.Join(b.dir, testID), unix.IN_MODIFY|unix.IN_MOVED_TO); err != nil {
		b.t.Fatal(err)
	}
	watch.SetReadDeadline(patience.Deadline())
	for buf := make([]byte, 4096); ; {
		if out := b.console(); strings.Contains(out, text) {
			return out
		}
		if _, err := watch.Read(buf); err != nil {
			b.t.Fatalf("the console never says %q: %v\n%s", text, err, b.console())
		}
	}
}

func (b *bench) console() string {
	b.t.Helper()
	out, err := Console(filepath.Join(b.dir, testID))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out)
}

// telling is a script that runs commands and sends what they say to address.
func telling(address, commands string) string {
	host, port, _ := strings.Cut(address, ":")
	return fmt.Sprintf("#!/bin/bash\n{\n%s\n} >/dev/tcp/%s/%s 2>&1\n", commands, host, port)
}

// run starts an instance, has it run commands and returns what they said.
func (b *bench) run(spec Spec, commands string) (*Machine, string) {
	b.t.Helper()
	address, report := b.reporter()
	spec.UserData = []byte(telling(address, commands))
	m := b.start(spec)
	return m, report()
}

func TestScriptRunsAsRootOnItsOwnSystem(t *testing.T) {
	b := newBenchWithHost(t)
	b.host.Trusted = []byte("an authority's certificate\n")
	began := time.Now()
	m, said := b.run(b.spec(""), `id -u; hostname; cat /etc/hostname; echo $$; pwd; tail -n 1 "$AWS_CA_BUNDLE"; wc -l <"$SSL_CERT_FILE"; ls -A /root /home`)
	t.Logf("from Start to the report: %v", time.Since(began))
	lines := strings.Split(said, "\n")
	if len(lines) < 5 || lines[0] != "0" || lines[1] != "ip-10-0-1-23" || lines[2] != "ip-10-0-1-23" || lines[4] != "/" {
		t.Errorf("the script said %q", said)
	}
	// It trusts who the host trusts, and one more; no image that is made of it does.
	bundle, err := os.ReadFile(bundles[0])
	if want := []string{"an authority's certificate", fmt.Sprint(bytes.Count(bundle, []byte("\n")) + 1)}; err != nil || !slices.Equal(lines[5:7], want) {
		t.Errorf("its bundle of certificates: %q, want %q, %v", lines[5:7], want, err)
	}
	if _, err := os.Lstat(filepath.Join(upperDir(filepath.Join(b.dir, testID)), "etc/ssl")); err == nil {
		t.Error("its own layer has certificates")
	}
	if !strings.HasSuffix(said, "/home:\n\n/root:\n") {
		t.Errorf("homes are not empty: %q", said)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(status, []byte(fmt.Sprintf("\t%d\t1\n", m.cmd.Process.Pid))) {
		t.Errorf("the process with the reported id is not the instance's first:\n%s", status)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStopLetsProcessesEndInOrder(t *testing.T) {
	b := newBench(t)
	address, report := b.reporter()
	gone, last := b.reporter()
	spec := b.spec("#!/bin/bash\n(trap 'echo bye >/dev/tcp/" + strings.Replace(gone, ":", "/", 1) + "; exit' TERM\n" +
		"echo up >/dev/tcp/" + strings.Replace(address, ":", "/", 1) + "\nwhile :; do read -t 1 <>/dev/pts/ptmx; done) &\n")
	m := b.start(spec)
	report()
	if err := m.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := last(); got != "bye\n" {
		t.Errorf("got %q", got)
	}
	select {
	case <-m.Done():
	default:
		t.Error("Stop returned before the end")
	}
}

// private is a network namespace of an instance's own, with nothing in it.
type private struct{}

func (private) Do(f func() error) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

func TestRunsInItsNetwork(t *testing.T) {
	judge.Need(t, "ip")
	b := newBench(t)
	spec := b.spec(
		"#!/bin/sh\ntail -n +3 /proc/net/dev | wc -l; cat /proc/net/route\nip addr add 10.9.9.9/32 dev lo && echo CHANGED\nip link set lo up && echo CHANGED\n",
	)
	spec.Network = private{}
	b.start(spec)
	out := b.await("boot finished")
	if strings.Contains(out, "CHANGED") || !strings.Contains(out, "Operation not permitted") {
		t.Errorf("an instance changes its network:\n%s", out)
	}
	if !strings.Contains(out, "\n1\n") {
		t.Errorf("not the namespace it was given:\n%s", out)
	}
}

// holder is a script whose background process holds a connection open until it dies.
func holder(address string) string {
	return "#!/bin/bash\n(exec 3<>/dev/tcp/" + strings.Replace(address, ":", "/", 1) + "; echo holding >&3; exec sleep infinity) &\n"
}

func TestDeathOfTheFirstProcessKillsAll(t *testing.T) {
	b := newBench(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := b.start(b.spec(holder(l.Addr().String())))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(patience.Deadline())
	if _, err := io.ReadFull(c, make([]byte, len("holding\n"))); err != nil {
		t.Fatal(err)
	}
	m.cmd.Process.Kill()
	<-m.Done()
	if out, err := io.ReadAll(c); err != nil || len(out) != 0 {
		t.Errorf("read %q, %v from a process that should be dead", out, err)
	}
}

func TestStartFailsWhole(t *testing.T) {
	b := newBench(t)
	before := mounts(t)
	spec := b.spec("")
	spec.Layers = []string{filepath.Join(b.dir, "none")}
	if _, err := b.host.Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "image layer") {
		t.Errorf("a layer that is not there: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.host.Start(ended, b.spec("")); err == nil {
		t.Error("started with an ended context")
	}
	m := b.start(b.spec(""))
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := mounts(t); after != before {
		t.Errorf("mounts left:\n%s\nbefore:\n%s", after, before)
	}
}

func mounts(t *testing.T) string {
	t.Helper()
	out, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// An unprivileged user removes a cloud's folder with rm -r: no folder of the kernel's may be closed to its owner.
func TestOwnerCanRemoveTheFolder(t *testing.T) {
	b := newBench(t)
	spec := b.spec("")
	m := b.start(spec)
	defer m.Stop(t.Context())
	folders := 0
	err := filepath.WalkDir(workDir(spec.Dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		folders++
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o700 != 0o700 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || folders < 3 {
		t.Errorf("%d folders, %v", folders, err)
	}
}

func TestRestartKeepsFilesAndUserDataRunsOnce(t *testing.T) {
	b := newBench(t)
	spec := b.spec(`#!/bin/sh
echo once >>/root/ran
mkdir /data; echo kept >/data/file
echo "10.0.0.9 friend" >>/etc/hosts
printf '#!/bin/sh\necho "per boot: $(cat /root/ran) $(cat /data/file) $(tail -n 1 /etc/hosts)"\n' >/var/lib/cloud/scripts/per-boot/say
chmod +x /var/lib/cloud/scripts/per-boot/say
`)
	for range 2 {
		m := b.start(spec)
		b.await("boot finished")
		if err := m.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		os.Rename(consoleLog(spec.Dir), consoleLog(spec.Dir)+".first")
	}
	b.start(spec)
	out := b.await("boot finished")
	if !strings.Contains(out, "per boot: once kept 10.0.0.9 friend\n") || strings.Contains(out, "part-001") {
		t.Errorf("after restarts:\n%s", out)
	}
}

// Modules of #cloud-config run in cloud-init's order, each as often as cloud-init runs it, and on a system of the instance's own.
func TestCloudConfig(t *testing.T) {
	b := newBench(t)
	spec := b.spec(`#cloud-config
bootcmd: [[sh, -c, 'echo "boot $(cat /etc/motd.d/hello)"']]
hostname: web
manage_etc_hosts: localhost
write_files:
- {path: /etc/motd.d/hello, content: written, permissions: '0600'}
- {path: /etc/motd.d/late, content: "deferred\n", defer: true}
timezone: Etc/GMT-5
packages: [base-files]
runcmd:
- echo "run $(hostname) $(grep -c web /etc/hosts) $(stat -c %a /etc/motd.d/hello) $(cat /etc/motd.d/late) $(date +%z)"
final_message: up for $UPTIME
`)
	for boot, want := range []string{"boot \n", "boot written\n"} {
		m := b.start(spec)
		out := b.await("boot finished")
		if !strings.Contains(out, want) || !strings.Contains(out, "\nup for ") {
			t.Errorf("at boot %d the console says\n%s", boot, out)
		}
		if ran := strings.Contains(out, "run web 1 600 deferred +0500\n"); ran != (boot == 0) {
			t.Errorf("at boot %d the console says\n%s", boot, out)
		}
		if err := m.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(consoleLog(spec.Dir), consoleLog(spec.Dir)+".first"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCloudConfigMakesUsers(t *testing.T) {
	b := newBench(t)
	if own, err := instanceOwners(); err != nil {
		t.Fatal(err)
	} else if own.alone() {
		t.Skip("an instance of an unprivileged user has one user id")
	}
	spec := b.spec(`#cloud-config
groups: [{crew: [root]}]
users:
- {name: ann, gecos: Ann, groups: [crew, fresh], shell: /bin/bash, sudo: 'ALL=(ALL) NOPASSWD:ALL', ssh_authorized_keys: [ssh-ed25519 AAAA ann]}
- {name: robot, system: true}
ssh_authorized_keys: [ssh-ed25519 BBBB root]
runcmd:
- id -nG ann; id -nG root; su ann -c 'cat ~/.ssh/authorized_keys; id -un'
- stat -c '%U %a' /home/ann/.ssh/authorized_keys; cat /root/.ssh/authorized_keys /etc/sudoers.d/90-cloud-init-users
- [sh, -c, 'getent passwd robot ann | cut -d: -f1,5,6,7']
`)
	b.start(spec)
	out := b.await("boot finished")
	for _, want := range []string{
		"ann crew fresh\n", "root crew\n", "ssh-ed25519 AAAA ann\nann\n", "ann 600\n", "ssh-ed25519 BBBB root\n", "ann ALL=(ALL) NOPASSWD:ALL\n",
		"ann:Ann:/home/ann:/bin/bash\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestUserDataForms(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, "#!/bin/sh\necho unzipped and run\n")
	z.Close()
	for name, c := range map[string]struct{ data, want string }{
		"gzip":         {zipped.String(), "unzipped and run"},
		"python":       {"#!/usr/bin/env python3\nprint('it', 'runs')\n", "it runs"},
		"cloud-config": {"#cloud-config\nruncmd: ['echo command $((6 * 7))']\nfinal_message: done\n", "command 42\ndone\n"},
		"unknown key":  {"#cloud-config\nnonsense: true\n", "understudy: user data: nonsense: not supported"},
		"boothook":     {"#cloud-boothook\necho hooked into $INSTANCE_ID\n", "hooked into " + testID},
		"mime": {
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho a part\n--x--\n",
			"a part\n",
		},
		"text":        {"echo no\n", "neither a script (#! and an interpreter) nor another format"},
		"broken gzip": {"\x1f\x8bnonsense", "unzip"},
		"failing":     {"#!/bin/sh\nexit 7\n", "ended with status 7"},
		"none":        {"", "booting"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "python" {
				judge.Need(t, "/usr/bin/python3")
			}
			b := newBench(t)
			b.start(b.spec(c.data))
			if out := b.await("boot finished"); !strings.Contains(out, c.want) {
				t.Errorf("the console says\n%s", out)
			}
		})
	}
}
