package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// What container runtimes hide of /proc, or show read-only: where root here is root on the host, these
// would change or reveal more than the instance.
var (
	maskedProc = []string{
		"kcore",
		"keys",
		"key-users",
		"timer_list",
		"latency_stats",
		"sched_debug",
		"kmsg",
		"kallsyms",
		"kpagecount",
		"kpageflags",
		"kpagecgroup",
		"vmallocinfo",
		"slabinfo",
		"acpi",
		"scsi",
		"asound",
		"dynamic_debug",
		"driver",
	}
	readOnlyProc = []string{"bus", "fs", "irq", "sys", "sysrq-trigger", "mtrr", "pressure"}
)

// tmpfsShare is the part of an instance's memory that each of its tmpfs may fill, as one over so many.
const tmpfsShare = 4

const volatile = unix.MS_NOSUID | unix.MS_NODEV

// mountSystem gives the root what no layer holds: /proc, /sys, /dev, /run and /tmp.
func mountSystem(config bootConfig, root string) error {
	size := tmpfsSize(config.Memory)
	for _, m := range []struct {
		name, kind, options string
		flags               uintptr
	}{
		{"proc", "proc", "", volatile | unix.MS_NOEXEC},
		{"sys", "tmpfs", "mode=555,size=4k", volatile | unix.MS_NOEXEC | unix.MS_RDONLY},
		{"run", "tmpfs", "mode=755," + size, volatile},
		{"tmp", "tmpfs", "mode=1777," + size, volatile},
		{"dev", "tmpfs", "mode=755,size=64k", unix.MS_NOSUID},
	} {
		if err := unix.Mount(m.kind, filepath.Join(root, m.name), m.kind, m.flags, m.options); err != nil {
			return fmt.Errorf("mount /%s: %w", m.name, err)
		}
	}
	if err := mountDevices(config, filepath.Join(root, "dev")); err != nil {
		return err
	}
	if err := limitNamespaces(filepath.Join(root, "proc/sys"), config.Memory); err != nil {
		return err
	}
	return guardProc(root)
}

func tmpfsSize(memory int64) string {
	if memory == 0 {
		return "size=25%" // of the host's
	}
	return fmt.Sprintf("size=%d", memory/tmpfsShare)
}

// mountDevices shows the host's devices that are open to all. The kernel lets no instance make nodes of its own. They are
// mounted read-only: what is written to a device does not count as a change of its file, but a new mode, owner, time or
// attribute does (mount(2), MS_RDONLY).
func mountDevices(config bootConfig, dev string) error {
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		target := filepath.Join(dev, name)
		if err := os.WriteFile(target, nil, 0o666); err != nil {
			return err
		}
		if err := bindReadOnly("/dev/"+name, target, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return err
		}
	}
	if err := unix.Mkfifo(filepath.Join(dev, "console"), 0o622); err != nil {
		return fmt.Errorf("make /dev/console: %w", err)
	}
	// Services that have given up root open /dev/stdout anew, which is this.
	if err := os.Chmod(filepath.Join(dev, "console"), 0o622); err != nil {
		return err
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{"pts", "shm"} {
		if err := os.Mkdir(filepath.Join(dev, name), 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("tmpfs", filepath.Join(dev, "shm"), "tmpfs", volatile, "mode=1777,"+tmpfsSize(config.Memory)); err != nil {
		return fmt.Errorf("mount /dev/shm: %w", err)
	}
	return mountTerminals(filepath.Join(dev, "pts"))
}

// mountTerminals gives terminals to group 5, which is tty on all the usual systems, where that id is mapped.
func mountTerminals(target string) error {
	const options = "newinstance,ptmxmode=0666,mode=0620"
	flags := uintptr(unix.MS_NOSUID | unix.MS_NOEXEC)
	if unix.Mount("devpts", target, "devpts", flags, options+",gid=5") == nil {
		return nil
	}
	if err := unix.Mount("devpts", target, "devpts", flags, options); err != nil {
		return fmt.Errorf("mount /dev/pts: %w", err)
	}
	return nil
}

// bindReadOnly shows source at target, where nothing of its inode can be changed. A file at target must be there.
func bindReadOnly(source, target string, attributes uint64) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | attributes}
	if err := unix.MountSetattr(unix.AT_FDCWD, target, unix.AT_RECURSIVE, &attr); err != nil {
		return fmt.Errorf("make %s read-only: %w", target, err)
	}
	return nil
}

func guardProc(root string) error {
	proc := filepath.Join(root, "proc")
	for _, name := range maskedProc {
		path := filepath.Join(proc, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.IsDir() {
			err = unix.Mount("tmpfs", path, "tmpfs", volatile|unix.MS_NOEXEC|unix.MS_RDONLY, "size=4k,mode=555")
		} else {
			err = bindReadOnly(filepath.Join(root, "dev/null"), path, 0)
		}
		if err != nil {
			return fmt.Errorf("mask /proc/%s: %w", name, err)
		}
	}
	for _, name := range readOnlyProc {
		path := filepath.Join(proc, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := bindReadOnly(path, path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return err
		}
	}
	return nil
}
