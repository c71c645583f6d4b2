package cloud

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/understudy/understudy/cloud/internal/world"
)

// ImportImage makes an image of EC2 in one region. Its files are read by this process, and judged and bounded by the region's:
// docs/cloud.md says how. Nothing is left of what fails.
func (c *Cloud) ImportImage(ctx context.Context, region string, i Image) (ImportedImage, error) {
	if err := c.regions.Ask(ctx, region); err != nil {
		return ImportedImage{}, err
	}
	return importImage(ctx, unixClient(world.PeerSocket(c.dir, region)), "http://"+region+"/images", region, i)
}

// ExportImage writes the own files of a region's image as an OCI image layout, into a folder that is not there yet. Of an image that
// lies over the host's root file system it has what lies over it. What fails leaves nothing.
func (c *Cloud) ExportImage(ctx context.Context, region, id, dir string) (ExportedImage, error) {
	if err := c.regions.Ask(ctx, region); err != nil {
		return ExportedImage{}, err
	}
	return exportImage(ctx, unixClient(world.PeerSocket(c.dir, region)), "http://"+region+"/images/"+id+"/layers", dir)
}

// forwardExport hands a region's image to another process.
func (c *Cloud) forwardExport(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("region")
	if err := c.regions.Ask(r.Context(), name); err != nil {
		answer(w, nil, err)
		return
	}
	q, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://"+name+"/images/"+url.PathEscape(r.PathValue("id"))+"/layers", nil)
	if err != nil {
		answer(w, nil, err)
		return
	}
	got, err := unixClient(world.PeerSocket(c.dir, name)).Do(q)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer got.Body.Close()
	w.Header().Set("Content-Type", got.Header.Get("Content-Type"))
	w.WriteHeader(got.StatusCode)
	if _, err := io.Copy(w, got.Body); err != nil {
		panic(http.ErrAbortHandler) // so that nobody takes half for the whole
	}
}

// forwardImage hands an image that another process sends to its region.
func (c *Cloud) forwardImage(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("region")
	if err := c.regions.Ask(r.Context(), name); err != nil {
		_, _ = io.Copy(io.Discard, r.Body) // who still sends when he is answered sees a broken pipe and not why
		answer(w, nil, err)
		return
	}
	q, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+name+"/images", r.Body)
	if err != nil {
		answer(w, nil, err)
		return
	}
	q.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	got, err := unixClient(world.PeerSocket(c.dir, name)).Do(q)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer got.Body.Close()
	w.WriteHeader(got.StatusCode)
	_, _ = io.Copy(w, got.Body) // the caller has gone away
}
