package compute

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// program is the layer of the public image understudy-hello, which has nothing but this program's
// executable under the name of the example service. It is large, so it is named by the file's size and
// time and not by its content's digest, and is made beside the region's start and not before it.
type program struct {
	layer string
	mu    sync.Mutex // held while the layer is made
	made  bool
}

// prepareProgram names the layer, and begins to make it where an earlier start has not.
func (r *Room) prepareProgram() (string, error) {
	info, err := os.Stat(r.cfg.Executable)
	if err != nil {
		return "", err
	}
	r.program.layer = fmt.Sprintf("program-%x-%x", info.Size(), info.ModTime().UnixNano())
	r.Spawn(func() {
		if err := r.awaitProgram(r.program.layer); err != nil && r.Context().Err() == nil {
			r.Log.Error("make image understudy-hello", "err", err)
		}
	})
	return r.program.layer, nil
}

// awaitProgram returns when a layer that is the program's is there. Where it could not be made before, on a
// full disk for one, it is tried again. Other layers are there already.
func (r *Room) awaitProgram(layer string) error {
	if layer != r.program.layer || layer == "" {
		return nil
	}
	r.program.mu.Lock()
	defer r.program.mu.Unlock()
	if r.program.made {
		return nil
	}
	if _, err := os.Stat(r.layerDir(layer)); err != nil {
		if err := r.makeProgram(); err != nil {
			return err
		}
	}
	r.program.made = true
	return nil
}

// makeProgram copies the executable by way of the folder of an instance that wrote it.
func (r *Room) makeProgram() error {
	dir := filepath.Join(r.cfg.Dir, "layers", "new-program")
	if err := os.RemoveAll(dir); err != nil { // a killed region's
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "instance", "upper", "usr", "local", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	if err := copyProgram(r.cfg.Executable, filepath.Join(bin, "hello")); err != nil {
		return err
	}
	if _, err := machine.Bake(r.Context(), filepath.Join(dir, "instance"), filepath.Join(dir, "layer")); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, "layer"), r.layerDir(r.program.layer))
}

// copyProgram copies an executable.
func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
