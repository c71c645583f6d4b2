package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Host is the lowest layer of instances: the machine's own root, without private files.
type Host struct {
	// Trusted are certificates, in PEM, of authorities that instances' programs shall trust beside those of their images. All
	// who share a layer have the same.
	Trusted []byte

	base base

	mu    sync.Mutex
	ready bool
}

// NewHost returns a Host whose masking layer is the folder dir, made at first use if it is not there: several regions may share it.
// The folders in hide, the cloud's own for one, appear empty inside instances.
func NewHost(dir string, hide ...string) *Host {
	return &Host{base: base{dir: dir, hide: hide}}
}

// EmptyHost makes dir an empty folder for the masking layer of a new start, before which the machine's files may have changed.
//
// Where it can, the folder is in memory and the caller's mount namespace's own: the layer has some thousand small files and folders,
// which ext4 for one takes seconds to make where others were just removed. It is on disk where tmpfs keeps no user attributes, as before
// Linux 6.6, and where it lies in a folder that instances see, over which the kernel makes no overlay with a mount below it.
func EmptyHost(dir string) error {
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	path, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if top, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); isTopFolder(top) {
		return nil
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NODEV, "mode=700"); err != nil {
		return fmt.Errorf("mount memory for the host's layer: %w", err)
	}
	if unix.Setxattr(path, opaque, []byte("n"), 0) != nil {
		return unix.Unmount(path, 0)
	}
	return nil
}

// Prepare does in advance what the first Start would do: it finds out which files of the host must be hidden. It may run
// at the same time as Start.
func (h *Host) Prepare(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready {
		return nil
	}
	if err := h.prepare(ctx); err != nil {
		return fmt.Errorf("hide the host's secrets: %w", err)
	}
	h.ready = true
	return nil
}

// prepare makes the layer unless another process has, or waits for one that is about to.
func (h *Host) prepare(ctx context.Context) error {
	if err := h.base.learnOwners(); err != nil {
		return err
	}
	lock, err := os.OpenFile(h.base.dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return os.NewSyscallError("flock", err)
	}
	if _, err := os.Lstat(h.base.dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b := h.base
	b.dir += ".unfinished"
	if err := b.make(ctx); err != nil {
		return err
	}
	if err := b.trust(h.Trusted); err != nil {
		return err
	}
	return os.Rename(b.dir, h.base.dir)
}
