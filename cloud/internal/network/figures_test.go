package network_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
)

// Figures of HTTP from the internet to an interface, through the gateway, routes and groups, and of HTTP on one namespace's
// loopback, for bench/region/run.sh: requests of each, in turns, on connections that are kept.
func TestFigures(t *testing.T) {
	const rounds, length = 9, 200 * time.Millisecond
	f := newFabric(t, exampleVPC())
	hello(t, at(t, f, "lb-a"))
	hello(t, internet(t))
	var through, loopback, ratios []float64
	for range rounds {
		through = append(through, requests(t, "198.51.100.10:80", length))
		loopback = append(loopback, requests(t, "127.0.0.1:80", length))
		ratios = append(ratios, through[len(through)-1]/loopback[len(loopback)-1])
	}
	if slices.Min(through) == 0 || slices.Min(loopback) == 0 {
		t.Errorf("no request was answered: %v, %v", through, loopback)
	}
	for _, c := range []struct {
		name, unit string
		of         []float64
	}{{"network.http_per_s", "requests/s", through}, {"network.loopback_per_s", "requests/s", loopback}, {"network.http_vs_loopback", "times", ratios}} {
		slices.Sort(c.of)
		fmt.Printf("figure %s %.2f %s\n", c.name, c.of[rounds/2], c.unit)
	}
}

// hello answers HTTP at port 80 of a namespace.
func hello(t *testing.T, n *network.Namespace) {
	t.Helper()
	l, err := n.Listen("tcp", "0.0.0.0:80")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") })}
	t.Cleanup(func() { s.Close() })
	go s.Serve(l)
}

// requests returns how many requests a second eight clients have answered.
func requests(t *testing.T, address string, length time.Duration) float64 {
	t.Helper()
	n := internet(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 8, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return n.DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	var mu sync.Mutex
	var clients sync.WaitGroup
	total, began := 0, time.Now()
	for range 8 {
		clients.Go(func() {
			for time.Since(began) < length {
				resp, err := (&http.Client{Transport: transport}).Get("http://bench/")
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				mu.Lock()
				total++
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	return float64(total) / time.Since(began).Seconds()
}
