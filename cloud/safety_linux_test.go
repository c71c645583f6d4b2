//go:build linux

package cloud_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

// insiders lists the processes in the world's user namespace: the cloud's own and its instances'.
func insiders(t *testing.T, h *host) (pids []int) {
	t.Helper()
	ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", h.pid(t, "world")))
	if err != nil {
		t.Fatal(err)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/ns/user")
	for _, l := range links {
		if its, err := os.Readlink(l); err != nil || its != ns {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(l, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// hostSockets maps the inodes of the host's internet sockets, connected ones left out, to their addresses.
func hostSockets(t *testing.T) map[string]string {
	t.Helper()
	sockets := map[string]string{}
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
		b, err := os.ReadFile("/proc/self/net/" + kind)
		if err != nil {
			continue // a kernel without IPv6
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			const listening, unconnected = "0A", "07" // states in include/net/tcp_states.h
			if len(f) > 9 && (f[3] == listening || f[3] == unconnected) {
				sockets[f[9]] = kind + " " + f[1]
			}
		}
	}
	return sockets
}

// TestNothingListensBeyondLoopback looks at every socket of the host's network that any process of the
// cloud holds, and at every link of the networks that it has made.
func TestNothingListensBeyondLoopback(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	launch(t, h)
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	sockets, found := hostSockets(t), 0
	for _, pid := range append(insiders(t, h), h.cmd.Process.Pid) {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range fds {
			to, _ := os.Readlink(fd)
			at, ok := sockets[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")]
			if !ok {
				continue
			}
			found++
			// The address is hexadecimal in the machine's byte order: 127.x.y.z ends in 7F on a little-endian one.
			hex, _, _ := strings.Cut(at[strings.Index(at, " ")+1:], ":")
			if len(hex) != 8 || !strings.HasSuffix(hex, "7F") && !strings.HasPrefix(hex, "7F") {
				t.Errorf("process %d listens at %s", pid, at)
			}
		}
	}
	if found < 5 { // the API, and the name servers' sockets in two processes
		t.Errorf("found %d sockets of the cloud's", found)
	}
	for _, pid := range insiders(t, h) {
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid)); err != nil || ns == own {
			t.Errorf("process %d is in the host's network: %v", pid, err)
		}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			link, _, is := strings.Cut(strings.TrimSpace(line), ":")
			if is && link != "lo" && link != "eth0" && !strings.HasPrefix(link, "gw") {
				t.Errorf("process %d has the link %s", pid, link)
			}
		}
	}
	h.kill()
}

// TestInstancesReachNothingOfTheHost runs user data, as the cloud's root, that tries.
func TestInstancesReachNothingOfTheHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	h := startHost(t, dir)
	tries := []string{
		`grep -qv ':\*:1::::::$' /etc/shadow`, "test -e " + secret, "test -e " + dir + "/credentials", "test -e " + dir + "/cloud.json",
		"echo x >/proc/sys/kernel/hostname", "echo 1 >/proc/sys/vm/drop_caches", "echo 1 >/proc/sys/net/ipv4/ip_forward",
		"test -d /proc/" + strconv.Itoa(os.Getpid()) + "/root" + filepath.Dir(secret), "kill -0 " + strconv.Itoa(h.cmd.Process.Pid),
		"test -e /proc/1/root" + secret, "ps ax | grep -v grep | grep -q understudy-region", "ls /dev | grep -q -e sda -e vda -e mem",
		"touch " + dir + "/x", "ls " + dir + "/run/control.sock", "mount --bind / /mnt",
		// It may make user namespaces, as an instance may; they must not undo what was taken from it.
		"unshare -rmpf mount -t proc proc /mnt", "unshare -rm umount /proc/kcore", "unshare -rm umount /etc", "unshare -rm mount -o remount,bind,rw /proc/sys",
		"unshare -rmn mount -t sysfs sysfs /mnt", "unshare -rm mknod /tmp/disk b 8 0",
		"cat /proc/1/environ | grep -qE 'AWS_(ACCESS|SECRET|SESSION|ENDPOINT|PROFILE)'",
	}
	reach := []string{"127.0.0.1 " + port, strings.Replace(strings.TrimPrefix(h.Endpoint, "http://"), ":", " ", 1)}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && ip.To4() != nil && !ip.IsLoopback() {
			reach = append(reach, ip.String()+" 22")
		}
	}
	for _, to := range reach {
		tries = append(tries, "timeout 2 bash -c 'exec 3<>/dev/tcp/"+strings.Replace(to, " ", "/", 1)+"'")
	}
	var script strings.Builder
	script.WriteString("#!/bin/bash\n{\n")
	for n, try := range tries {
		fmt.Fprintf(&script, "if %s; then echo 'DONE %d'; fi\n", try, n)
	}
	// What must work, so that the rest fails for the right reason.
	script.WriteString("timeout 2 bash -c 'exec 3<>/dev/tcp/169.254.169.254/80' && echo METADATA\n" +
		"test -s /etc/passwd && echo PASSWD\nkill -0 1 && echo KILL\necho END\n} 2>/dev/null >/dev/console\n")
	id := launchWith(t, h, script.String())
	until(t, "the script has ended", func() bool { return strings.Contains(consoleOf(t, h, id), "END") })
	said := consoleOf(t, h, id)
	for n, try := range tries {
		if strings.Contains(said, fmt.Sprintf("DONE %d\n", n)) || strings.Contains(said, fmt.Sprintf("DONE %d\r", n)) {
			t.Errorf("an instance can: %s", try)
		}
	}
	for _, word := range []string{"METADATA", "PASSWD", "KILL"} {
		if !strings.Contains(said, word) {
			t.Errorf("%s is not in what the instance said:\n%s", word, said)
		}
	}
	h.kill()
}

// TestSecretsStayInTheirFile looks for the key's secret, and for those of the user's own environment, where
// they do not belong: in logs, in arguments, in the environment of processes inside.
func TestSecretsStayInTheirFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the-users-own")
	h := startHost(t, dir)
	secret := h.env["AWS_SECRET_ACCESS_KEY"]
	launch(t, h)
	if _, err := h.route53().ListHostedZones(t.Context(), &route53.ListHostedZonesInput{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ec2("us-east-1").CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("garbage")}); err == nil {
		t.Error("garbage is a CIDR")
	}
	places, _ := filepath.Glob(filepath.Join(dir, "log", "*"))
	places = append(places, filepath.Join(dir, "cloud.json"), fmt.Sprintf("/proc/%d/cmdline", h.cmd.Process.Pid))
	for _, pid := range insiders(t, h) {
		places = append(places, fmt.Sprintf("/proc/%d/cmdline", pid), fmt.Sprintf("/proc/%d/environ", pid))
	}
	for _, place := range places {
		b, err := os.ReadFile(place)
		if err != nil {
			t.Errorf("%v", err)
		}
		for _, s := range []string{secret, "the-users-own"} {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("a secret is in %s", place)
			}
		}
	}
	for path, want := range map[string]os.FileMode{"": 0o700, "credentials": 0o600, "run": 0o700, "log": 0o700} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || path != "" && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	h.kill()
}
