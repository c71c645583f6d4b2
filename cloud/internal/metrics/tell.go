package metrics

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Datum is a data point that one of the cloud's services sends to a region's CloudWatch.
type Datum struct {
	Metric
	Unit  string
	At    time.Time
	Value float64
}

// Path is the URL path at which a region accepts data points, on its socket for the cloud's own processes.
const Path = "/metrics"

// Tell sends data points to a region by its socket. If the region is lost, so are they.
func Tell(ctx context.Context, socket string, data []Datum) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://region"+Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	reply, err := client.Do(r)
	if err != nil {
		return err
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusNoContent {
		return fmt.Errorf("tell data points: %s", reply.Status)
	}
	return nil
}

// Hear handles the requests of Tell: it puts the data points into the store.
func (s *Store) Hear(w http.ResponseWriter, r *http.Request) {
	var data []Datum
	if err := json.NewDecoder(r.Body).Decode(&data); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := time.Now()
	for _, d := range data {
		s.Put(d.Metric, d.Unit, d.At, now, false, One(d.Value, 1))
	}
	w.WriteHeader(http.StatusNoContent)
}
