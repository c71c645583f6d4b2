package region

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/access"
	"github.com/understudy/understudy/cloud/internal/metrics"
)

// PeerHandler serves the region's images to the cloud's other regions, hears of peering connections and of data points for
// CloudWatch, and tells the front door of what calls name. It is for a socket that only the cloud's own processes reach.
func (r *Region) PeerHandler() http.Handler {
	mux := http.NewServeMux()
	r.compute.ServePeers(mux)
	r.nets.ServePeers(mux)
	mux.HandleFunc("POST "+metrics.Path, r.watching.Data.Hear)
	mux.HandleFunc("POST "+access.Path, access.Handler(r.Things))
	return mux
}
