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

// familiarImages are the images that scripts and templates search for, by the names that their owners give them: each is
// the machine's own root (docs/cloud.md). Names have the owners' forms.
// See the owners' pages: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html, https://documentation.ubuntu.com/aws/,
// https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm.
func familiarImages(arch ec2types.ArchitectureValues) []imageRow {
	debian := "amd64"
	if arch == ec2types.ArchitectureValuesArm64 {
		debian = "arm64"
	}
	named := func(owner, alias, name string) imageRow {
		return imageRow{Name: name, Owner: owner, Alias: alias, Description: "The machine's own root file system, by a name that is searched for"}
	}
	const canonical, debianProject = "099720109477", "136693071363"
	return []imageRow{
		named(publicOwner, "amazon", "al2023-ami-2023.9.20251027.0-kernel-6.1-"+string(arch)),
		named(publicOwner, "amazon", "amzn2-ami-hvm-2.0.20251027.1-"+string(arch)+"-gp2"),
		named(publicOwner, "amazon", "amzn2-ami-kernel-5.10-hvm-2.0.20251027.1-"+string(arch)+"-gp2"),
		named(canonical, "", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-"+debian+"-server-20251015"),
		named(canonical, "", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-"+debian+"-server-20251015"),
		named(debianProject, "", "debian-12-"+debian+"-20251006-2257"),
	}
}

// prepareImages makes the public images that every region has, and removes what no image needs.
func (r *Room) prepareImages() error {
	if err := machine.CleanLayers(filepath.Join(r.cfg.Dir, "layers")); err != nil {
		return err
	}
	r.dropLayers()
	arch := architecture()
	images := []imageRow{{
		Name: "understudy-host-" + string(arch), Owner: publicOwner, Alias: "amazon", Description: "The machine's own root file system",
	}}
	images = append(images, familiarImages(arch)...)
	if r.cfg.Executable != "" {
		layer, err := r.prepareProgram()
		if err != nil {
			return fmt.Errorf("make image understudy-hello: %w", err)
		}
		images = append(
			images,
			imageRow{
				Name: "understudy-hello-" + string(arch), Owner: publicOwner, Alias: "amazon", Layers: []string{layer},
				Description: "The machine's own root file system with /usr/local/bin/hello",
			},
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
		if i.Owner == image.Owner && i.Name == image.Name {
			if slices.Equal(i.Layers, image.Layers) {
				return nil // a start on a full disk writes nothing
			}
			i.Layers = image.Layers
			return r.images.Put(tx, i.ID, i)
		}
	}
	image.ID, image.Snapshot, image.Public = imageKind.NewID(), snapshotKind.NewID(), true
	image.Architecture, image.State, image.Created = arch, ec2types.ImageStateAvailable, time.Now().UTC()
	s := snapshotRow{ID: image.Snapshot, Volume: "vol-ffffffff", Owner: image.Owner, Started: image.Created, State: ec2types.SnapshotStateCompleted}
	if err := r.snapshots.Put(tx, s.ID, s); err != nil {
		return err
	}
	return r.images.Put(tx, image.ID, image)
}
