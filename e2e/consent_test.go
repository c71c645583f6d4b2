package e2e

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whatever may reach a real account is asked about, and without a terminal nobody can be; an endpoint that does not
// answer is named.
func TestConsentAndSilentEndpoints(t *testing.T) {
	t.Parallel()
	s := start(t)
	told := func(code int, variable, value string, want ...string) {
		t.Helper()
		was, set := s.env[variable]
		s.env[variable] = value
		defer func() {
			if s.env[variable] = was; !set {
				delete(s.env, variable)
			}
		}()
		began := time.Now()
		r := s.run(binary, "up", "-f", example)
		t.Logf("%s=%s: after %v", variable, value, time.Since(began).Round(time.Millisecond))
		for _, w := range want {
			if r.code != code || !strings.Contains(r.stderr, w) {
				t.Errorf("%s=%s: exit %d, and %q is not said:\n%s", variable, value, r.code, w, r.stderr)
			}
		}
	}
	cloud, err := url.Parse(s.env["AWS_ENDPOINT_URL"])
	if err != nil {
		t.Fatal(err)
	}
	// A tunnel has an address of this machine too, and what is behind it does not say that it is a local cloud.
	relay := httputil.NewSingleHostReverseProxy(cloud)
	relay.ModifyResponse = func(r *http.Response) error { r.Header.Del("Server"); return nil }
	tunnel := httptest.NewServer(relay)
	defer tunnel.Close()
	told(2, "AWS_ENDPOINT_URL_EC2", tunnel.URL, "--yes", "no terminal to ask on")
	told(2, "AWS_ENDPOINT_URL", tunnel.URL, "--yes", "no terminal to ask on")

	swallows, err := net.Listen("tcp", "127.0.0.1:0") // connections that nobody accepts are never answered
	if err != nil {
		t.Fatal(err)
	}
	silent := "http://" + swallows.Addr().String()
	told(1, "AWS_ENDPOINT_URL_ROUTE_53", silent, "Route 53 at "+silent+" does not answer")
	swallows.Close()
	told(1, "AWS_ENDPOINT_URL_ROUTE_53", silent, "Route 53 at "+silent+" does not answer", "connection refused")
}
