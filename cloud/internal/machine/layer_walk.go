package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kind is what an entry of a layer is.
type kind byte

const (
	folderKind   kind = 'd'
	fileKind     kind = 'f'
	symlinkKind  kind = 'l'
	hardLinkKind kind = 'h' // to a file that came earlier
	whiteoutKind kind = 'w'
	pipeKind     kind = 'p'
)

// entry is one name in a layer.
type entry struct {
	path   string // relative, with slashes
	kind   kind
	mode   uint32 // permissions with set-id and sticky bits
	uid    int    // as instances count them, on whatever machine
	gid    int
	size   int64
	mtime  time.Time
	link   string // a symlink's target, a hard link's earlier path
	xattrs map[string]string
}

type inode struct{ dev, ino uint64 }

// walker walks a tree that an instance may be changing. It opens everything below one os.Root, so
// that a folder replaced by a symlink does not lead it to the host's files.
type walker struct {
	root  *os.Root
	own   owners
	skip  func(path string) bool
	visit func(entry, *os.File) error
	seen  map[inode]string
}

// walkLayer visits every entry below dir in the order of names, folders before what is in them. A regular file comes open,
// at its beginning. Files that are deleted in the meantime, and sockets, are left out. A nil skip skips nothing.
func walkLayer(ctx context.Context, dir string, skip func(path string) bool, visit func(entry, *os.File) error) error {
	own, err := instanceOwners()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	w := &walker{root: root, own: own, skip: skip, visit: visit, seen: map[inode]string{}}
	return w.folder(ctx, ".")
}

func (w *walker) folder(ctx context.Context, name string) error {
	f, err := w.root.Open(name)
	if err != nil {
		return gone(err)
	}
	entries, err := f.ReadDir(-1)
	f.Close()
	if err != nil {
		return gone(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	sortNames(names)
	for _, child := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		full := path.Join(name, child)
		if w.skip != nil && w.skip(full) {
			continue
		}
		if err := w.one(ctx, full); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) one(ctx context.Context, name string) error {
	info, err := w.root.Lstat(name)
	if err != nil {
		return gone(err)
	}
	e, ok := w.own.describe(name, info)
	if !ok {
		return nil
	}
	switch e.kind {
	case folderKind:
		if err := w.open(e); err != nil {
			return err
		}
		return w.folder(ctx, name)
	case fileKind:
		if stat := info.Sys().(*syscall.Stat_t); stat.Nlink > 1 {
			id := inode{uint64(stat.Dev), stat.Ino}
			if first, ok := w.seen[id]; ok {
				return w.visit(entry{path: name, kind: hardLinkKind, link: first}, nil)
			}
			w.seen[id] = name
		}
		return w.open(e)
	case symlinkKind:
		if e.link, err = w.root.Readlink(name); err != nil {
			return gone(err)
		}
	}
	return w.visit(e, nil)
}

// open visits a folder or a file with its attributes, which need it open.
func (w *walker) open(e entry) error {
	f, err := w.root.OpenFile(e.path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return gone(err)
	}
	defer f.Close()
	if e.xattrs, err = readXattrs(f); err != nil {
		return err
	}
	if e.kind == folderKind {
		return w.visit(e, nil)
	}
	return w.visit(e, f)
}

// describe makes an entry from a file's status; false for kinds that are not in layers.
func (o owners) describe(name string, info fs.FileInfo) (entry, bool) {
	stat := info.Sys().(*syscall.Stat_t)
	e := entry{path: name, mode: stat.Mode & 0o7777, uid: o.users.inside(int(stat.Uid)), gid: o.groups.inside(int(stat.Gid)), mtime: info.ModTime()}
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		e.kind = folderKind
	case syscall.S_IFREG:
		e.kind, e.size = fileKind, info.Size()
	case syscall.S_IFLNK:
		e.kind, e.mode = symlinkKind, 0
	case syscall.S_IFIFO:
		e.kind = pipeKind
	case syscall.S_IFCHR:
		if stat.Rdev != whiteout {
			return e, false
		}
		// A whiteout is a name taken away; who took it does not matter.
		e = entry{path: name, kind: whiteoutKind}
	default:
		return e, false
	}
	return e, true
}

// readXattrs returns the attributes that are part of a layer. Of overlayfs's attributes these are only the ones for merging
// folders: the others refer to inodes of the layers below.
func readXattrs(f *os.File) (map[string]string, error) {
	fd := int(f.Fd())
	size, err := unix.Flistxattr(fd, nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list attributes of %s: %w", f.Name(), err)
	}
	list := make([]byte, size)
	if size, err = unix.Flistxattr(fd, list); err != nil {
		return nil, fmt.Errorf("list attributes of %s: %w", f.Name(), err)
	}
	found := map[string]string{}
	for _, raw := range bytes.Split(bytes.TrimRight(list[:size], "\x00"), []byte{0}) {
		name := string(raw)
		if !carried(name) {
			continue
		}
		value := make([]byte, 64<<10) // XATTR_SIZE_MAX
		n, err := unix.Fgetxattr(fd, name, value)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read attribute %s of %s: %w", name, f.Name(), err)
		}
		found[name] = string(value[:n])
	}
	return found, nil
}

func carried(xattr string) bool {
	if strings.HasPrefix(xattr, "user.overlay.") {
		return xattr == opaque
	}
	return strings.HasPrefix(xattr, "user.") || xattr == "security.capability" || strings.HasPrefix(xattr, "system.posix_acl_")
}

// gone ignores the error that a file no longer exists.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	return err
}
