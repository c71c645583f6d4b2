package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Volume is a disk beside an instance's root: a file of the volume's size, which the instance has under the name of a device.
// It can be read and written at any place as a device can. It cannot be mounted, which the kernel allows to nobody without
// privileges on the host, and can be cut short, since it is a file (docs/cloud.md).
type Volume struct {
	Device string // its path inside, a name in /dev
	Path   string // the file
}

// ErrBusy means that a volume cannot be detached, since a process of the instance has it open.
var ErrBusy = errors.New("a process has the volume open")

// MakeVolume makes a volume's file with nothing in it but, where from is not empty, the content of another file. It takes no
// more space on disk than what is written to it. When it returns, the complete file is on disk or, after an error, none is.
func MakeVolume(ctx context.Context, path, from string, size int64) error {
	return makeVolume(path, func(f *os.File) error { return fillVolume(ctx, f, from, size) })
}

// makeVolume makes a volume's file with what fill writes to it.
func makeVolume(path string, fill func(*os.File) error) error {
	own, err := instanceOwners()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), unfinished)
	if err != nil {
		return err
	}
	err = errors.Join(fill(f), own.giveToRoot(f.Name()))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("make volume: %w", err), vanishedFile(os.Remove(f.Name())))
	}
	return syncFolder(filepath.Dir(path))
}

func vanishedFile(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func fillVolume(ctx context.Context, f *os.File, from string, size int64) error {
	if from != "" {
		source, err := os.Open(from)
		if err != nil {
			return err
		}
		defer source.Close()
		info, err := source.Stat()
		if err != nil {
			return err
		}
		if err := copyFile(f, source, min(size, info.Size())); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.Truncate(size)
}

// GrowVolume gives a volume's file its size, which it may have lost by being cut short.
func GrowVolume(path string, size int64) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() >= size {
		return err
	}
	return os.Truncate(path, size)
}

// opened is a volume whose file is open.
type opened struct {
	device string
	file   *os.File
}

// openVolumes opens the files while this process may still enter the cloud's folder.
func openVolumes(volumes []Volume) (all []opened, err error) {
	for _, v := range volumes {
		fd, err := unix.Open(v.Path, unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if err != nil {
			return nil, fmt.Errorf("open volume %s: %w", v.Device, err)
		}
		all = append(all, opened{v.Device, os.NewFile(uintptr(fd), v.Path)})
	}
	return all, nil
}

// volumeMount are the attributes of a volume's mount.
var volumeMount = unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC}

// mount puts the file into the /dev of a root that is being built.
func (o opened) mount(root string) error {
	defer o.file.Close()
	target := filepath.Join(root, o.device)
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		return err
	}
	if err := unix.Mount(descriptorPath(o.file), target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("attach volume %s: %w", o.device, err)
	}
	return unix.MountSetattr(unix.AT_FDCWD, target, 0, &volumeMount)
}

// Attach gives a running instance a volume.
func (m *Machine) Attach(v Volume) error {
	tree, err := unix.OpenTree(unix.AT_FDCWD, v.Path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return fmt.Errorf("attach volume %s: %w", v.Device, err)
	}
	defer unix.Close(tree)
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &volumeMount); err != nil {
		return fmt.Errorf("attach volume %s: %w", v.Device, err)
	}
	return m.within(func() error {
		if err := os.Remove(v.Device); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(v.Device, nil, 0o600); err != nil {
			return err
		}
		if err := unix.MoveMount(tree, "", unix.AT_FDCWD, v.Device, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("attach volume %s: %w", v.Device, err)
		}
		return nil
	})
}

// Detach takes a volume from a running instance, or fails with ErrBusy. By force it takes it from processes that have it open, too:
// what they have open stays so, but no other process can open it.
func (m *Machine) Detach(device string, force bool) error {
	return m.within(func() error {
		flags := unix.UMOUNT_NOFOLLOW
		if force {
			flags |= unix.MNT_DETACH
		}
		switch err := unix.Unmount(device, flags); {
		case errors.Is(err, unix.EBUSY):
			return ErrBusy
		case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT): // it is none of its mounts
		case err != nil:
			return fmt.Errorf("detach volume %s: %w", device, err)
		}
		return vanishedFile(os.Remove(device))
	})
}

// within calls f in the instance's mount namespace, with files as its root has them. It does not join the user namespace: the right
// to mount there comes from this process's, which is above it (user_namespaces(7)).
func (m *Machine) within(f func() error) error {
	own, err := instanceOwners()
	if err != nil {
		return err
	}
	fd, err := unix.PidfdOpen(m.cmd.Process.Pid, 0)
	if err != nil {
		return fmt.Errorf("find the instance: %w", err)
	}
	defer unix.Close(fd)
	user, _ := own.users.outside(0)
	group, _ := own.groups.outside(0)
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		if err := unix.Setns(fd, unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("enter the instance: %w", err)
		}
		if err := errors.Join(unix.Setfsgid(group), unix.Setfsuid(user)); err != nil {
			return err
		}
		return f()
	})
}
