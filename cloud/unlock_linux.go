package cloud

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// awaitEnd returns when the process that ran a cloud has ended; if that is this process, when it
// has unlocked the folder.
func awaitEnd(ctx context.Context, dir string, runner *os.Process) error {
	if runner.Pid == os.Getpid() {
		return awaitUnlock(ctx, dir)
	}
	f, err := openProcess(runner.Pid)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return awaitProcess(ctx, f)
}

// openProcess opens a process, so that its end can be awaited even if it is not a child of this one.
func openProcess(pid int) (*os.File, error) {
	raw, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, err
	}
	// A pidfd is readable once its process has ended (pidfd_open(2)), and the poller can wait for that.
	if err := unix.SetNonblock(raw, true); err != nil {
		return nil, errors.Join(err, unix.Close(raw))
	}
	return os.NewFile(uintptr(raw), "process"), nil
}

// awaitProcess returns when an open process has ended.
func awaitProcess(ctx context.Context, f *os.File) error {
	stop := context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Now()) })
	defer stop()
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	err = conn.Read(func(fd uintptr) bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return n > 0 || err != nil && err != unix.EINTR
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// awaitUnlock returns when no process holds the folder any more.
func awaitUnlock(ctx context.Context, dir string) error {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if os.IsNotExist(err) {
		return nil // a temporary folder, gone with its cloud
	}
	if err != nil {
		return err
	}
	free := make(chan error, 1)
	go func() {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		// Unlocked before the return, since the caller may lock it next.
		free <- errors.Join(err, unlockFolder(f))
	}()
	select {
	case err := <-free:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
