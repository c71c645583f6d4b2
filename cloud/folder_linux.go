package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/world"
)

// takeFolder makes and locks the folder, and reads what it keeps.
func (c *Cloud) takeFolder(o Options) (err error) {
	c.dir = o.Dir
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "understudy-*"); err != nil {
			return err
		}
		c.temporary = true
	}
	if c.dir, err = filepath.Abs(c.dir); err != nil {
		return err
	}
	for _, sub := range []string{"", "run", "log", "regions", world.Route53, world.Identity} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return err
		}
	}
	if c.lock, err = lockFolder(c.dir); err != nil {
		return err
	}
	if c.settings, err = loadSettings(c.dir, o); err != nil {
		return err
	}
	c.keys, err = loadCredentials(c.dir, o.Credentials)
	return err
}

// lockFolder locks the folder for this process. The kernel unlocks it when the process ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		pid, _ := io.ReadAll(f)
		return nil, fmt.Errorf("%w: %s, process %s", ErrInUse, dir, bytes.TrimSpace(pid))
	}
	// Written over the previous one, of the same length, so that it also works on a full disk.
	if _, err := fmt.Fprintf(f, "%10d\n", os.Getpid()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unlockFolder unlocks the folder. Closing the file alone is not enough: a child process that this program is
// just starting shares the lock until its execve (flock(2)).
func unlockFolder(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}
