package compute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/socket"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// sharedImage is what one region tells another of an image.
type sharedImage struct {
	Image imageRow
	Tags  []ec2types.Tag
}

// sharedSnapshot is what one region tells another of a snapshot.
type sharedSnapshot struct{ Snapshot snapshotRow }

// ServePeers serves the region's images and snapshots to the cloud's other regions: GET /images/{id} and GET /snapshots/{id}, GET
// /layers/{digest} as a tar stream, and GET /snapshots/{id}/volume as machine.WriteVolume writes it. The cloud's front door makes images
// by POST /images, and takes them out by GET /images/{id}/layers.
func (r *Room) ServePeers(mux *http.ServeMux) {
	mux.HandleFunc("POST /images", r.serveImport)
	mux.HandleFunc("GET /images/{id}", func(w http.ResponseWriter, q *http.Request) {
		row, ok := r.images.Get(q.PathValue("id"))
		tell(w, q, ok, sharedImage{Image: row, Tags: r.Tags(row.ID)})
	})
	mux.HandleFunc("GET /images/{id}/layers", r.serveExport)
	mux.HandleFunc("GET /snapshots/{id}", func(w http.ResponseWriter, q *http.Request) {
		row, ok := r.snapshots.Get(q.PathValue("id"))
		tell(w, q, ok, sharedSnapshot{row})
	})
	mux.HandleFunc("GET /snapshots/{id}/volume", func(w http.ResponseWriter, q *http.Request) {
		r.send(w, q, r.snapshotPath(filepath.Base(q.PathValue("id"))), machine.WriteVolume)
	})
	mux.HandleFunc("GET /layers/{digest}", func(w http.ResponseWriter, q *http.Request) {
		r.send(w, q, r.layerDir(filepath.Base(q.PathValue("digest"))), machine.WriteTar)
	})
}

// tell answers with a row, if there is one.
func tell(w http.ResponseWriter, q *http.Request, ok bool, row any) {
	if !ok {
		http.NotFound(w, q)
		return
	}
	_ = json.NewEncoder(w).Encode(row) // the peer has gone away
}

// send answers with what is at a path, as write writes it.
func (r *Room) send(w http.ResponseWriter, q *http.Request, path string, write func(context.Context, io.Writer, string) error) {
	if _, err := os.Stat(path); err != nil {
		http.NotFound(w, q)
		return
	}
	if err := write(q.Context(), w, path); err != nil {
		r.Log.Error("send to another region", "path", path, "err", err)
		panic(http.ErrAbortHandler) // so that the peer does not take half for the whole
	}
}

// askPeer sends a request to another region.
func (r *Room) askPeer(ctx context.Context, region, path string) (*http.Response, error) {
	at, err := r.cfg.Peer.Find(ctx, region)
	if err != nil {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter SourceRegion is invalid: %v.", region, err)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+region+path, nil)
	if err != nil {
		return nil, err
	}
	return socket.Client(at).Do(q)
}

// peerImage reads an image of another region, or of this one.
func (r *Room) peerImage(ctx context.Context, region, id string) (shared sharedImage, err error) {
	if region == r.Region {
		row, ok := r.images.Get(id)
		if !ok {
			return shared, missingImage(id)
		}
		return sharedImage{Image: row, Tags: r.Tags(id)}, nil
	}
	return shared, r.readPeer(ctx, region, "/images/"+id, &shared, missingImage(id))
}

// peerSnapshot reads a snapshot of another region, or of this one.
func (r *Room) peerSnapshot(ctx context.Context, region, id string) (snapshotRow, error) {
	if region == r.Region {
		return room.Find(nil, r.snapshots, id, missingSnapshot)
	}
	var shared sharedSnapshot
	err := r.readPeer(ctx, region, "/snapshots/"+id, &shared, missingSnapshot(id))
	return shared.Snapshot, err
}

// readPeer reads what another region tells at a path, or returns missing if there is nothing.
func (r *Room) readPeer(ctx context.Context, region, path string, into any, missing error) error {
	answer, err := r.askPeer(ctx, region, path)
	var refused *wire.Error
	if err != nil && !errors.As(err, &refused) {
		return &wire.Error{Code: "Unavailable", Message: "The source region " + region + " does not answer.", Status: 503}
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return missing
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// fetchLayers copies the layers of an image or a snapshot, which is to have this id, that are not here yet.
func (r *Room) fetchLayers(id, region string, layers []string) error {
	for n, digest := range layers {
		if err := r.awaitProgram(digest); err != nil {
			return err
		}
		if _, err := os.Stat(r.layerDir(digest)); err == nil {
			continue
		}
		answer, err := r.fetch(region, "/layers/"+digest)
		if err != nil {
			return fmt.Errorf("copy layer %s: %w", digest, err)
		}
		got, err := r.keepLayer(fmt.Sprint(id, "-", n), func(dir string) (machine.Layer, error) {
			return machine.ReadTar(r.Context(), answer, dir)
		})
		answer.Close()
		if err == nil && got != digest {
			err = fmt.Errorf("it arrived as %s", got)
		}
		if err != nil {
			return fmt.Errorf("copy layer %s: %w", digest, err)
		}
	}
	return nil
}

// fetchSnapshot copies the content of the snapshot that a snapshot is a copy of.
func (r *Room) fetchSnapshot(row snapshotRow) error {
	size := int64(row.GiB) << 30
	switch {
	case !row.File:
		return r.fetchLayers(row.ID, row.SourceRegion, row.Layers)
	case row.SourceRegion == r.Region:
		return machine.MakeVolume(r.Context(), r.snapshotPath(row.ID), r.snapshotPath(row.Source), size)
	}
	answer, err := r.fetch(row.SourceRegion, "/snapshots/"+row.Source+"/volume")
	if err != nil {
		return err
	}
	defer answer.Close()
	return machine.ReadVolume(r.Context(), answer, r.snapshotPath(row.ID), size)
}

// fetch begins to read a content of another region.
func (r *Room) fetch(region, path string) (io.ReadCloser, error) {
	answer, err := r.askPeer(r.Context(), region, path)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s of %s: %s", path, region, answer.Status)
	}
	return answer.Body, nil
}
