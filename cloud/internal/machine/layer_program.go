package machine

import (
	"context"
	"fmt"
	"os"
	"path"
	"time"
)

// ProgramLayer makes a layer that has nothing but an executable, at a path in the instance, with Bake's promises.
func ProgramLayer(ctx context.Context, executable, at, layerDir string) (Layer, error) {
	f, err := os.Open(executable)
	if err != nil {
		return Layer{}, fmt.Errorf("make layer of a program: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Layer{}, fmt.Errorf("make layer of a program: %w", err)
	}
	layer, err := build(ctx, layerDir, func(w *layerWriter) error {
		if err := w.putFolders(path.Dir(at), info.ModTime()); err != nil {
			return err
		}
		return w.put(entry{path: at, kind: fileKind, mode: 0o755, size: info.Size(), mtime: info.ModTime()}, f)
	})
	if err != nil {
		return Layer{}, fmt.Errorf("make layer of %s: %w", executable, err)
	}
	return layer, nil
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
