package compute

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What was copied before the machine's last boot may be there by its name only.
func TestProgramIsCopiedAgainAfterABoot(t *testing.T) {
	r := &Room{cfg: Config{Dir: t.TempDir()}}
	r.program.layer = "program-1-2"
	layer := r.layerDir(r.program.layer)
	mark := filepath.Join(r.cfg.Dir, "program-boot")
	for _, x := range []struct {
		what   string
		before func() error
		stays  bool
	}{
		{"of a start before marks were made", func() error { return nil }, false},
		{"of this boot", func() error { return nil }, true},
		{"of an earlier boot", func() error { return os.WriteFile(mark, []byte("another\n"), 0o600) }, false},
	} {
		if err := errors.Join(os.MkdirAll(layer, 0o700), x.before(), r.dropUnsynced()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(layer); errors.Is(err, fs.ErrNotExist) == x.stays {
			t.Errorf("a layer %s: stays must be %v, %v", x.what, x.stays, err)
		}
	}
}
