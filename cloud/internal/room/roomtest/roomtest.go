// Package roomtest is what the tests of control planes share.
package roomtest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Open opens the store in a folder and makes a ground floor of us-east-1 on it. close ends both; the test's end does
// too.
func Open(t *testing.T, dir string, speed tempo.Speed) (b *room.Base, close func()) {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b = room.New(room.Identity{Region: "us-east-1", Account: "111122223333", Speed: speed}, db, nil)
	close = func() {
		b.Stop()
		b.Drained()
		_ = db.Close()
	}
	t.Cleanup(close)
	return b, close
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
