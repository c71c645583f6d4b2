// Package roomtest is what the tests of control planes share.
package roomtest

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// Pace is a speed whose time-outs are as long as AWS's: at a speed where an interval takes milliseconds, a busy machine would have targets that
// are only late time out.
func Pace(speed tempo.Speed) tempo.Pace {
	return tempo.Pace{Speed: speed, LeastTimeout: patience.Limit}
}

// Open opens the store in a folder and makes a ground floor of us-east-1 on it. shut ends both; the test's end does
// too.
func Open(t *testing.T, dir string, speed tempo.Speed) (b *room.Base, shut func()) {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b = room.New(room.Identity{Region: "us-east-1", Account: "111122223333", Pace: Pace(speed)}, db, nil)
	shut = func() {
		b.Stop()
		b.Drained()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(shut)
	return b, shut
}

// Credentials are for SDK clients of what Serve serves, which asks nobody who he is.
var Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")

// Serve answers over HTTP until the test ends, and returns the endpoint. operations registers the handlers of the control
// plane that is open at the time, for each request anew: clients outlive its reopening.
func Serve(t *testing.T, operations func(*wire.Mux)) (endpoint *string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := wire.NewMux(slog.New(slog.DiscardHandler))
		operations(m)
		m.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return &server.URL
}

// Must is for answers of calls that have to succeed: Must(r.CreateVpc(ctx, in))(t).
func Must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// WantCode checks the code of an error as it goes over the wire.
func WantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got error %v, want code %s", err, code)
	}
}

// WantAPIError checks the code of an error that an SDK client has read off the wire.
func WantAPIError(t *testing.T, err error, code string) {
	t.Helper()
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != code {
		t.Errorf("got error %v, want code %s", err, code)
	}
}

// WantSame compares two lists whose order means nothing.
func WantSame(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
