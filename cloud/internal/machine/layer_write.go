package machine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"golang.org/x/sys/unix"
)

// layerWriter makes entries below a folder. Every name is opened through an os.Root and made relative to its
// folder's descriptor, since the entries may come from an untrusted stream.
type layerWriter struct {
	root    *os.Root
	own     owners
	folders []entry // whose times are set last, since their content changes them
}

func newLayerWriter(dir string) (*layerWriter, error) {
	own, err := instanceOwners()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &layerWriter{root: root, own: own}, nil
}

func (w *layerWriter) close() { w.root.Close() }

// put makes one entry; a file's content is read from an open file, or for a stream by putStream.
func (w *layerWriter) put(e entry, content *os.File) error {
	return w.make(e, func(f *os.File) error { return copyFile(f, content, e.size) })
}

func (w *layerWriter) putStream(e entry, content io.Reader) error {
	return w.make(e, func(f *os.File) error {
		_, err := io.CopyN(f, content, e.size)
		return err
	})
}

func (w *layerWriter) make(e entry, fill func(*os.File) error) error {
	err := w.at(e.path, func(dir int, name string) error {
		if err := w.create(dir, name, e, fill); err != nil {
			return err
		}
		return e.dress(dir, name, w.own)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", e.path, err)
	}
	if e.kind == folderKind {
		w.folders = append(w.folders, e)
	}
	return nil
}

// at calls f with the descriptor of the folder that contains path.
func (w *layerWriter) at(name string, f func(dir int, base string) error) error {
	parent, err := w.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer parent.Close()
	return f(int(parent.Fd()), path.Base(name))
}

func (w *layerWriter) create(dir int, name string, e entry, fill func(*os.File) error) error {
	switch e.kind {
	case folderKind:
		if err := unix.Mkdirat(dir, name, 0o700); err != nil {
			return err
		}
		return writeXattrs(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, e.xattrs)
	case symlinkKind:
		return unix.Symlinkat(e.link, dir, name)
	case whiteoutKind:
		return unix.Mknodat(dir, name, unix.S_IFCHR, whiteout)
	case pipeKind:
		return unix.Mknodat(dir, name, unix.S_IFIFO|0o600, 0)
	case hardLinkKind:
		return w.at(e.link, func(from int, base string) error { return unix.Linkat(from, base, dir, name, 0) })
	case fileKind:
		fd, err := unix.Openat(dir, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), name)
		return errors.Join(fill(f), f.Close())
	}
	return fmt.Errorf("unknown kind %q", e.kind)
}

// dress sets owner, mode, attributes and time, in this order: a change of owner removes set-id bits and file
// capabilities.
func (e entry) dress(dir int, name string, own owners) error {
	if e.kind == hardLinkKind || e.kind == whiteoutKind {
		return nil
	}
	user, known := own.users.outside(e.uid)
	group, knownGroup := own.groups.outside(e.gid)
	if !known || !knownGroup {
		return fmt.Errorf("change owner to %d:%d: instances here have no such user or group", e.uid, e.gid)
	}
	if err := unix.Fchownat(dir, name, user, group, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("change owner to %d:%d: %w", e.uid, e.gid, err)
	}
	if e.kind != symlinkKind {
		if err := unix.Fchmodat(dir, name, e.mode, 0); err != nil {
			return err
		}
	}
	if e.kind == fileKind {
		if err := writeXattrs(dir, name, unix.O_RDONLY, e.xattrs); err != nil {
			return err
		}
	}
	return e.setTime(dir, name)
}

func (e entry) setTime(dir int, name string) error {
	t := unix.NsecToTimespec(e.mtime.UnixNano())
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
}

func writeXattrs(dir int, name string, flags int, xattrs map[string]string) error {
	if len(xattrs) == 0 {
		return nil
	}
	fd, err := unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for key, value := range xattrs {
		if err := unix.Fsetxattr(fd, key, []byte(value), 0); err != nil {
			return fmt.Errorf("set attribute %s: %w", key, err)
		}
	}
	return nil
}

// dressFolder gives a folder that is there already another entry's owner, mode, attributes and time.
func (w *layerWriter) dressFolder(e entry) error {
	err := w.at(e.path, func(dir int, name string) error {
		if err := writeXattrs(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, e.xattrs); err != nil {
			return err
		}
		return e.dress(dir, name, w.own)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", e.path, err)
	}
	w.folders = append(w.folders, e)
	return nil
}

// forgetGone forgets folders that were removed or replaced after they were made.
func (w *layerWriter) forgetGone() error {
	var failed error
	w.folders = slices.DeleteFunc(w.folders, func(e entry) bool {
		info, err := w.root.Lstat(e.path)
		if err != nil && gone(err) != nil {
			failed = err
		}
		return err != nil || !info.IsDir()
	})
	return failed
}

// finish sets the folders' times, the deepest first.
func (w *layerWriter) finish() error {
	for _, e := range slices.Backward(w.folders) {
		if err := w.at(e.path, e.setTime); err != nil {
			return fmt.Errorf("set time of %s: %w", e.path, err)
		}
	}
	return nil
}

// copyFile copies size bytes and leaves holes as holes. Between files the kernel copies, and shares blocks where the file
// system can.
func copyFile(dst, src *os.File, size int64) error {
	if err := dst.Truncate(size); err != nil {
		return err
	}
	return eachPart(src, size, func(begin, end int64) error {
		if _, err := dst.Seek(begin, io.SeekStart); err != nil {
			return err
		}
		if n, err := io.CopyN(dst, src, end-begin); err != nil && !(errors.Is(err, io.EOF) && n >= 0) {
			return err
		}
		return nil
	})
}

// eachPart goes through the parts of a file's first size bytes that are no holes, and has each read from its begin.
func eachPart(f *os.File, size int64, do func(begin, end int64) error) error {
	for at := int64(0); at < size; {
		begin, err := f.Seek(at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return nil // a hole up to the end
		}
		if err != nil {
			return err
		}
		end, err := f.Seek(begin, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if begin >= size {
			return nil
		}
		end = min(end, size)
		if _, err := f.Seek(begin, io.SeekStart); err != nil {
			return err
		}
		if err := do(begin, end); err != nil {
			return err
		}
		at = end
	}
	return nil
}
