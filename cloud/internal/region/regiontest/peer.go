package regiontest

import (
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/understudy/understudy/cloud/internal/region"
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
		Name: "us-west-2", Index: 2, Peers: []string{"us-east-1"},
		Peer: func(region string) (string, bool) { return socket, region == "us-east-1" },
	})
	return peer, func() { _ = server.Close() }
}
