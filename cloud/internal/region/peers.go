package region

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// PeerHandler serves the region's images to the cloud's other regions, and hears of data points for CloudWatch. It
// is for a socket that only the cloud's own processes reach.
func (r *Region) PeerHandler() http.Handler {
	mux := http.NewServeMux()
	r.compute.ServePeers(mux)
	mux.HandleFunc("POST "+metrics.Path, r.watching.Data.Hear)
	return mux
}
