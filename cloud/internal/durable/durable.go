// Package durable writes small files that must not be lost or found half.
package durable

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// Write replaces a file completely or not at all, readable by its owner only. A file that already has the content is
// not written: a start that changes nothing needs no space on the disk.
func Write(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		// A copied folder may have other modes; only the owner may read a secret.
		return os.Chmod(path, 0o600)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
