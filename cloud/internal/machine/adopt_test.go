package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// The host's packages are upgraded and its services come and go while an instance starts for the first time.
func TestFoldersThatVanishAreNoError(t *testing.T) {
	host, dir := t.TempDir(), t.TempDir()
	for _, folder := range []string{"a", "b/c"} {
		if err := os.MkdirAll(filepath.Join(host, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(host, folder, "file"), []byte(folder), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	owners, err := instanceOwners()
	if err != nil {
		t.Fatal(err)
	}
	b := &base{dir: dir, owners: owners}
	if err := b.mirror("/"); err != nil {
		t.Fatal(err)
	}
	// Once the walk knows of b, b goes.
	last := func(path string, _ fs.DirEntry) bool {
		return errors.Join(os.RemoveAll(filepath.Join(host, "b")), os.Remove(path)) != nil
	}
	if err := b.adoptTree(t.Context(), host, extent{depth: 4, files: last}); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, host, "a")); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, host, "b")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the base has a folder that the host had: %v", err)
	}
	for what, err := range map[string]error{
		"hide a folder": b.hideFolder(filepath.Join(host, "b")),
		"hide a file":   b.consider(t.Context(), filepath.Join(host, "b", "file"), unread{}, nil, nil),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// unread is what was known of a file before its folder went.
type unread struct{ os.FileInfo }

func (unread) Mode() os.FileMode { return 0o600 }
