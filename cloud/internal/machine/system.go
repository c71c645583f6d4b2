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
	maskedProc = []string{"kcore", "keys", "key-users", "timer_list", "latency_stats", "sched_debug", "kmsg", "kallsyms", "kpagecount", "kpageflags", "kpagecgroup",
		"vmallocinfo", "slabinfo", "acpi", "scsi", "asound", "dynamic_debug", "driver"}
	readOnlyProc = []string{"bus", "fs", "irq", "sys", "sysrq-trigger", "mtrr", "pressure"}
)

const volatile = unix.MS_NOSUID | unix.MS_NODEV

// mountSystem gives the root what no layer holds: /proc, /sys, /dev, /run and /tmp.
func mountSystem(config bootConfig, root string) error {
	for _, m := range []struct {
		name, kind, options string
		flags               uintptr
	}{
		{"proc", "proc", "", volatile | unix.MS_NOEXEC},
		{"sys", "tmpfs", "mode=555,size=4k", volatile | unix.MS_NOEXEC | unix.MS_RDONLY},
		{"run", "tmpfs", "mode=755,size=25%", volatile},
		{"tmp", "tmpfs", "mode=1777,size=25%", volatile},
		{"dev", "tmpfs", "mode=755,size=64k", unix.MS_NOSUID},
	} {
		if err := unix.Mount(m.kind, filepath.Join(root, m.name), m.kind, m.flags, m.options); err != nil {
			return fmt.Errorf("mount /%s: %w", m.name, err)
		}
	}
	if err := mountDevices(config, filepath.Join(root, "dev")); err != nil {
		return err
	}
	return guardProc(filepath.Join(root, "proc"))
}

func mountDevices(config bootConfig, dev string) error {
	sources := map[string]string{"console": consoleFIFO(config.Dir)}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		sources[name] = "/dev/" + name
	}
	for name, source := range sources {
		target := filepath.Join(dev, name)
		if err := os.WriteFile(target, nil, 0o666); err != nil {
			return err
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount /dev/%s: %w", name, err)
		}
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
	if err := unix.Mount("tmpfs", filepath.Join(dev, "shm"), "tmpfs", volatile, "mode=1777,size=25%"); err != nil {
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

func guardProc(proc string) error {
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
			err = unix.Mount("/dev/null", path, "", unix.MS_BIND, "")
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
		if err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind /proc/%s: %w", name, err)
		}
		flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY | volatile | unix.MS_NOEXEC)
		if err := unix.Mount("", path, "", flags, ""); err != nil {
			return fmt.Errorf("make /proc/%s read-only: %w", name, err)
		}
	}
	return nil
}
