package cloud

import (
	"context"
	"io"
	"net/http"

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
