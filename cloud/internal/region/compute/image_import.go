package compute

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Imported is an image that was made of files from outside of the cloud.
type Imported struct {
	ID    string   `json:"id"`
	Size  int64    `json:"size"`  // bytes in regular files
	Notes []string `json:"notes"` // what of the files is not in the image
}

// serveImport makes an image of what rootfs.Send sends. It is no operation of AWS's: EC2 imports disks from S3 only.
func (r *Room) serveImport(w http.ResponseWriter, q *http.Request) {
	image, next, err := rootfs.Receive(q.Header, q.Body)
	if err != nil {
		refuseImport(w, q, err, http.StatusBadRequest)
		return
	}
	made, err := r.importImage(q.Context(), image, next)
	if err != nil {
		r.Log.Warn("import image", "name", image.Name, "err", err)
		refuseImport(w, q, err, http.StatusConflict)
		return
	}
	_ = json.NewEncoder(w).Encode(made) // the caller has gone away
}

// refuseImport hears the sender out before it refuses: one who still sends when he is answered sees a broken pipe and not why.
func refuseImport(w http.ResponseWriter, q *http.Request, why error, status int) {
	_, _ = io.Copy(io.Discard, q.Body) // the sender has gone away
	http.Error(w, why.Error(), status)
}

// importImage makes an image, or fails and leaves nothing. While it is made, it is pending.
func (r *Room) importImage(ctx context.Context, image rootfs.Image, next func() (io.Reader, error)) (Imported, error) {
	row, err := r.putImported(image)
	if err != nil {
		return Imported{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.Context(), cancel)()
	made := Imported{ID: row.ID}
	digest, err := r.keepLayer(row.ID, func(dir string) (layer machine.Layer, err error) {
		layer, made.Notes, err = machine.Import(ctx, dir, machine.Tree{Next: next, OnHost: image.OnHost, Whiteouts: image.Whiteouts})
		made.Size = layer.Size
		return layer, err
	})
	if err == nil {
		err = r.Update(func(tx *store.Tx) error { return r.finishImage(tx, row.ID, []string{digest}, nil) })
	}
	if err != nil {
		return Imported{}, errors.Join(err, r.Update(func(tx *store.Tx) error { return r.removeImage(tx, row) }))
	}
	return made, nil
}

// putImported writes the row of an image whose files are still to come.
func (r *Room) putImported(image rootfs.Image) (imageRow, error) {
	if image.Architecture == "" {
		image.Architecture = string(architecture())
	}
	row := imageRow{
		ID: imageKind.NewID(), Name: image.Name, Description: image.Description, Owner: r.Account, Snapshot: snapshotKind.NewID(),
		Architecture: ec2types.ArchitectureValues(image.Architecture), State: ec2types.ImageStatePending, Created: time.Now().UTC(),
		Imported: true, Service: image.Service,
	}
	if err := checkImageName(&row.Name); err != nil {
		return row, err
	}
	if row.Architecture != architecture() {
		return row, foreignArchitecture(row.Architecture)
	}
	return row, r.Update(func(tx *store.Tx) error { return r.putImage(tx, row, noVolume, nil) })
}

func foreignArchitecture(of ec2types.ArchitectureValues) error {
	return wire.Errorf("InvalidParameterValue", "An image for %s cannot run here: this machine is %s.", of, architecture())
}

// removeImage removes an image that was not made, with its snapshot.
func (r *Room) removeImage(tx *store.Tx, row imageRow) error {
	return errors.Join(r.Remove(tx, row.Snapshot, r.snapshots.Delete), r.Remove(tx, row.ID, r.images.Delete))
}

// dropHalfImported removes images whose files had not all come when the region was lost: nobody sends the rest.
func (r *Room) dropHalfImported() error {
	for _, row := range r.images.All() {
		if !row.Imported || row.State != ec2types.ImageStatePending {
			continue
		}
		if err := r.Update(func(tx *store.Tx) error { return r.removeImage(tx, row) }); err != nil {
			return err
		}
	}
	return nil
}
