package balancer

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// The targets see the same request through each way of handling its header.
func TestHeadersAsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var got *http.Request
		w.serve(t, "10.0.1.5:80", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/health" {
				got = r
			}
		})
		type seen struct{ Host, Forwarded, Invalid string }
		for _, c := range []struct {
			headers   Headers
			forwarded string
			want      seen
		}{
			{Headers{}, "203.0.113.9", seen{"hello.example", "203.0.113.9, 192.0.2.1", "kept"}},
			{Headers{DropInvalid: true}, "", seen{"hello.example", "192.0.2.1", ""}},
			{Headers{PreserveHost: true}, "", seen{"Hello.Example", "192.0.2.1", "kept"}},
			{Headers{ClientPort: true}, "203.0.113.9", seen{"hello.example", "203.0.113.9, 192.0.2.1:5000", "kept"}},
			{Headers{Forwarded: Append}, "203.0.113.9", seen{"hello.example", "203.0.113.9, 192.0.2.1", "kept"}},
			{Headers{Forwarded: Preserve, ClientPort: true}, "203.0.113.9", seen{"hello.example", "203.0.113.9", "kept"}},
			{Headers{Forwarded: Preserve}, "", seen{"hello.example", "", "kept"}},
			{Headers{Forwarded: Remove}, "203.0.113.9", seen{"hello.example", "", "kept"}},
		} {
			w.headers = c.headers
			w.configure([]Group{group(at("10.0.1.5:80"))})
			settle()
			req, err := http.NewRequest(http.MethodGet, "http://Hello.Example/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X_Invalid", "kept")
			if c.forwarded != "" {
				req.Header.Set(xForwardedFor, c.forwarded)
			}
			resp, err := w.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if diff := cmp.Diff(c.want, seen{got.Host, got.Header.Get(xForwardedFor), got.Header.Get("X_Invalid")}); diff != "" {
				t.Errorf("%+v: %s", c.headers, diff)
			}
		}
	})
}
