package cloud

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
)

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
		defer f.Close()
		free <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}()
	select {
	case err := <-free:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
