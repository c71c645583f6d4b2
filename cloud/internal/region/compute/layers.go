package compute

import (
	"os"
	"path/filepath"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// layerDir is the folder of a layer. A digest's colon would part two folders in a mount option.
func (r *Room) layerDir(digest string) string {
	return filepath.Join(r.cfg.Dir, "layers", strings.ReplaceAll(digest, ":", "-"))
}

// keepLayer makes a layer in a new folder, which fill fills, and then renames the folder to the digest.
func (r *Room) keepLayer(name string, fill func(dir string) (machine.Layer, error)) (string, error) {
	dir := filepath.Join(r.cfg.Dir, "layers", "new-"+name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	layer, err := fill(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(r.layerDir(layer.Digest)); err == nil {
		return layer.Digest, os.RemoveAll(dir)
	}
	return layer.Digest, os.Rename(dir, r.layerDir(layer.Digest))
}

// dropLayers removes layers that no image, no snapshot, no volume and no instance stands on.
func (r *Room) dropLayers() {
	used := map[string]bool{}
	for _, i := range r.images.All() {
		if i.State == ec2types.ImageStatePending {
			return // its layers are being made
		}
		for _, d := range i.Layers {
			used[filepath.Base(r.layerDir(d))] = true
		}
	}
	for _, s := range r.snapshots.All() {
		if s.Copied && !s.File && s.State == ec2types.SnapshotStatePending {
			return
		}
		for _, d := range s.Layers {
			used[filepath.Base(r.layerDir(d))] = true
		}
	}
	for _, v := range r.volumes.All() {
		for _, d := range v.Layers {
			used[filepath.Base(r.layerDir(d))] = true
		}
	}
	for _, i := range r.instances.All() {
		if i.parting() {
			return
		}
		for _, d := range i.Layers {
			used[filepath.Base(r.layerDir(d))] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join(r.cfg.Dir, "layers"))
	for _, e := range entries {
		if !used[e.Name()] && err == nil {
			err = os.RemoveAll(filepath.Join(r.cfg.Dir, "layers", e.Name()))
		}
	}
	if err != nil {
		r.Log.Warn("remove unused layers", "err", err)
	}
}
