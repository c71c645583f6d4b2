package region

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// layerDir is the folder of a layer. A digest's colon would part two folders in a mount option.
func (r *Region) layerDir(digest string) string {
	return filepath.Join(r.cfg.Dir, "layers", strings.ReplaceAll(digest, ":", "-"))
}

// keepLayer makes a layer in a folder of its own and then gives that its digest for a name.
func (r *Region) keepLayer(name string, make func(dir string) (machine.Layer, error)) (string, error) {
	dir := filepath.Join(r.cfg.Dir, "layers", "new-"+name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	layer, err := make(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(r.layerDir(layer.Digest)); err == nil {
		return layer.Digest, os.RemoveAll(dir)
	}
	return layer.Digest, os.Rename(dir, r.layerDir(layer.Digest))
}

// dropLayers removes layers that no image and no instance stands on.
func (r *Region) dropLayers() {
	used := map[string]bool{}
	for _, i := range r.images.All() {
		if i.State == ec2types.ImageStatePending {
			return // its layers are being made
		}
		for _, d := range i.Layers {
			used[filepath.Base(r.layerDir(d))] = true
		}
	}
	for _, i := range r.instances.All() {
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

// prepareImages makes the public images that every region has, and removes what no image needs.
func (r *Region) prepareImages() error {
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
func (r *Region) putPublic(tx *store.Tx, image imageRow, arch ec2types.ArchitectureValues) error {
	for _, i := range r.images.AllTx(tx) {
		if i.Owner == publicOwner && i.Name == image.Name {
			if slices.Equal(i.Layers, image.Layers) {
				return nil // a start on a full disk writes nothing
			}
			i.Layers = image.Layers
			return r.images.Put(tx, i.ID, i)
		}
	}
	image.ID, image.Snapshot, image.Owner, image.Alias, image.Public = newID(imageKind), newID(snapshotKind), publicOwner, "amazon", true
	image.Architecture, image.State, image.Created = arch, ec2types.ImageStateAvailable, time.Now().UTC()
	s := snapshotRow{ID: image.Snapshot, Volume: "vol-ffffffff", Owner: publicOwner, Started: image.Created, State: ec2types.SnapshotStateCompleted}
	if err := r.snapshots.Put(tx, s.ID, s); err != nil {
		return err
	}
	return r.images.Put(tx, image.ID, image)
}

// tendImage makes the disk of a pending image; at the region's start it begins again.
func (r *Region) tendImage(id string) {
	row, ok := r.images.Get(id)
	if !ok {
		return
	}
	layers, err := r.makeLayers(row)
	if r.Context().Err() != nil {
		return // the next start makes it
	}
	err = errors.Join(err, r.Update(func(tx *store.Tx) error { return r.finishImage(tx, id, layers, err) }))
	if err != nil {
		r.Log.Error("make image", "image", id, "err", err)
	}
}

func (r *Region) makeLayers(row imageRow) ([]string, error) {
	if row.SourceInstance == "" {
		return row.Layers, r.fetchLayers(row)
	}
	if !row.NoReboot {
		rests := func() bool {
			i, ok := r.instances.Get(row.SourceInstance)
			_, at := r.resting.Load(row.SourceInstance)
			return at || !ok || i.State == terminated
		}
		if err := r.Wait(r.Context(), rests, r.instances.Row(row.SourceInstance), restTopic(row.SourceInstance)); err != nil {
			return nil, err
		}
	}
	digest, err := r.keepLayer(row.ID, func(dir string) (machine.Layer, error) {
		return machine.Bake(r.Context(), r.instanceDir(row.SourceInstance), dir)
	})
	return slices.Concat([]string{digest}, row.Layers), err
}

func (r *Region) finishImage(tx *store.Tx, id string, layers []string, failure error) error {
	image, ok := r.images.GetTx(tx, id)
	if !ok {
		return nil
	}
	snapshot, _ := r.snapshots.GetTx(tx, image.Snapshot)
	if image.State, snapshot.State = ec2types.ImageStateAvailable, ec2types.SnapshotStateCompleted; failure != nil {
		image.State, snapshot.State = ec2types.ImageStateFailed, ec2types.SnapshotStateError
		image.Reason = &ec2types.StateReason{Code: new("Server.InternalError"), Message: new(failure.Error())}
	} else {
		image.Layers = layers
	}
	if i, ok := r.instances.GetTx(tx, image.SourceInstance); ok && i.Held {
		i.Held = false
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
	}
	if err := r.snapshots.Put(tx, snapshot.ID, snapshot); err != nil {
		return err
	}
	return r.images.Put(tx, id, image)
}

// sharedImage is what one region tells another of an image.
type sharedImage struct {
	Image imageRow
	Tags  []ec2types.Tag
}

// PeerHandler serves the region's images to the cloud's other regions: GET /images/{id} and
// GET /layers/{digest}, the latter as a tar stream; and it hears of data points for CloudWatch. It is for a socket that only the cloud's own processes reach.
func (r *Region) PeerHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /images/{id}", func(w http.ResponseWriter, q *http.Request) {
		row, ok := r.images.Get(q.PathValue("id"))
		if !ok {
			http.NotFound(w, q)
			return
		}
		_ = json.NewEncoder(w).Encode(sharedImage{Image: row, Tags: r.tags(row.ID)}) // the peer has gone away
	})
	mux.HandleFunc("GET /layers/{digest}", func(w http.ResponseWriter, q *http.Request) {
		dir := r.layerDir(filepath.Base(q.PathValue("digest")))
		if _, err := os.Stat(dir); err != nil {
			http.NotFound(w, q)
			return
		}
		if err := machine.WriteTar(q.Context(), w, dir); err != nil {
			r.Log.Error("send layer", "dir", dir, "err", err)
			panic(http.ErrAbortHandler) // so that the peer does not take half a layer for a whole one
		}
	})
	mux.HandleFunc("POST "+metrics.Path, r.watching.Data.Hear)
	return mux
}

// askPeer sends a request to another region.
func (r *Region) askPeer(ctx context.Context, region, path string) (*http.Response, error) {
	socket, ok := "", false
	if r.cfg.Peer != nil {
		socket, ok = r.cfg.Peer(region)
	}
	if !ok {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter SourceRegion is invalid: this cloud has no such region.", region)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+region+path, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(q)
}

// peerImage reads an image of another region, or of this one.
func (r *Region) peerImage(ctx context.Context, region, id string) (sharedImage, error) {
	var shared sharedImage
	if region == r.Region {
		row, ok := r.images.Get(id)
		if !ok {
			return shared, missingImage(id)
		}
		return sharedImage{Image: row, Tags: r.tags(id)}, nil
	}
	answer, err := r.askPeer(ctx, region, "/images/"+id)
	var refused *wire.Error
	if err != nil && !errors.As(err, &refused) {
		return shared, &wire.Error{Code: "Unavailable", Message: "The source region " + region + " does not answer.", Status: 503}
	}
	if err != nil {
		return shared, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return shared, missingImage(id)
	}
	return shared, json.NewDecoder(answer.Body).Decode(&shared)
}

// fetchLayers copies the layers of an image that are not here yet.
func (r *Region) fetchLayers(row imageRow) error {
	for n, digest := range row.Layers {
		if err := r.awaitProgram(digest); err != nil {
			return err
		}
		if _, err := os.Stat(r.layerDir(digest)); err == nil {
			continue
		}
		answer, err := r.askPeer(r.Context(), row.SourceRegion, "/layers/"+digest)
		if err != nil {
			return fmt.Errorf("copy layer %s: %w", digest, err)
		}
		got, err := r.keepLayer(fmt.Sprint(row.ID, "-", n), func(dir string) (machine.Layer, error) {
			return machine.ReadTar(r.Context(), answer.Body, dir)
		})
		answer.Body.Close()
		if err == nil && got != digest {
			err = fmt.Errorf("it arrived as %s", got)
		}
		if err != nil {
			return fmt.Errorf("copy layer %s: %w", digest, err)
		}
	}
	return nil
}
