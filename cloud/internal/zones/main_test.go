package zones

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// recorder is an engine that writes down what it is told.
type recorder struct {
	mu        sync.Mutex
	published int
	set       map[string]r53types.HealthCheckConfig
}

func (r *recorder) Publish() { r.mu.Lock(); defer r.mu.Unlock(); r.published++ }
func (r *recorder) Set(id string, c r53types.HealthCheckConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set[id] = c
}
func (r *recorder) Remove(id string) { r.mu.Lock(); defer r.mu.Unlock(); delete(r.set, id) }
func (r *recorder) Alarm(_ context.Context, a r53types.AlarmIdentifier) (checks.Watched, error) {
	return checks.Watched{Region: string(a.Region), Name: *a.Name}, nil
}
func (r *recorder) Watch(string, *checks.Watched)                         {}
func (r *recorder) Control(string) bool                                   { return true }
func (r *recorder) Observations(string) []r53types.HealthCheckObservation { return nil }
func (r *recorder) LastFailure(string) []r53types.HealthCheckObservation  { return nil }
func (r *recorder) Test(string, string, r53types.RRType, routing.Client) (code string, v []string) {
	return "NOERROR", nil
}

func openAPI(t testing.TB, dir string) (*Room, *recorder) {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a, err := load(room.New(room.Identity{Pace: tempo.At(1)}, db, nil))
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{set: map[string]r53types.HealthCheckConfig{}}
	a.open(r, r)
	return a, r
}

func makeZone(t testing.TB, a *Room, name string) string {
	t.Helper()
	out, err := a.createHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: &name, CallerReference: aws.String(name + request.NewID("r"))})
	if err != nil {
		t.Fatal(err)
	}
	return request.Bare(*out.HostedZone.Id)
}

func makeCheck(t testing.TB, a *Room) string {
	t.Helper()
	out, err := a.health.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String(request.NewID("r")), HealthCheckConfig: tcp("198.51.100.7", 80)},
	)
	if err != nil {
		t.Fatal(err)
	}
	return *out.HealthCheck.Id
}

func tcp(ip string, port int32) *r53types.HealthCheckConfig {
	return &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeTcp, IPAddress: &ip, Port: &port}
}

// set makes a record set; mod changes it.
func set(name string, kind r53types.RRType, values []string, mod ...func(*r53types.ResourceRecordSet)) *r53types.ResourceRecordSet {
	s := &r53types.ResourceRecordSet{Name: &name, Type: kind}
	if len(values) > 0 {
		s.TTL = aws.Int64(60)
	}
	for _, v := range values {
		s.ResourceRecords = append(s.ResourceRecords, r53types.ResourceRecord{Value: &v})
	}
	for _, m := range mod {
		m(s)
	}
	return s
}

func a1(name string, mod ...func(*r53types.ResourceRecordSet)) *r53types.ResourceRecordSet {
	return set(name, r53types.RRTypeA, []string{"198.51.100.1"}, mod...)
}

func failover(role, id, check string) func(*r53types.ResourceRecordSet) {
	return func(s *r53types.ResourceRecordSet) {
		s.Failover, s.SetIdentifier = r53types.ResourceRecordSetFailover(role), &id
		if check != "" {
			s.HealthCheckId = &check
		}
	}
}

func weight(id string, n int64) func(*r53types.ResourceRecordSet) {
	return func(s *r53types.ResourceRecordSet) { s.Weight, s.SetIdentifier = &n, &id }
}

func alias(zone, target string) func(*r53types.ResourceRecordSet) {
	return func(s *r53types.ResourceRecordSet) {
		s.TTL, s.ResourceRecords = nil, nil
		s.AliasTarget = &r53types.AliasTarget{HostedZoneId: &zone, DNSName: &target, EvaluateTargetHealth: true}
	}
}

func create(s *r53types.ResourceRecordSet) r53types.Change {
	return r53types.Change{Action: r53types.ChangeActionCreate, ResourceRecordSet: s}
}

func upsert(s *r53types.ResourceRecordSet) r53types.Change {
	return r53types.Change{Action: r53types.ChangeActionUpsert, ResourceRecordSet: s}
}

func remove(s *r53types.ResourceRecordSet) r53types.Change {
	return r53types.Change{Action: r53types.ChangeActionDelete, ResourceRecordSet: s}
}

func apply(t testing.TB, a *Room, zone string, changes ...r53types.Change) error {
	t.Helper()
	_, err := a.changeRecords(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone, ChangeBatch: &r53types.ChangeBatch{Changes: changes}})
	return err
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
