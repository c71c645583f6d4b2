package machine

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestVolumesComeAndGo gives a running instance a volume, takes it, and gives it to its next boot.
func TestVolumesComeAndGo(t *testing.T) {
	b := newBench(t)
	first, second := filepath.Join(b.dir, "volumes", "first"), filepath.Join(b.dir, "volumes", "second")
	for _, path := range []string{first, second} {
		if err := MakeVolume(t.Context(), path, "", 1<<30); err != nil {
			t.Fatal(err)
		}
	}
	spec := b.spec(`#!/bin/sh
stat -c 'boot: %s %u %a' /dev/sdb >/dev/console
until [ -e /dev/sdf ]; do sleep 0.05; done
printf hello | dd of=/dev/sdf bs=1 seek=536870912 conv=notrunc 2>/dev/null
exec 3</dev/sdf
echo written
until [ -e /tmp/release ]; do sleep 0.05; done
exec 3<&-
echo released
until [ ! -e /dev/sdf ]; do sleep 0.05; done
echo gone
`)
	spec.Volumes = []Volume{{Device: "/dev/sdb", Path: first}}
	m := b.start(spec)
	b.await("boot: 1073741824 0 600")
	if err := m.Attach(Volume{Device: "/dev/sdf", Path: second}); err != nil {
		t.Fatal(err)
	}
	b.await("written")
	if err := m.Detach("/dev/sdf", false); !errors.Is(err, ErrBusy) {
		t.Fatalf("a volume that is open is detached: %v", err)
	}
	if err := m.within(func() error { return os.WriteFile("/tmp/release", nil, 0o600) }); err != nil {
		t.Fatal(err)
	}
	b.await("released")
	for err := m.Detach("/dev/sdf", false); err != nil; err = m.Detach("/dev/sdf", false) { // a reader's close may still be under way
		if !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
	}
	b.await("gone")
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(second, &stat); err != nil || stat.Size != 1<<30 || stat.Blocks > 1000 {
		t.Errorf("the volume has %d bytes in %d blocks, %v", stat.Size, stat.Blocks, err)
	}
	copied := filepath.Join(b.dir, "volumes", "copied")
	if err := MakeVolume(t.Context(), copied, second, 2<<30); err != nil {
		t.Fatal(err)
	}
	again := b.spec("")
	again.ID = "i-0fedcba9876543210"
	again.Dir = filepath.Join(b.dir, again.ID)
	again.Volumes = []Volume{{Device: "/dev/xvdba", Path: copied}}
	_, said := b.run(again, `dd if=/dev/xvdba bs=1 skip=536870912 count=5 2>/dev/null; stat -c ' %s' /dev/xvdba; ls /dev/sd* 2>&1`)
	if want := "hello 2147483648\nls: cannot access '/dev/sd*': No such file or directory\n"; said != want {
		t.Errorf("the next instance says %q, want %q", said, want)
	}
}

func TestVolumeOnAFullDiskLeavesNothing(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(small, unix.MNT_DETACH)
	source := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(source, bytes.Repeat([]byte("x"), 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeVolume(t.Context(), filepath.Join(small, "volume"), source, 4<<20); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(small); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := MakeVolume(t.Context(), filepath.Join(small, "sparse"), "", 1<<40); err != nil && !strings.Contains(err.Error(), "too large") {
		t.Errorf("a volume without content: %v", err)
	}
}
