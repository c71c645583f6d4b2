package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopted are the folders that adopt goes through, and how deep: /usr/local holds whole language trees, in which
// the third level is where packages are added (/usr/local/lib/python3.11/dist-packages).
var adopted = map[string]int{"/etc": 16, "/opt": 3, "/srv": 3, "/var": 5, "/usr/local": 3}

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
	for folder, depth := range adopted {
		if top, err := os.Lstat(folder); err != nil || !top.IsDir() {
			continue
		}
		if err := b.adoptTree(ctx, folder, extent{depth: depth, files: folder == "/etc"}); err != nil {
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

// extent is how much of a tree the base takes over.
type extent struct {
	depth        int
	files, links bool
	edges        map[string]bool // folders that are taken empty
}

// adoptTree mirrors the folders that search has not hidden, and copies what else extent says.
func (b *base) adoptTree(ctx context.Context, folder string, x extent) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && (b.isHidden(path) || strings.Count(path[len(folder):], "/") > x.depth):
			return fs.SkipDir
		case entry.IsDir() && x.edges[path]:
			if err := b.mirror(path); err != nil {
				return err
			}
			return fs.SkipDir
		case entry.IsDir():
			return b.mirror(path)
		case x.files && entry.Type().IsRegular():
			return b.adoptFile(path, entry)
		case x.links && entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, b.dir+path)
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
