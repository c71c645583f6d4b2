package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Layer describes an image layer on disk. It has a folder for each top-level folder that it changes, and one
// for the root itself, in the form of overlayfs: with whiteouts for what it removes.
type Layer struct {
	Digest string // sha256:..., equal for equal content whenever and wherever it was made
	Size   int64  // bytes in regular files
}

// unfinished begins the names of folders in which layers are being made.
const unfinished = ".new-"

// perInstance are the files of an instance that no image has: what each boot writes anew, and the memory of
// which user data has run. See cloud-init, "clean".
func perInstance(path string) bool {
	switch strings.TrimPrefix(path, rootLayer+"/") { // a whole root has its folders there
	case "etc/hostname", "etc/hosts", "etc/resolv.conf", "var/lib/cloud/instance", "var/lib/cloud/instances":
		return true
	}
	return false
}

// Bake makes a layer from what the instance in instanceDir has written. If the instance runs, the layer has what a
// disk would have after a power failure. When Bake returns, the complete layer is on disk or, after an error, nothing
// is; layerDir must not exist.
func Bake(ctx context.Context, instanceDir, layerDir string) (Layer, error) {
	layer, err := build(ctx, layerDir, func(w *layerWriter) error {
		return walkLayer(ctx, upperDir(instanceDir), perInstance, w.put)
	})
	if err != nil {
		return Layer{}, fmt.Errorf("bake %s: %w", layerDir, err)
	}
	return layer, nil
}

// CopyLayer copies a layer, with Bake's promises, and fails unless the copy has the original's digest.
func CopyLayer(ctx context.Context, src, dst string) (Layer, error) {
	original, err := Verify(ctx, src)
	if err != nil {
		return Layer{}, err
	}
	layer, err := buildChecked(ctx, dst, original.Digest, func(w *layerWriter) error {
		return walkLayer(ctx, src, nil, w.put)
	})
	if err != nil {
		return Layer{}, fmt.Errorf("copy layer %s to %s: %w", src, dst, err)
	}
	return layer, nil
}

// CleanLayers removes unfinished layers that a killed process left in dir, the folder of the layers. Call it
// before the first layer is made.
func CleanLayers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), unfinished) {
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func build(ctx context.Context, dst string, fill func(*layerWriter) error) (Layer, error) {
	return buildChecked(ctx, dst, "", fill)
}

// buildChecked makes a layer that is complete and on disk when it gets its name.
func buildChecked(ctx context.Context, dst, digest string, fill func(*layerWriter) error) (layer Layer, err error) {
	err = place(dst, fill, func(temp string) (err error) {
		if layer, err = Verify(ctx, temp); err != nil {
			return err
		}
		if digest != "" && layer.Digest != digest {
			return fmt.Errorf("the digest is %s, want %s", layer.Digest, digest)
		}
		return syncAll(temp)
	})
	if err != nil {
		return Layer{}, err
	}
	return layer, syncFolder(filepath.Dir(dst))
}

// place fills a new folder beside dst, and renames it to dst once it is as seal wants it.
func place(dst string, fill func(*layerWriter) error, seal func(temp string) error) (err error) {
	if _, err := os.Lstat(dst); err == nil {
		return &os.PathError{Op: "make", Path: dst, Err: os.ErrExist}
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o700); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dst), unfinished)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := fillFolder(temp, fill); err != nil {
		return err
	}
	if err := seal(temp); err != nil {
		return err
	}
	return os.Rename(temp, dst)
}

func fillFolder(dir string, fill func(*layerWriter) error) error {
	w, err := newLayerWriter(dir)
	if err != nil {
		return err
	}
	defer w.close()
	if err := fill(w); err != nil {
		return err
	}
	return w.finish()
}

// syncAll syncs the whole file system, with one call instead of one for each file of a layer.
func syncAll(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
