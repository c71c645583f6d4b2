package machine

import (
	"fmt"
	"os"
	"path"
	"time"
)

// ProgramLayer makes a layer that has nothing but an executable, at a path in the instance. A program is large and can be
// copied again, so that the layer is complete, but has no digest and need not be on disk yet: after the machine's next boot it
// is to be made again.
func ProgramLayer(executable, at, layerDir string) error {
	f, err := os.Open(executable)
	if err != nil {
		return fmt.Errorf("make layer of a program: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("make layer of a program: %w", err)
	}
	fill := func(w *layerWriter) error {
		if err := w.putFolders(path.Dir(at), info.ModTime()); err != nil {
			return err
		}
		return w.put(entry{path: at, kind: fileKind, mode: 0o755, size: info.Size(), mtime: info.ModTime()}, f)
	}
	if err := place(layerDir, fill, func(string) error { return nil }); err != nil {
		return fmt.Errorf("make layer of %s: %w", executable, err)
	}
	return nil
}

// putFolders makes a folder and those above it.
func (w *layerWriter) putFolders(at string, made time.Time) error {
	if at == "." {
		return nil
	}
	if err := w.putFolders(path.Dir(at), made); err != nil {
		return err
	}
	return w.put(entry{path: at, kind: folderKind, mode: 0o755, mtime: made}, nil)
}
