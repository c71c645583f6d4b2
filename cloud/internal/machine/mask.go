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

// maskedFolders are searched for files that not every user of the host may read. /usr has programs, and
// /bin and the like are part of it.
var maskedFolders = []string{"etc", "opt", "srv", "var"}

const (
	opaque    = "user.overlay.opaque"
	whiteout  = 0   // the device number of the character device that hides a file (overlayfs.rst)
	everybody = 0o5 // what the world needs on a folder for its files to be public
)

// base is the layer between the host's folders and an image's layers. It hides files that other users of the
// host cannot read, sockets and devices, so that services can make their own: files get a whiteout, folders are replaced by
// an empty one.
//
// Secrets do not depend on it: instances' root is not the host's root (see owners), and the kernel does not let it read
// files that are not public, whenever they were made. The exception is a cloud of an unprivileged user, where instances'
// root is that user. There, all of the user's files are hidden, public or not, since private ones may be added to them.
//
// The layer is made at the first start of an instance, from the files that the host has then.
type base struct {
	dir  string
	hide []string

	owners owners
	// foreign means that the host's files belong to nobody inside.
	foreign bool
}

func (b *base) make(ctx context.Context) error {
	if err := os.RemoveAll(b.dir); err != nil {
		return err
	}
	if err := b.makeSkeleton(); err != nil {
		return err
	}
	hidden, err := resolve(b.hide)
	if err != nil {
		return err
	}
	for _, name := range maskedFolders {
		info, err := os.Lstat("/" + name)
		if err != nil || !info.IsDir() {
			continue
		}
		if err := b.search(ctx, "/"+name, info, hidden); err != nil {
			return err
		}
	}
	for path := range hidden {
		if err := b.hideFolder(path); err != nil {
			return err
		}
	}
	if err := b.hideOwn(ctx, "/usr"); err != nil {
		return err
	}
	if err := b.standIn(ctx); err != nil {
		return err
	}
	return b.adopt(ctx)
}

func (b *base) learnOwners() (err error) {
	if b.owners, err = instanceOwners(); err != nil {
		return err
	}
	info, err := os.Stat("/etc")
	if err != nil {
		return err
	}
	b.foreign = !b.owners.users.has(int(info.Sys().(*syscall.Stat_t).Uid))
	return nil
}

// makeSkeleton makes the lowest layer of the root and of each folder.
func (b *base) makeSkeleton() error {
	root := filepath.Join(b.dir, rootLayer)
	for name, mode := range map[string]os.FileMode{
		".": 0o755, "dev": 0o755, "proc": 0o555, "sys": 0o555, "run": 0o755, "tmp": 0o777 | os.ModeSticky,
		"mnt": 0o755, "media": 0o755, "home": 0o755, "root": 0o700, "../home": 0o755, "../root": 0o700,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := errors.Join(os.Chmod(path, mode), b.owners.giveToRoot(path)); err != nil {
			return err
		}
	}
	for _, name := range topFolders {
		info, err := os.Lstat("/" + name)
		switch {
		case err != nil:
			continue
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink("/" + name)
			if err != nil {
				return err
			}
			path := filepath.Join(root, name)
			if err := os.Symlink(target, path); err != nil {
				return err
			}
			if err := b.owners.giveToRoot(path); err != nil {
				return err
			}
		case info.IsDir():
			path := filepath.Join(root, name)
			if err := errors.Join(os.Mkdir(path, 0o755), b.owners.giveToRoot(path)); err != nil {
				return err
			}
			if err := b.mirror("/" + name); err != nil {
				return err
			}
		}
	}
	return nil
}

// search hides what is not public below a folder. It stays on one file system: an overlay does not show
// what is mounted below its layers.
func (b *base) search(ctx context.Context, folder string, info os.FileInfo, hidden map[string]bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrPermission) {
		return b.hideFolder(folder)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		child, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := b.consider(ctx, path, child, info, hidden); err != nil {
			return err
		}
	}
	return nil
}

func (b *base) consider(ctx context.Context, path string, info, parent os.FileInfo, hidden map[string]bool) error {
	mode := info.Mode()
	switch {
	case mode.IsDir():
		if hidden[path] || mode.Perm()&everybody != everybody || b.isUsers(info) || isScratch(mode) {
			return b.hideFolder(path)
		}
		if info.Sys().(*syscall.Stat_t).Dev != parent.Sys().(*syscall.Stat_t).Dev {
			return nil
		}
		return b.search(ctx, path, info, hidden)
	case mode&fs.ModeSymlink != 0:
		return nil
	case mode.IsRegular() && mode.Perm()&0o4 != 0 && !b.isUsers(info):
		return nil
	}
	// A file that is not public or the user's own, or a socket, a pipe or a device of the host's.
	if err := b.mirror(filepath.Dir(path)); err != nil {
		return vanished(err)
	}
	if err := unix.Mknod(b.dir+path, unix.S_IFCHR, whiteout); err != nil {
		return fmt.Errorf("hide %s: %w", path, err)
	}
	return nil
}

// isUsers reports whether a host's file belongs to the unprivileged user who started the cloud.
func (b *base) isUsers(info os.FileInfo) bool {
	return b.foreign && b.owners.alone() && b.owners.users.has(int(info.Sys().(*syscall.Stat_t).Uid))
}

// isScratch reports whether a folder is for everybody to put files in, as /var/tmp is.
func isScratch(mode fs.FileMode) bool { return mode&fs.ModeSticky != 0 && mode.Perm()&0o2 != 0 }

// hideOwn hides the folders below one that belong to the unprivileged user who started the cloud.
func (b *base) hideOwn(ctx context.Context, folder string) error {
	if !b.foreign || !b.owners.alone() {
		return nil
	}
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !entry.IsDir() || path == folder:
			return nil
		}
		info, err := entry.Info()
		if err != nil || !b.isUsers(info) {
			return nil
		}
		return errors.Join(b.hideFolder(path), fs.SkipDir)
	})
}

// hideFolder hides a folder of the host by an empty one. If the host does not have the folder, it does nothing.
func (b *base) hideFolder(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || !b.shown(path) {
		return nil
	}
	if err := b.mirror(path); err != nil {
		return vanished(err)
	}
	if err := unix.Setxattr(b.dir+path, opaque, []byte("y"), 0); err != nil {
		return fmt.Errorf("hide %s (does the file system of %s have user attributes?): %w", path, b.dir, err)
	}
	return nil
}

// shown reports whether a path of the host is in a folder that instances see.
func (b *base) shown(path string) bool {
	top, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	info, err := os.Lstat(filepath.Join(b.dir, rootLayer, top))
	return err == nil && info.IsDir() && isTopFolder(top)
}

func isTopFolder(name string) bool {
	for _, top := range topFolders {
		if top == name {
			return true
		}
	}
	return false
}

// errVanished means that a folder of the host no longer exists, for example because packages are being upgraded.
var errVanished = errors.New("vanished meanwhile")

// vanished ignores that error: what does not exist needs no hiding and no copy.
func vanished(err error) error {
	if errors.Is(err, errVanished) {
		return nil
	}
	return err
}

// mirror makes a folder in the layer for a host folder, with the same mode, since the merged folder has the upper one's
// attributes. It returns errVanished if the host has no such folder.
func (b *base) mirror(path string) error {
	if path == "/" {
		return nil
	}
	if _, err := os.Lstat(b.dir + path); err == nil {
		return nil
	}
	if err := b.mirror(filepath.Dir(path)); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %w", path, errVanished)
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(b.dir+path, 0o700); err != nil {
		return err
	}
	return b.owners.give(b.dir+path, info)
}

// resolve follows the symlinks in paths; what does not exist is left out.
func resolve(paths []string) (map[string]bool, error) {
	resolved := map[string]bool{}
	for _, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		target, err := filepath.EvalSymlinks(abs)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		resolved[target] = true
	}
	return resolved, nil
}

// hidesAll reports whether the base hides one of the host's top-level folders as a whole.
func hidesAll(dir, name string) bool {
	size, err := unix.Getxattr(filepath.Join(dir, name), opaque, nil)
	return err == nil && size > 0
}
