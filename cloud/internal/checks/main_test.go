package checks

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// recorder is an engine that writes down what it is told.
type recorder struct {
	set map[string]r53types.HealthCheckConfig
}

func (r *recorder) Set(id string, c r53types.HealthCheckConfig) { r.set[id] = c }
func (r *recorder) Remove(id string)                            { delete(r.set, id) }
func (r *recorder) Alarm(_ context.Context, a r53types.AlarmIdentifier) (Watched, error) {
	return Watched{Region: string(a.Region), Name: *a.Name}, nil
}
func (r *recorder) Watch(string, *Watched)                                {}
func (r *recorder) Control(string) bool                                   { return true }
func (r *recorder) Observations(string) []r53types.HealthCheckObservation { return nil }
func (r *recorder) LastFailure(string) []r53types.HealthCheckObservation  { return nil }

// open reads the health checks of a folder. end closes its store, as a crash would.
func open(t testing.TB, dir string) (a *Checks, r *recorder, end func()) {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tables, err := Load(db)
	if err != nil {
		t.Fatal(err)
	}
	r = &recorder{set: map[string]r53types.HealthCheckConfig{}}
	return New(room.New(room.Identity{}, db, nil), tables, r, func(*store.Tx, string) error { return nil }), r, func() { db.Close() }
}

func tcp(ip string, port int32) *r53types.HealthCheckConfig {
	return &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeTcp, IPAddress: &ip, Port: &port}
}

// refused checks an error's code and, unless it is empty, its whole message.
func refused(t testing.TB, err error, code, message string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %s: %s", err, code, message)
	}
	if e.Code != code || message != "" && e.Message != message {
		t.Errorf("got  %s: %s\nwant %s: %s", e.Code, e.Message, code, message)
	}
}
