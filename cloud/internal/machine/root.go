package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// staging is where an instance's root is mounted, in its own mount namespace: a folder that every host has, that
// all users may enter, and that instances do not see.
const staging = "/sys"

// folder is one of those that an instance's root is made of.
type folder struct {
	name string
	host string // the host's, the lowest layer; "" for none
}

// rootFolders are the root itself, the folders it shares with the host, and those that begin empty. An image that is a whole
// root is one folder.
func rootFolders(layers []string, base string) []folder {
	all := []folder{{name: rootLayer}}
	if slices.ContainsFunc(layers, isWhole) {
		return all
	}
	for _, name := range topFolders {
		info, err := os.Lstat("/" + name)
		if err != nil || !info.IsDir() {
			continue // absent, or a symlink, which the skeleton has
		}
		f := folder{name: name, host: "/" + name}
		if hidesAll(base, name) {
			f.host = ""
		}
		all = append(all, f)
	}
	for _, name := range ownFolders {
		all = append(all, folder{name: name})
	}
	return all
}

// lower are a folder's layers that lie in the cloud's own folder, the topmost first: the image's, then the base's.
func (f folder) lower(layers []string, base string) []string {
	var found []string
	for _, layer := range append(slices.Clone(layers), base) {
		path := filepath.Join(layer, f.name)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			found = append(found, path)
		}
		if isWhole(layer) {
			break
		}
	}
	return found
}

// makeUppers makes the folders of an instance's writable layer, which belong to its root. The region does this, since the
// instance's root may not enter the folder that they are in.
func makeUppers(spec Spec, base string, own owners) error {
	for _, layer := range spec.Layers {
		if _, err := os.Stat(layer); err != nil {
			return fmt.Errorf("image layer: %w", err)
		}
	}
	for _, f := range rootFolders(spec.Layers, base) {
		work := filepath.Join(workDir(spec.Dir), f.name)
		if err := os.MkdirAll(work, 0o700); err != nil {
			return err
		}
		if err := own.giveToRoot(work); err != nil {
			return err
		}
		if err := makeUpper(upperOf(spec.Dir, f.name), f.lower(spec.Layers, base), own); err != nil {
			return err
		}
	}
	return nil
}

// makeUpper makes a writable layer's top folder, whose mode and owner the merged folder takes from the topmost below.
func makeUpper(path string, lower []string, own owners) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if len(lower) == 0 {
		return own.giveToRoot(path)
	}
	info, err := os.Lstat(lower[0])
	if err != nil {
		return err
	}
	like := info.Sys().(*syscall.Stat_t)
	return errors.Join(os.Lchown(path, int(like.Uid), int(like.Gid)), os.Chmod(path, info.Mode()))
}

// overlay is a folder's layers, open.
type overlay struct {
	name        string
	lower       []*os.File // the topmost first
	upper, work *os.File
}

// openOverlays opens the layers of all folders while this process may still enter the cloud's folder. Layers are named
// by descriptors from here on: paths would need escaping, fill the one page that the options may take, and
// be visible inside.
func openOverlays(config bootConfig) ([]overlay, error) {
	var all []overlay
	for _, f := range rootFolders(config.Layers, config.Base) {
		o := overlay{name: f.name}
		sources := f.lower(config.Layers, config.Base)
		if f.host != "" {
			sources = append(sources, f.host)
		}
		for _, source := range sources {
			opened, err := openFolder(source)
			if err != nil {
				return nil, err
			}
			o.lower = append(o.lower, opened)
		}
		var err error
		if o.upper, err = openFolder(upperOf(config.Dir, f.name)); err != nil {
			return nil, err
		}
		if o.work, err = openFolder(filepath.Join(workDir(config.Dir), f.name)); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// enterRoot builds the instance's root, makes it this process's root, and unmounts the host's.
//
// The root is an overlay whose lowest layer is a skeleton of empty folders and of the host's top-level
// symlinks. Over each folder goes an overlay of the layers' folders of that name, the base's, and the host's.
func enterRoot(config bootConfig, overlays []overlay, volumes []opened) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for _, o := range overlays {
		target := staging
		if o.name != rootLayer {
			target = filepath.Join(staging, o.name)
		}
		if err := o.mount(target); err != nil {
			return err
		}
	}
	if err := mountSystem(config, staging); err != nil {
		return err
	}
	for _, v := range volumes {
		if err := v.mount(staging); err != nil {
			return err
		}
	}
	if err := unix.Sethostname([]byte(config.Hostname)); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	return pivot(staging)
}

func (o overlay) mount(target string) error {
	var lower []string
	for _, f := range o.lower {
		lower = append(lower, descriptorPath(f))
		defer f.Close()
	}
	defer o.upper.Close()
	defer o.work.Close()
	options := fmt.Sprintf("userxattr,index=off,lowerdir=%s,upperdir=%s,workdir=%s",
		strings.Join(lower, ":"), descriptorPath(o.upper), descriptorPath(o.work))
	if err := unix.Mount("overlay", target, "overlay", unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("mount overlay for %s (writable layer in %s): %w", o.name, o.upper.Name(), err)
	}
	// The kernel makes a folder of mode 0 in the work folder, which an unprivileged user could not remove
	// later: it has no use for the mode.
	return os.Chmod(filepath.Join(descriptorPath(o.work), "work"), 0o700)
}

func openFolder(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

func descriptorPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// pivot makes root this process's root and drops the old one: with both names the same the old root
// ends up on top of the new, where it is unmounted (pivot_root(2), NOTES).
func pivot(root string) error {
	if err := unix.Chdir(root); err != nil {
		return fmt.Errorf("enter %s: %w", root, err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("drop the host's root: %w", err)
	}
	return unix.Chdir("/")
}
