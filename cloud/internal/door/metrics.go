package door

import (
	"io"
	"net/http"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// MetricsPath is where the name servers' counts are, in Prometheus's text format, for a GET without a signature:
// monitoring has no keys, and no AWS API has this path.
const MetricsPath = "/metrics"

func wantsMetrics(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == MetricsPath && r.Header.Get("Authorization") == ""
}

func (d *door) metrics(w http.ResponseWriter, r *http.Request) {
	transport := d.processes.transport(d.Socket(wire.Route53.SigningName))
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://cloud"+MetricsPath, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	found, err := transport.RoundTrip(ask)
	if err != nil {
		http.Error(w, "Route 53 does not answer", http.StatusServiceUnavailable)
		return
	}
	defer found.Body.Close()
	w.Header().Set("Content-Type", found.Header.Get("Content-Type"))
	w.WriteHeader(found.StatusCode)
	io.Copy(w, found.Body) // who asked has gone away
}
