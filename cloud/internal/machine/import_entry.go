package machine

import (
	"archive/tar"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// The names by which layers of OCI images remove others (OCI image specification, "Whiteouts" and "Opaque Whiteout").
const (
	ociWhiteout = ".wh."
	ociOpaque   = ".wh..wh..opq"
)

// one applies an entry of a stream.
func (i *importer) one(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	if slices.Contains(strings.Split(h.Name, "/"), "..") {
		return fmt.Errorf("%w: its entry %q leads out of it", ErrTree, h.Name)
	}
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/") // names may begin with / or ./
	if name == "" {
		return nil // the root itself
	}
	folder, err := i.folder(path.Dir(name))
	if err != nil {
		return err
	}
	full := path.Join(folder, path.Base(name))
	if _, ok := systemFolders[topOf(full)]; ok {
		return nil
	}
	if base := path.Base(full); i.tree.Whiteouts && strings.HasPrefix(base, ociWhiteout) {
		return i.remove(folder, base)
	}
	if i.isHosts(full, h.Typeflag) {
		return nil
	}
	e, ok, err := i.entry(full, h)
	if err != nil || !ok {
		return err
	}
	return i.write(full, e, content)
}

// remove applies a whiteout to what earlier streams have written and, of a tree that lies over the host's root, to the host's.
func (i *importer) remove(folder, base string) error {
	clear(i.real)
	if base != ociOpaque {
		gone := path.Join(folder, strings.TrimPrefix(base, ociWhiteout))
		if i.written[gone] || strings.HasPrefix(base, ociWhiteout+ociWhiteout) { // the latter are of aufs itself
			return nil
		}
		if err := i.w.root.RemoveAll(i.place(gone)); err != nil || !i.overHost(gone) {
			return err
		}
		return i.w.put(entry{path: i.place(gone), kind: whiteoutKind}, nil)
	}
	f, err := i.w.root.Open(i.place(folder))
	if err != nil {
		return err
	}
	defer f.Close()
	if i.overHost(folder) {
		if err := unix.Fsetxattr(int(f.Fd()), opaque, []byte("y"), 0); err != nil {
			return err
		}
	}
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		if gone := path.Join(folder, name); err == nil && !i.written[gone] {
			if _, system := systemFolders[gone]; !system {
				err = i.w.root.RemoveAll(i.place(gone))
			}
		}
	}
	return err
}

// overHost tells whether the host's name would be seen where the tree has none.
func (i *importer) overHost(full string) bool {
	return i.tree.OnHost && slices.Contains(i.host, topOf(full))
}

// entry reads a header; false for what instances do not have.
func (i *importer) entry(full string, h *tar.Header) (e entry, ok bool, err error) {
	e = entry{path: i.place(full), mode: uint32(h.Mode) & 0o7777, uid: h.Uid, gid: h.Gid, mtime: h.ModTime, xattrs: map[string]string{}}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		e.kind, e.size = fileKind, h.Size
		if i.free -= h.Size; i.free < 0 {
			return e, false, fmt.Errorf("%w: its files are larger than an image's disk of %d GiB", ErrTree, int64(Disk>>30))
		}
	case tar.TypeDir:
		e.kind = folderKind
	case tar.TypeSymlink:
		e.kind, e.link = symlinkKind, h.Linkname
	case tar.TypeFifo:
		e.kind = pipeKind
	case tar.TypeLink:
		e.kind = hardLinkKind
		if e.link, err = i.linked(h); err != nil {
			return e, false, err
		}
	case tar.TypeChar, tar.TypeBlock:
		i.left["devices are left out: an instance has devices of its own"]++
		return e, false, nil
	default:
		return e, false, fmt.Errorf("%w: its entry %q is of the type %q, which is none of a file system's", ErrTree, h.Name, h.Typeflag)
	}
	if i.w.own.alone() && (e.uid != 0 || e.gid != 0) {
		i.left["entries belong to root: instances of a cloud that an unprivileged user started have no other user"]++
		e.uid, e.gid = 0, 0
	}
	return e, true, i.attributes(e.xattrs, h)
}

// linked finds what a hard link is to.
func (i *importer) linked(h *tar.Header) (string, error) {
	name := path.Clean("/" + h.Linkname)
	folder, err := i.folder(path.Dir(name))
	if err != nil {
		return "", err
	}
	at := i.place(path.Join(folder, path.Base(name)))
	if info, err := i.w.root.Lstat(at); err != nil || info.IsDir() {
		return "", fmt.Errorf("%w: its entry %q is a link to %q, which it does not have", ErrTree, h.Name, h.Linkname)
	}
	return at, nil
}

// attributes takes over those of a file that mean the same in an instance. Access control lists have ids of the machine that
// they come from, and the attributes of overlayfs would hide what is below.
func (i *importer) attributes(to map[string]string, h *tar.Header) error {
	for record, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(record, xattrRecord)
		switch {
		case !ok:
		case name == "security.capability":
			root, _ := i.w.own.users.outside(0)
			owned, err := ownCapability(value, root)
			if err != nil {
				return fmt.Errorf("%w: its entry %q: %w", ErrTree, h.Name, err)
			}
			to[name] = owned
		case strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, "user.overlay."):
			to[name] = value
		default:
			i.left["attributes are left out: only capabilities and those in user. are kept"]++
		}
	}
	return nil
}

// ownCapability binds a file's capabilities to the root of instances, as the kernel does with those that are set in a user
// namespace: struct vfs_ns_cap_data in linux/capability.h has the root's id after what struct vfs_cap_data has.
func ownCapability(value string, root int) (string, error) {
	const revisionMask, revision2, revision3, length2 = 0xff000000, 0x02000000, 0x03000000, 20
	b := []byte(value)
	if len(b) < length2 {
		return "", errors.New("its capabilities are of an unknown form")
	}
	magic := binary.LittleEndian.Uint32(b)
	if magic&revisionMask != revision2 && magic&revisionMask != revision3 {
		return "", errors.New("its capabilities are of an unknown revision")
	}
	b = b[:length2]
	binary.LittleEndian.PutUint32(b, magic&^revisionMask|revision3)
	return string(binary.LittleEndian.AppendUint32(b, uint32(root))), nil
}

// write puts an entry in the place of whatever an earlier one has put there; two folders become one.
func (i *importer) write(full string, e entry, content io.Reader) error {
	i.written[full] = true
	info, err := i.w.root.Lstat(e.path)
	switch {
	case err == nil && info.IsDir() && e.kind == folderKind:
		return i.w.dressFolder(e)
	case err == nil && e.kind == hardLinkKind && e.link == e.path:
		return nil
	case err == nil:
		clear(i.real)
		if err := i.w.root.RemoveAll(e.path); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return i.w.putStream(e, content)
}
