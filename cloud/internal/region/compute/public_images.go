package compute

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/store"
)

// prepareImages makes the public images that every region has, and removes what no image needs.
func (r *Room) prepareImages() error {
	if err := machine.CleanLayers(filepath.Join(r.cfg.Dir, "layers")); err != nil {
		return err
	}
	r.dropLayers()
	arch := architecture()
	images := []imageRow{{Name: "understudy-host-" + string(arch), Description: "The machine's own root file system"}}
	if r.cfg.Executable != "" {
		layer, err := r.prepareProgram()
		if err != nil {
			return fmt.Errorf("make image understudy-hello: %w", err)
		}
		images = append(
			images,
			imageRow{Name: "understudy-hello-" + string(arch), Description: "The machine's own root file system with /usr/local/bin/hello", Layers: []string{layer}},
		)
	}
	return r.Update(func(tx *store.Tx) error {
		for _, image := range images {
			if err := r.putPublic(tx, image, arch); err != nil {
				return err
			}
		}
		return nil
	})
}

// putPublic makes a public image or brings the layers of the one of its name up to date: the program
// may be a newer one than last time.
func (r *Room) putPublic(tx *store.Tx, image imageRow, arch ec2types.ArchitectureValues) error {
	for _, i := range r.images.AllTx(tx) {
		if i.Owner == publicOwner && i.Name == image.Name {
			if slices.Equal(i.Layers, image.Layers) {
				return nil // a start on a full disk writes nothing
			}
			i.Layers = image.Layers
			return r.images.Put(tx, i.ID, i)
		}
	}
	image.ID, image.Snapshot, image.Owner, image.Alias, image.Public = imageKind.NewID(), snapshotKind.NewID(), publicOwner, "amazon", true
	image.Architecture, image.State, image.Created = arch, ec2types.ImageStateAvailable, time.Now().UTC()
	s := snapshotRow{ID: image.Snapshot, Volume: "vol-ffffffff", Owner: publicOwner, Started: image.Created, State: ec2types.SnapshotStateCompleted}
	if err := r.snapshots.Put(tx, s.ID, s); err != nil {
		return err
	}
	return r.images.Put(tx, image.ID, image)
}
