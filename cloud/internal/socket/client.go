package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
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

// Ask sends a request to the socket at a path and returns what is answered. An answer of another status than 200 is an error, of the text in it;
// what says what is asked, for errors of those who reach nobody.
func Ask(path, what string, q *http.Request) ([]byte, error) {
	answer, err := Client(path).Do(q)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", what, err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(b)))
	}
	return b, err
}
