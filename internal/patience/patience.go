// Package patience keeps tests independent of the machine's speed.
package patience

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"time"
)

// Limit ends a test that hangs. Nothing that works takes so long, however slow the machine is.
const Limit = 2 * time.Minute

// Deadline is Limit from now.
func Deadline() time.Time { return time.Now().Add(Limit) }

// Client is an HTTP client for the AWS SDK, for tests that send each request once.
//
// The SDK closes a request's body as soon as the response's header is there. net/http, which asks the body for more when it
// has sent a body that does not fit its buffer, then gets an error, and closes the connection before the SDK has read the
// response. On a slow machine this happens. Client gives net/http a copy of the body, which the SDK cannot close.
type Client struct {
	HTTP *http.Client // the default is http.DefaultClient
}

// Do sends a request.
func (c Client) Do(r *http.Request) (*http.Response, error) {
	client := cmp.Or(c.HTTP, http.DefaultClient)
	if r.Body == nil || r.Body == http.NoBody {
		return client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	sent.Body, _ = sent.GetBody()
	return client.Do(sent)
}
