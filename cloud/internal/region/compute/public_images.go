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

// familiarImage is a public image and the public parameters of Systems Manager whose value it is.
type familiarImage struct {
	imageRow
	parameters []string
}

// familiarImages are the images that scripts and templates search for, by the names that their owners give them, or find by
// the owners' parameters: each is the machine's own root (docs/cloud.md). Names have the owners' forms.
// See the owners' pages: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html, https://documentation.ubuntu.com/aws/,
// https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm.
func familiarImages(arch ec2types.ArchitectureValues) []familiarImage {
	debian := "amd64"
	if arch == ec2types.ArchitectureValuesArm64 {
		debian = "arm64"
	}
	named := func(owner, alias, name string, parameters ...string) familiarImage {
		return familiarImage{
			imageRow{Name: name, Owner: owner, Alias: alias, Description: "The machine's own root file system, by a name that is searched for"}, parameters,
		}
	}
	ubuntu := func(release, volume string) string {
		return "/aws/service/canonical/ubuntu/server/" + release + "/stable/current/" + debian + "/hvm/" + volume + "/ami-id"
	}
	const canonical, debianProject = "099720109477", "136693071363"
	const amazonLinux, debianReleases = "/aws/service/ami-amazon-linux-latest/", "/aws/service/debian/release/"
	return []familiarImage{
		named(publicOwner, "amazon", "al2023-ami-2023.9.20251027.0-kernel-6.1-"+string(arch),
			amazonLinux+"al2023-ami-kernel-6.1-"+string(arch), amazonLinux+"al2023-ami-kernel-default-"+string(arch)),
		named(publicOwner, "amazon", "amzn2-ami-hvm-2.0.20251027.1-"+string(arch)+"-gp2", amazonLinux+"amzn2-ami-hvm-"+string(arch)+"-gp2"),
		named(publicOwner, "amazon", "amzn2-ami-kernel-5.10-hvm-2.0.20251027.1-"+string(arch)+"-gp2",
			amazonLinux+"amzn2-ami-kernel-5.10-hvm-"+string(arch)+"-gp2", amazonLinux+"amzn2-ami-kernel-default-hvm-"+string(arch)+"-gp2"),
		named(canonical, "", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-"+debian+"-server-20251015", ubuntu("22.04", "ebs-gp2"), ubuntu("jammy", "ebs-gp2")),
		named(canonical, "", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-"+debian+"-server-20251015", ubuntu("24.04", "ebs-gp3"), ubuntu("noble", "ebs-gp3")),
		named(debianProject, "", "debian-12-"+debian+"-20251006-2257", debianReleases+"12/latest/"+debian, debianReleases+"bookworm/latest/"+debian),
	}
}

// PublicParameter is a parameter of Systems Manager that leads to a public image.
type PublicParameter struct {
	Name, Image string
	Made        time.Time
}

// PublicParameters lists those that lead to the familiar images.
func (r *Room) PublicParameters() (all []PublicParameter) {
	rows := r.images.All()
	for _, f := range familiarImages(architecture()) {
		i := slices.IndexFunc(rows, f.same)
		if i < 0 {
			continue
		}
		for _, name := range f.parameters {
			all = append(all, PublicParameter{name, rows[i].ID, rows[i].Created})
		}
	}
	return all
}

// same tells whether another row is that of the same public image.
func (i imageRow) same(other imageRow) bool { return i.Owner == other.Owner && i.Name == other.Name }

// prepareImages makes the public images that every region has, and removes what no image needs.
func (r *Room) prepareImages() error {
	if err := machine.CleanLayers(filepath.Join(r.cfg.Dir, "layers")); err != nil {
		return err
	}
	if err := r.dropHalfImported(); err != nil {
		return err
	}
	r.dropLayers()
	arch := architecture()
	images := []imageRow{{
		Name: "understudy-host-" + string(arch), Owner: publicOwner, Alias: "amazon", Description: "The machine's own root file system",
	}}
	for _, f := range familiarImages(arch) {
		images = append(images, f.imageRow)
	}
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
		if image.same(i) {
			if slices.Equal(i.Layers, image.Layers) {
				return nil // a start on a full disk writes nothing
			}
			i.Layers = image.Layers
			return r.images.Put(tx, i.ID, i)
		}
	}
	image.ID, image.Snapshot, image.Public = imageKind.NewID(), snapshotKind.NewID(), true
	image.Architecture, image.State, image.Created = arch, ec2types.ImageStateAvailable, time.Now().UTC()
	s := snapshotRow{ID: image.Snapshot, Volume: noVolume, Owner: image.Owner, Started: image.Created, State: ec2types.SnapshotStateCompleted}
	if err := r.snapshots.Put(tx, s.ID, s); err != nil {
		return err
	}
	return r.images.Put(tx, image.ID, image)
}
