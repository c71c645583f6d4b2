package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// adopted are the folders that adopt visits, and how deep: packages are added to /usr/local at the third level
// (/usr/local/lib/python3.11/dist-packages).
var adopted = map[string]int{"/etc": 16, "/opt": 3, "/srv": 3, "/var": 5, "/usr/local": 3}

// localFolders are those of /usr/local that packages share (FHS 3.0, 4.9.2). What else is there is one tree of one product.
var localFolders = []string{"bin", "etc", "games", "include", "lib", "libexec", "man", "sbin", "share", "src"}

// adopt makes the host's configuration writable for an instance's root.
//
// Files of the host's root belong to nobody inside, and the instance's root can neither write to them nor add files to
// their folders, as user data and packages often do. So the base gets its own copies of: the folders where
// packages keep programs, configuration and state, the files in /etc, which are small, locks and logs in
// /var, and programs that need to belong to root. The host's other files
// below /var, /opt and /usr can be replaced, but not written in place.
func (b *base) adopt(ctx context.Context) error {
	if !b.foreign {
		return nil
	}
	edges, err := productsOf("/usr/local")
	if err != nil {
		return err
	}
	if !b.owners.alone() {
		if err := b.adoptTree(ctx, "/usr", extent{depth: 4, files: setID, edges: edges}); err != nil {
			return fmt.Errorf("copy /usr: %w", err)
		}
	}
	for folder, depth := range adopted {
		if top, err := os.Lstat(folder); err != nil || !top.IsDir() {
			continue
		}
		if err := b.adoptTree(ctx, folder, extent{depth: depth, files: adoptedFiles[folder], edges: edges}); err != nil {
			return fmt.Errorf("copy %s: %w", folder, err)
		}
	}
	return b.adoptUsr()
}

// productsOf are the folders beside those that packages share, such as /usr/local/go. They may have thousands of folders.
func productsOf(local string) (map[string]bool, error) {
	entries, err := os.ReadDir(local)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	products := map[string]bool{}
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(localFolders, entry.Name()) {
			products[filepath.Join(local, entry.Name())] = true
		}
	}
	return products, nil
}

// adoptedFiles tells which files of an adopted folder are copied.
var adoptedFiles = map[string]func(string, fs.DirEntry) bool{"/etc": everyFile, "/var": locksAndLogs}

func everyFile(string, fs.DirEntry) bool { return true }

// locksAndLogs are the files below /var that are opened for writing as they are, rather than replaced.
func locksAndLogs(path string, entry fs.DirEntry) bool {
	info, err := entry.Info()
	return err == nil && (info.Size() == 0 || strings.HasPrefix(path, "/var/log/") && info.Size() <= 1<<20)
}

// setID are programs that run as their owner. If they belonged to nobody, they would run as the user who starts them. Most of a
// machine's files are in /usr/share, which has no programs (FHS 3.0, 4.11), and are not looked at.
func setID(path string, entry fs.DirEntry) bool {
	if strings.HasPrefix(path, "/usr/share/") {
		return false
	}
	info, err := entry.Info()
	return err == nil && info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0
}

func (b *base) adoptUsr() error {
	entries, err := os.ReadDir("/usr")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := vanished(b.mirror("/usr/" + entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// extent is how much of a tree the base copies.
type extent struct {
	depth int
	files func(path string, entry fs.DirEntry) bool // of the regular ones; nil for none
	links bool
	edges map[string]bool // folders that are taken empty
}

// adoptTree mirrors the folders that search has not hidden, and copies the files that extent selects.
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
			if err := vanished(b.mirror(path)); err != nil {
				return err
			}
			return fs.SkipDir
		case entry.IsDir():
			if err := b.mirror(path); !errors.Is(err, errVanished) {
				return err
			}
			return fs.SkipDir
		case x.files != nil && entry.Type().IsRegular() && x.files(path, entry):
			return b.adoptFile(path)
		case x.links && entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return gone(err)
			}
			return errors.Join(os.Symlink(target, b.dir+path), b.owners.giveToRoot(b.dir+path))
		}
		return nil
	})
}

func (b *base) isHidden(path string) bool {
	size, err := unix.Lgetxattr(b.dir+path, opaque, nil)
	return err == nil && size > 0
}

// adoptFile copies a public file unless the base already has its whiteout.
func (b *base) adoptFile(path string) error {
	if _, err := os.Lstat(b.dir + path); err == nil {
		return nil
	}
	src, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer src.Close()
	// Its mode is read again: it may have become private since the first look.
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o4 == 0 {
		return nil
	}
	dst, err := os.OpenFile(b.dir+path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = dst.ReadFrom(src)
	if err := errors.Join(err, dst.Close(), b.owners.give(b.dir+path, info)); err != nil {
		return err
	}
	return os.Chtimes(b.dir+path, info.ModTime(), info.ModTime())
}
