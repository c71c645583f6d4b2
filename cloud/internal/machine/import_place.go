package machine

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// mostLinks is how many symlinks a name may lead through, as in the kernel (MAXSYMLINKS in linux/namei.h).
const mostLinks = 40

// hostFolders are those of the host's root that instances see, and those that they have of their own.
func hostFolders() (names []string) {
	for _, f := range rootFolders(nil, "") {
		if f.name != rootLayer {
			names = append(names, f.name)
		}
	}
	return names
}

// isHosts tells whether an entry is left to the host: folders that the host has, whose owner and mode are the host's, and what is
// beside them at the top, as the symlink /bin is where it is part of /usr.
func (i *importer) isHosts(full string, typeflag byte) bool {
	if !i.tree.OnHost {
		return false
	}
	if typeflag == tar.TypeDir {
		info, err := os.Stat("/" + full)
		return err == nil && info.IsDir() && slices.Contains(i.host, topOf(full))
	}
	return slices.Contains(i.host, full) || slices.Contains(topFolders, full) && i.hostLink(full) != ""
}

// hostLink is where a symlink of the host leads that instances see.
func (i *importer) hostLink(full string) string {
	if !i.tree.OnHost || !slices.Contains(topFolders, topOf(full)) {
		return ""
	}
	target, _ := os.Readlink("/" + full) // an error: it is none
	return target
}

func topOf(full string) string {
	top, _, _ := strings.Cut(full, "/")
	return top
}

// place is where a name of the tree lies in the layer.
func (i *importer) place(full string) string {
	if i.tree.OnHost && slices.Contains(i.host, topOf(full)) {
		return full
	}
	return path.Join(rootLayer, full)
}

// folder finds a folder of the tree, and makes it where no entry has. Symlinks are followed within the tree, as an instance
// would follow them: some builders name files by them.
func (i *importer) folder(name string) (string, error) {
	if real, ok := i.real[name]; ok {
		return real, nil
	}
	at, rest := "", strings.Split(strings.TrimPrefix(name, "/"), "/")
	for links := 0; len(rest) > 0; {
		step := rest[0]
		rest = rest[1:]
		if step == "" || step == "." {
			continue
		}
		if step == ".." {
			at = strings.TrimPrefix(path.Dir("/"+at), "/")
			continue
		}
		target, err := i.step(path.Join(at, step))
		if err != nil {
			return "", err
		}
		if target == "" {
			at = path.Join(at, step)
			continue
		}
		if links++; links > mostLinks {
			return "", fmt.Errorf("%w: its folder %q is behind a circle of links", ErrTree, name)
		}
		if path.IsAbs(target) {
			at = ""
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	i.real[name] = at
	return at, nil
}

// step looks at one folder on the way to another: a symlink's target, or "" for a folder, which it makes if need be.
func (i *importer) step(full string) (link string, err error) {
	at := i.place(full)
	info, err := i.w.root.Lstat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if link := i.hostLink(full); link != "" {
			return link, nil
		}
		return "", i.makeFolder(full, at)
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		return i.w.root.Readlink(at)
	case !info.IsDir():
		return "", fmt.Errorf("%w: its entry %q is a file and has others in it", ErrTree, full)
	}
	return "", nil
}

// makeFolder makes a folder with the host's owner and mode, or where the host has none, root's.
func (i *importer) makeFolder(full, at string) error {
	if info, err := os.Stat("/" + full); i.tree.OnHost && err == nil && info.IsDir() && slices.Contains(i.host, topOf(full)) {
		if err := i.w.root.Mkdir(at, 0o700); err != nil {
			return err
		}
		return i.w.own.give(path.Join(i.w.root.Name(), at), info)
	}
	return i.w.put(entry{path: at, kind: folderKind, mode: 0o755}, nil)
}
