package regiontest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/resource"
)

// Peer opens a second region, us-west-2, which reaches d's region until silent is called.
func (d *Desk) Peer() (peer *Desk, silent func()) {
	t := d.T
	t.Helper()
	dir, err := os.MkdirTemp("", "peer") // a socket's path has 108 bytes, which t.TempDir() may exceed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: d.Region.PeerHandler()}
	go func() { _ = server.Serve(l) }() // returns at Close
	t.Cleanup(func() { _ = server.Close() })

	peer = Open(t, region.Config{
		Name: "us-west-2", Index: 2, Peers: only("us-east-1"), Peer: at("us-east-1", socket),
	})
	return peer, func() { _ = server.Close() }
}

// only are the peers of a region that has one.
func only(peer string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return []string{peer}, nil }
}

// at finds the one peer at its socket.
func at(peer, socket string) resource.Peer {
	return func(ctx context.Context, region string) (string, error) {
		if region != peer {
			return resource.Peer(nil).Find(ctx, region)
		}
		return socket, nil
	}
}

// Pair opens two regions, us-east-1 and us-west-2, which reach each other. Of one that Lose has closed the other sees nothing
// until it is back.
func Pair(t *testing.T) (east, west *Desk) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pair") // a socket's path has 108 bytes, which t.TempDir() may exceed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	names := []string{"us-east-1", "us-west-2"}
	socket := func(region string) string { return filepath.Join(dir, region) }
	var desks [2]*Desk
	for n, name := range names {
		peer := names[1-n]
		desks[n] = Open(t, region.Config{
			Name: name, Index: 1 + n, Peers: only(peer), Peer: at(peer, socket(peer)),
		})
	}
	for n, name := range names {
		l, err := net.Listen("unix", socket(name))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if r := desks[n].serving.Load(); r != nil {
				r.PeerHandler().ServeHTTP(w, q)
				return
			}
			http.Error(w, fmt.Sprintf("%s is lost", name), http.StatusServiceUnavailable)
		})}
		go func() { _ = server.Serve(l) }() // returns at Close
		t.Cleanup(func() { _ = server.Close() })
	}
	return desks[0], desks[1]
}
