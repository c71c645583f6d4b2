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
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/account"
)

// transport answers requests by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// opened is an account whose requests are answered by a function.
func opened(t *testing.T, answer transport) *account.Account {
	t.Helper()
	a, err := account.Open(t.Context(), "us-east-1",
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")), config.WithHTTPClient(answer))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// alone keeps the SDK from reading what is configured on this machine.
func alone(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "") // which asks for a transport of the SDK's own
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
}

// A lost region is told of in seconds, whether it refuses connections or swallows them. The time is virtual.
func TestLostRegionIsToldOfInSeconds(t *testing.T) {
	alone(t)
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
			a := opened(t, func(r *http.Request) (*http.Response, error) { tries++; return c.answer(r) })
			began := time.Now()
			err := a.Silent(t.Context())
			if err == nil || tries != c.tries || time.Since(began) > c.within {
				t.Errorf("%s: %v after %s and %d tries", name, err, time.Since(began), tries)
			}
			if name == "refuses" && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v does not tell why", name, err)
			}
		})
	}
}

// A reader in a hurry tries as often as others, and not for as long. The time is virtual.
func TestBriskCallsAreTriedForSeconds(t *testing.T) {
	alone(t)
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		a := opened(t, func(*http.Request) (*http.Response, error) {
			tries++
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}, nil
		}).Brisk()
		began := time.Now()
		_, err := a.Route53.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{})
		if err == nil || tries != 6 || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %s and %d tries", err, time.Since(began), tries)
		}
	})
}
