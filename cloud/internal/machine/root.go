package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// enterRoot builds the instance's root and makes it this process's, with the host's gone.
//
// The root is an overlay whose lowest layer is a skeleton of empty folders and of the host's top-level
// symlinks. Over each folder goes an overlay of the layers' folders of that name, the mask, and the host's.
func enterRoot(config bootConfig) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for _, layer := range config.Layers {
		if _, err := os.Stat(layer); err != nil {
			return fmt.Errorf("image layer: %w", err)
		}
	}
	root := filepath.Join(config.Dir, "root")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	if err := mountOverlay(config, rootLayer, root, ""); err != nil {
		return err
	}
	if err := mountFolders(config, root); err != nil {
		return err
	}
	if err := mountSystem(config, root); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(config.Hostname)); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	return pivot(root)
}

func mountFolders(config bootConfig, root string) error {
	for _, name := range topFolders {
		info, err := os.Lstat("/" + name)
		if err != nil || !info.IsDir() {
			continue // absent, or a symlink, which the skeleton has
		}
		host := "/" + name
		if hidesAll(config.Base, name) {
			host = ""
		}
		if err := mountOverlay(config, name, filepath.Join(root, name), host); err != nil {
			return err
		}
	}
	for _, name := range ownFolders {
		if err := mountOverlay(config, name, filepath.Join(root, name), ""); err != nil {
			return err
		}
	}
	return nil
}

// mountOverlay mounts one folder of the instance: the layers' of that name, then the base's, then host.
// Layers are named by descriptors: paths would need escaping, fill the one page that the options may
// take, and be visible inside.
func mountOverlay(config bootConfig, name, target, host string) error {
	var lower []string
	sources := append(layerFolders(config.Layers, name), filepath.Join(config.Base, name))
	if host != "" {
		sources = append(sources, host)
	}
	var topmost os.FileInfo
	for _, source := range sources {
		f, err := openFolder(source)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		defer f.Close()
		if topmost == nil {
			if topmost, err = f.Stat(); err != nil {
				return err
			}
		}
		lower = append(lower, descriptorPath(f))
	}
	upper, work := upperOf(config.Dir, name), filepath.Join(workDir(config.Dir), name)
	if err := makeUpper(upper, topmost); err != nil {
		return err
	}
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	return mountLayers(name, target, lower, upper, work)
}

func mountLayers(name, target string, lower []string, upper, work string) error {
	up, err := openFolder(upper)
	if err != nil {
		return err
	}
	defer up.Close()
	wk, err := openFolder(work)
	if err != nil {
		return err
	}
	defer wk.Close()
	options := fmt.Sprintf("userxattr,index=off,lowerdir=%s,upperdir=%s,workdir=%s",
		strings.Join(lower, ":"), descriptorPath(up), descriptorPath(wk))
	if err := unix.Mount("overlay", target, "overlay", 0, options); err != nil {
		return fmt.Errorf("mount overlay for %s (writable layer in %s): %w", name, upper, err)
	}
	// The kernel makes a folder of mode 0 in the work folder, which an unprivileged user could not remove
	// later: it has no use for the mode.
	return os.Chmod(filepath.Join(work, "work"), 0o700)
}

func layerFolders(layers []string, name string) []string {
	var folders []string
	for _, layer := range layers {
		folders = append(folders, filepath.Join(layer, name))
	}
	return folders
}

func openFolder(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

func descriptorPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// makeUpper makes a writable layer's top folder, whose mode and owner the merged folder takes.
func makeUpper(path string, like os.FileInfo) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return copyOwnerAndMode(path, like)
}

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
