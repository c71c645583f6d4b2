package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublicKeyLetsRootIn starts an instance with a key pair twice: cloud-init writes a key once, and to what is there.
func TestPublicKeyLetsRootIn(t *testing.T) {
	b := newBench(t)
	spec := b.spec("#!/bin/sh\nstat -c '%a %U' /root/.ssh /root/.ssh/authorized_keys; cat /root/.ssh/authorized_keys\n" +
		"echo 'ssh-rsa AAAA another' >>/root/.ssh/authorized_keys\n" +
		"printf '#!/bin/sh\\necho at the second boot; cat /root/.ssh/authorized_keys\\n' >/var/lib/cloud/scripts/per-boot/say\n" +
		"chmod +x /var/lib/cloud/scripts/per-boot/say\n")
	spec.PublicKey = "ssh-ed25519 AAAA mine"
	m := b.start(spec)
	if out := b.await("boot finished"); !strings.Contains(out, "700 root\n600 root\n") || !strings.Contains(out, "ssh-ed25519 AAAA mine\n") {
		t.Errorf("the console says\n%s", out)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(consoleLog(spec.Dir)); err != nil {
		t.Fatal(err)
	}
	b.start(spec)
	out := b.await("boot finished")
	_, second, _ := strings.Cut(out, "at the second boot\n")
	if !strings.Contains(second, "ssh-ed25519 AAAA mine\nssh-rsa AAAA another\n") || strings.Count(second, "mine") != 1 {
		t.Errorf("the second boot has\n%s", out)
	}
}

func TestDefaultUserIsTheImages(t *testing.T) {
	table := "root:x:0:0:root:/root:/bin/bash\nbroken\nec2-user:x:one:1000::/home/ec2-user:/bin/sh\n" +
		"ubuntu:x:1000:1001:Ubuntu:/home/ubuntu:/bin/bash\nadmin:x:1002:1002::/home/admin:/bin/sh\n"
	if user, ok := defaultUser([]byte(table)); !ok || user != (account{name: "ubuntu", home: "/home/ubuntu", uid: 1000, gid: 1001}) {
		t.Errorf("%+v, %v", user, ok)
	}
	if user, ok := defaultUser([]byte("root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n")); ok {
		t.Errorf("somebody's name is taken for an image's: %+v", user)
	}
}

func TestKeyIsAddedToThoseOfTheImage(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	self := account{name: "somebody", home: home, uid: os.Getuid(), gid: os.Getgid()}
	for range 2 {
		if err := addKey(self, "ssh-ed25519 AAAA mine"); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(home, ".ssh", "authorized_keys")
	if err := os.WriteFile(path, []byte("ssh-ed25519 AAAA mine\nssh-rsa AAAA image"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := addKey(self, "ssh-ed25519 BBBB next"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "ssh-ed25519 AAAA mine\nssh-rsa AAAA image\nssh-ed25519 BBBB next\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}
