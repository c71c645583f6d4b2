package compute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/socket"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// sharedImage is what one region tells another of an image.
type sharedImage struct {
	Image imageRow
	Tags  []ec2types.Tag
}

// ServePeers serves the region's images to the cloud's other regions: GET /images/{id} and GET /layers/{digest}, the
// latter as a tar stream. The cloud's front door makes images by POST /images.
func (r *Room) ServePeers(mux *http.ServeMux) {
	mux.HandleFunc("POST /images", r.serveImport)
	mux.HandleFunc("GET /images/{id}", func(w http.ResponseWriter, q *http.Request) {
		row, ok := r.images.Get(q.PathValue("id"))
		if !ok {
			http.NotFound(w, q)
			return
		}
		_ = json.NewEncoder(w).Encode(sharedImage{Image: row, Tags: r.Tags(row.ID)}) // the peer has gone away
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
func (r *Room) peerImage(ctx context.Context, region, id string) (sharedImage, error) {
	var shared sharedImage
	if region == r.Region {
		row, ok := r.images.Get(id)
		if !ok {
			return shared, missingImage(id)
		}
		return sharedImage{Image: row, Tags: r.Tags(id)}, nil
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
func (r *Room) fetchLayers(row imageRow) error {
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
