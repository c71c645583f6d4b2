package socket

import (
	"context"
	"net"
	"net/http"
)

// Client returns an HTTP client whose every request, whatever its host, goes to the socket at a path. It keeps no
// connection, since who listens there may be another process the next time.
func Client(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}
}
