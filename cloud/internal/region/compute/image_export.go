package compute

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// serveExport sends an image's own files, as rootfs.Send does. It is no operation of AWS's: EC2 exports disks to S3 only.
func (r *Room) serveExport(w http.ResponseWriter, q *http.Request) {
	row, dirs, err := r.exported(q.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	var layers []func(context.Context) (io.ReadCloser, error)
	for _, dir := range slices.Backward(dirs) { // the lowest first
		layers = append(layers, func(ctx context.Context) (io.ReadCloser, error) { return exportLayer(ctx, dir), nil })
	}
	body, contentType := rootfs.Layers(row.Service, layers...).Send(q.Context(), rootfs.Image{
		Name: row.Name, Description: row.Description, Architecture: string(row.Architecture), OnHost: machine.OnHost(dirs),
	})
	defer body.Close()
	w.Header().Set("Content-Type", contentType)
	if _, err := io.Copy(w, body); err != nil {
		r.Log.Error("export image", "image", row.ID, "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes half for the whole
	}
}

// exported returns an image and its layers, the topmost first.
func (r *Room) exported(id string) (imageRow, []string, error) {
	row, err := r.usableImage(id)
	if err != nil {
		return row, nil, err
	}
	if len(row.Layers) == 0 {
		return row, nil, wire.Errorf("InvalidParameterValue", "The image %s is this machine's own root file system: it has no files of its own.", id)
	}
	var dirs []string
	for _, digest := range row.Layers {
		if err := r.awaitProgram(digest); err != nil {
			return row, nil, err
		}
		dirs = append(dirs, r.layerDir(digest))
	}
	return row, dirs, nil
}

func exportLayer(ctx context.Context, dir string) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(machine.ExportLayer(ctx, w, dir)) }()
	return r
}
