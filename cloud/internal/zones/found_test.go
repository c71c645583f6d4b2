package zones

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// What was unhealthy is so after a restart, at once and not only when its checkers have found out again.
func TestHealthOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	refused := func(context.Context, netip.Addr, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}
	silent := func(ctx context.Context, _ netip.Addr, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	z, err := Open(Config{Cloud: 1, Account: "111122223333", Dir: dir, Pace: tempo.At(1000), Dial: refused})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, reference := range []string{"kept", "deleted"} {
		out, err := z.room.health.CreateHealthCheck(
			t.Context(),
			&route53.CreateHealthCheckInput{CallerReference: aws.String(reference), HealthCheckConfig: tcp("198.51.100.7", 80)},
		)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *out.HealthCheck.Id)
	}
	until(t, "both are unhealthy", func() bool { h := z.sources.Healthy(); return !h[ids[0]] && !h[ids[1]] })
	if _, err := z.room.health.DeleteHealthCheck(t.Context(), &route53.DeleteHealthCheckInput{HealthCheckId: &ids[1]}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	z, err = Open(Config{Cloud: 1, Account: "111122223333", Dir: dir, Pace: tempo.At(1), Dial: silent})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if h := z.sources.Healthy(); len(h) != 1 || h[ids[0]] {
		t.Errorf("after a restart: %v", h)
	}
	if n := z.room.Unhealthy.Len(); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}
