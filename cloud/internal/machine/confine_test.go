package machine

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/judge"

	"github.com/understudy/understudy/internal/patience"
)

func TestHostsSecretsAreHidden(t *testing.T) {
	b := newBenchWithHost(t, "/usr/share/common-licenses")
	_, said := b.run(b.spec(""), `grep -v ':\*:1::::::$' /etc/shadow && echo READ shadow; for f in /etc/gshadow /etc/shadow- /etc/sudoers /var/log/btmp; do cat $f && echo READ $f; done
for d in /etc/ssl/private /var/cache/ldconfig /var/spool/cron/crontabs /usr/share/common-licenses; do [ -z "$(ls -A $d)" ] || echo SHOWN $d; done
[ -d /usr/share/common-licenses ] || echo NO FOLDER
ls -d /etc/passwd /usr/bin/env /farm /work /boot/../old_root; mount | grep -v overlay
find / -xdev -path /proc -prune -o -name '*_key' -print`)
	for _, word := range []string{"READ", "SHOWN", "NO FOLDER", "_key\n", b.dir} {
		if strings.Contains(said, word) {
			t.Errorf("found %q in what the instance sees:\n%s", word, said)
		}
	}
	if !strings.Contains(said, "/etc/passwd\n") || !strings.Contains(said, "/usr/bin/env\n") {
		t.Errorf("the host's public files are not there:\n%s", said)
	}
}

func TestHostsFilesStayAsTheyAre(t *testing.T) {
	b := newBench(t)
	before, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	_, said := b.run(b.spec(""), `echo "x:x:1000:1000::/:/bin/sh" >>/etc/passwd; rm -r /etc/security; chmod 700 /usr/bin/env
rm /etc/debian_version; mkdir /opt/new; tail -n 1 /etc/passwd; ls /etc/security; echo x >/dev/console`)
	if !strings.Contains(said, "x:x:1000:1000") || !strings.Contains(said, "No such file") {
		t.Errorf("writes do not take inside:\n%s", said)
	}
	after, err := os.ReadFile("/etc/passwd")
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the host's /etc/passwd changed: %v", err)
	}
	info, err := os.Stat("/usr/bin/env")
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the host's /usr/bin/env: %v, %v", info, err)
	}
	for path, want := range map[string]bool{"/etc/security/limits.conf": true, "/etc/debian_version": true, "/opt/new": false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("the host's %s: %v", path, err)
		}
	}
	b.await("\nx\n")
}

// tries is a script of attempts, each followed by the word that betrays its success.
func tries(attempts []string) string {
	var script strings.Builder
	for _, attempt := range attempts {
		fmt.Fprintf(&script, "if %s; then echo 'DONE: %s'; fi\n", attempt, strings.ReplaceAll(attempt, "'", ""))
	}
	return script.String()
}

// TestRootIsConfined tries what an instance's root must not be able to do.
func TestRootIsConfined(t *testing.T) {
	b := newBench(t)
	attempts := []string{
		"echo 1 >/proc/sys/net/ipv4/ip_forward", "echo 1 >/proc/sys/kernel/core_pattern", "echo h >/proc/sysrq-trigger",
		"mount -t tmpfs none /mnt", "mount -o remount,rw /proc/sys", "umount /proc/sys", "umount /proc/kcore",
		"hostname other", "mknod /root/disk b 8 0", "mknod /root/mem c 1 1", "date -s 2000-01-01",
		"chroot /proc/1/root/.. test -e /farm", "nsenter -t 1 -m true", "unshare -m true",
		"kill -0 2147483",
		"head -c 1 /proc/kcore | grep -q .", "test -s /proc/timer_list", "dmesg -c",
	}
	script := tries(attempts) +
		"find /proc -maxdepth 2 -path '/proc/[0-9]*' -prune -o -path /proc/self -prune -o " +
		"-path /proc/thread-self -prune -o ! -type l -perm /200 -exec test -f {} \\; -writable -printf 'DONE: write %p\\n'\n" +
		"grep Cap /proc/self/status; ls /proc/self/fd; tty; ls -l /dev\n"
	_, said := b.run(b.spec(""), script)
	if strings.Contains(said, "DONE") {
		t.Errorf("the instance's root can do what it must not:\n%s", said)
	}
	// chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot audit_write setfcap
	const kept = "00000000a00425fb"
	for _, set := range []string{"CapPrm", "CapEff", "CapBnd"} {
		if !strings.Contains(said, set+":\t"+kept+"\n") {
			t.Errorf("%s is not %s:\n%s", set, kept, said)
		}
	}
	if !strings.Contains(said, "not a tty") {
		t.Errorf("it has a terminal:\n%s", said)
	}
}

// TestRootIsConfinedWithTools tries more, by programs that not every host has.
func TestRootIsConfinedWithTools(t *testing.T) {
	for _, tool := range []string{"ip", "nft", "/usr/bin/python3"} {
		judge.Need(t, tool)
	}
	b := newBench(t)
	_, said := b.run(b.spec(""), tries([]string{
		"ip link add v0 type veth", "ip addr add 10.9.9.9/32 dev lo", "nft add table ip t",
		"/usr/bin/python3 -c 'import ctypes,os; l=ctypes.CDLL(None,use_errno=True); os._exit(0 if l.swapon(b\"/x\",0)==0 else 1)'",
	}))
	if strings.Contains(said, "DONE") || strings.Contains(said, "not found") {
		t.Errorf("the instance's root can do what it must not, or could not try:\n%s", said)
	}
}

// fetch asks until the service is up; each refusal is an answer, so this waits for nothing but the service.
func fetch(t *testing.T, b *bench, url string) string {
	t.Helper()
	client := &http.Client{Timeout: patience.Limit, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := patience.Deadline(); ; {
		response, err := client.Get(url)
		if err == nil {
			defer response.Body.Close()
			var out bytes.Buffer
			out.ReadFrom(response.Body)
			return out.String()
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v\n%s", err, b.console())
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestServesPython(t *testing.T) {
	judge.Need(t, "/usr/bin/python3")
	b := newBench(t)
	address := freeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	m := b.start(
		b.spec("#!/bin/sh\nmkdir /srv/www && cd /srv/www && echo hello from python >index.html\npython3 -m http.server --bind " + host + " " + port + " &\n"),
	)
	if got := fetch(t, b, "http://"+address+"/"); got != "hello from python\n" {
		t.Errorf("got %q", got)
	}
	b.await("boot finished") // the service outlives the script, and its log still goes to the console
	b.await("GET / HTTP/1.1")
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestServesNginx(t *testing.T) {
	judge.Need(t, "nginx")
	b := newBench(t)
	address := freeAddress(t)
	b.start(b.spec(`#!/bin/sh
mkdir -p /srv/www && echo hello from nginx >/srv/www/index.html
cat >/etc/nginx/nginx.conf <<END
user root;
error_log /dev/stderr;
events {}
http { access_log /dev/stdout; server { listen ` + address + `; root /srv/www; } }
END
nginx
`))
	if got := fetch(t, b, "http://"+address+"/"); got != "hello from nginx\n" {
		t.Errorf("got %q", got)
	}
}
