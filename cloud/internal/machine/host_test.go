package machine

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Regions that come to need it at the same time make one layer, and one that is started again finds it.
func TestHostsShareALayer(t *testing.T) {
	dir := t.TempDir()
	layer := filepath.Join(dir, "layer")
	mark := filepath.Join(layer, "mark")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := NewHost(layer).Prepare(t.Context()); err != nil {
				t.Error(err)
			}
			f, err := os.OpenFile(mark, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err == nil {
				_, err = f.WriteString("x")
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := NewHost(layer).Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if marks, err := os.ReadFile(mark); string(marks) != "xx" {
		t.Errorf("the layer has the mark %q, %v: it was made twice", marks, err)
	}
	if rest, _ := filepath.Glob(layer + ".unfinished"); rest != nil {
		t.Error(rest, "is left")
	}
}

func TestHostsLayerIsInMemoryWhereItCanBe(t *testing.T) {
	for _, x := range []struct {
		in     string
		memory bool
	}{{t.TempDir(), true}, {"/var/tmp", false}} {
		dir, err := os.MkdirTemp(x.in, "understudy-host-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.WriteFile(filepath.Join(dir, "of-an-earlier-start"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := EmptyHost(dir); err != nil {
			t.Fatal(err)
		}
		defer unix.Unmount(dir, unix.MNT_DETACH)
		var fs unix.Statfs_t
		if err := unix.Statfs(dir, &fs); err != nil {
			t.Fatal(err)
		}
		if memory := fs.Type == unix.TMPFS_MAGIC; memory != x.memory && !(x.memory && oldTmpfs(t)) {
			t.Errorf("%s lies in memory: %v", dir, memory)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s has %v, %v", dir, entries, err)
		}
	}
}

// oldTmpfs tells whether the kernel's tmpfs keeps no user attributes.
func oldTmpfs(t *testing.T) bool {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	return unix.Setxattr(dir, "user.understudy", []byte("x"), 0) != nil
}
