package compute

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// program is the layer of the public image understudy-hello, which has nothing but this program's
// executable under the name of the example service. It is large, so it is named by the file's size and
// time and not by its content's digest, is not waited for until it is on disk, and is made beside the region's
// start and not before it.
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
	if err := r.dropUnsynced(); err != nil {
		return "", err
	}
	r.Spawn(func() {
		if err := r.awaitProgram(r.program.layer); err != nil && r.Context().Err() == nil {
			r.Log.Error("make image understudy-hello", "err", err)
		}
	})
	return r.program.layer, nil
}

// dropUnsynced removes the layer if the machine was booted since it was made: a power failure may have left it without
// its content. No instance runs on it yet.
func (r *Room) dropUnsynced() error {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id") // random(4): another one after each boot
	if err != nil {
		return err
	}
	mark := filepath.Join(r.cfg.Dir, "program-boot")
	if made, err := os.ReadFile(mark); err == nil && bytes.Equal(made, boot) {
		return nil
	}
	if err := os.RemoveAll(r.layerDir(r.program.layer)); err != nil {
		return err
	}
	return os.WriteFile(mark, boot, 0o600)
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
		if err := machine.ProgramLayer(r.cfg.Executable, "usr/local/bin/hello", r.layerDir(layer)); err != nil {
			return err
		}
	}
	r.program.made = true
	return nil
}
