package health

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func TestDialFromItsOwnAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	source := netip.MustParseAddr("127.0.0.77")
	conn, err := DialFrom(t.Context(), source, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if got := far.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(); got != source {
		t.Errorf("came from %v, want %v", got, source)
	}
}

// An endpoint whose firewall drops everything: four seconds for HTTP, ten for TCP
// (dns-failover-determining-health-of-endpoints).
func TestConnectTimesOut(t *testing.T) {
	for kind, want := range map[r53types.HealthCheckType]time.Duration{"HTTP": 4 * time.Second, "HTTPS": 4 * time.Second, "TCP": 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			silent := func(ctx context.Context, _ netip.Addr, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			e := endpointOf("ref", r53types.HealthCheckConfig{Type: kind, IPAddress: new("198.51.100.7")})
			start := time.Now()
			r := (&prober{endpoint: e, dial: silent}).probe(t.Context(), 0)
			if took := time.Since(start); took != want || r.pass || !strings.HasPrefix(r.status, "Failure: Connection timed out. ") {
				t.Errorf("%s: %q after %v, want a time-out after %v", kind, r.status, took, want)
			}
		})
	}
}

// A handshake that never answers counts as connecting, and a check that is closed in the middle of a
// probe ends at once.
func TestSilentHandshakeAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var far []net.Conn
		mute := func(context.Context, netip.Addr, string, string) (net.Conn, error) {
			near, other := net.Pipe()
			far = append(far, other)
			return near, nil
		}
		e := endpointOf("ref", r53types.HealthCheckConfig{Type: "HTTPS", IPAddress: new("198.51.100.7")})
		start := time.Now()
		r := (&prober{endpoint: e, dial: mute}).probe(t.Context(), 0)
		if took := time.Since(start); took != 4*time.Second || !strings.HasPrefix(r.status, "Failure: Connection timed out. ") {
			t.Errorf("%q after %v", r.status, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e.tls = false
		start = time.Now()
		if (&prober{endpoint: e, dial: mute}).probe(ctx, 0).pass || time.Since(start) != time.Second {
			t.Errorf("ended %v after the start, want one second", time.Since(start))
		}
		for _, c := range far {
			c.Close()
		}
	})
}
