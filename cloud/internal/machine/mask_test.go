package machine

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMountsBelowTheHostsFolders is the case of containers, where /etc/hosts and the like are mounts.
func TestMountsBelowTheHostsFolders(t *testing.T) {
	for _, point := range []string{"/etc/security", "/var/cache"} {
		if err := unix.Mount("tmpfs", point, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		defer unix.Unmount(point, unix.MNT_DETACH)
	}
	b := newBenchWithHost(t)
	_, said := b.run(
		b.spec(""),
		`tail -n 1 /etc/passwd; ls -A /etc/security /var/cache; ls -d /var/lib /var/run/lock/ /etc/alternatives/awk; grep -v ':\*:1::::::$' /etc/shadow && echo READ`,
	)
	for _, want := range []string{":/", "/etc/security:\n\n/var/cache:\n", "/var/lib\n", "/var/run/lock/\n", "/etc/alternatives/awk\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in what the instance says:\n%s", want, said)
		}
	}
	if strings.Contains(said, "READ") {
		t.Errorf("a secret is shown:\n%s", said)
	}
}

func TestBaseIsMadeQuickly(t *testing.T) {
	b := newBenchWithHost(t)
	began := time.Now()
	if err := b.host.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %v", time.Since(began))
}
