package account_test

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/understudy/understudy/account"
)

// transport answers requests by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// A lost region is told of in seconds, whether it refuses connections or swallows them. The time is virtual.
func TestLostRegionIsToldOfInSeconds(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "") // which asks for a transport of the SDK's own
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		tries  int
		within time.Duration
	}{
		"swallows": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 1, 5 * time.Second},
		"refuses":  {func(*http.Request) (*http.Response, error) { return nil, refused }, 2, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			a, err := account.Open(t.Context(), "us-east-1",
				config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")),
				config.WithHTTPClient(transport(func(r *http.Request) (*http.Response, error) { tries++; return c.answer(r) })))
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err = a.Silent(t.Context())
			if err == nil || tries != c.tries || time.Since(began) > c.within {
				t.Errorf("%s: %v after %s and %d tries", name, err, time.Since(began), tries)
			}
			if name == "refuses" && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v does not tell why", name, err)
			}
		})
	}
}
