package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt makes the host's configuration writable for an instance's root where the host's root is not mapped.
//
// An unprivileged user's cloud has one id. What belongs to the host's root then belongs to nobody inside, and
// the instance's root may neither write it nor add to its folders, which user data does all the time. So the
// base gets its own of the folders where packages keep configuration and state, and of the files in /etc, which are small. What remains
// is that the host's files below /var, /opt and /usr can be replaced but not written in place.
func (b *base) adopt(ctx context.Context) error {
	info, err := os.Stat("/etc")
	if err != nil {
		return err
	}
	if info.Sys().(*syscall.Stat_t).Uid == 0 {
		return nil
	}
	for _, folder := range []string{"/etc", "/opt", "/srv", "/var", "/usr/local"} {
		if top, err := os.Lstat(folder); err != nil || !top.IsDir() {
			continue
		}
		if err := b.adoptTree(ctx, folder, folder == "/etc"); err != nil {
			return fmt.Errorf("copy %s: %w", folder, err)
		}
	}
	entries, err := os.ReadDir("/usr")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := b.mirror("/usr/" + entry.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// adoptTree mirrors the folders that search has not hidden, and copies the files too where it is told to.
func (b *base) adoptTree(ctx context.Context, folder string, files bool) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && b.isHidden(path):
			return fs.SkipDir
		case entry.IsDir():
			return b.mirror(path)
		case files && entry.Type().IsRegular():
			return b.adoptFile(path, entry)
		}
		return nil
	})
}

func (b *base) isHidden(path string) bool {
	size, err := unix.Lgetxattr(b.dir+path, opaque, nil)
	return err == nil && size > 0
}

// adoptFile copies a file unless the base already has its whiteout.
func (b *base) adoptFile(path string, entry fs.DirEntry) error {
	if _, err := os.Lstat(b.dir + path); err == nil {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	src, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(b.dir+path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = dst.ReadFrom(src)
	if err := errors.Join(err, dst.Close(), copyOwnerAndMode(b.dir+path, info)); err != nil {
		return err
	}
	return os.Chtimes(b.dir+path, info.ModTime(), info.ModTime())
}
