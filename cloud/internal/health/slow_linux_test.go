package health

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

// An endpoint that goes on sending, a little at a time, is out of time as one that is silent: two seconds for the
// head, and two more for the body.
func TestTricklesTimeOut(t *testing.T) {
	for _, c := range []struct {
		name     string
		at, then string // sent at once, and then again and again
		kind     r53types.HealthCheckType
		want     time.Duration
		pass     bool
	}{
		{"a head without end", "HTTP/1.1 200 OK\r\n", "X: y\r\n", "HTTP", 2 * time.Second, false},
		{"a body without end", "HTTP/1.1 200 OK\r\n\r\n", "y", "HTTP_STR_MATCH", 2 * time.Second, false},
		{"a body of which nothing is asked", "HTTP/1.1 200 OK\r\n\r\n", "y", "HTTP", 0, true},
		{"enough of a body", "HTTP/1.1 200 OK\r\n\r\nneedle", strings.Repeat("y", 600), "HTTP_STR_MATCH", 800 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				trickle := func(context.Context, netip.Addr, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() {
						defer far.Close()
						http.ReadRequest(bufio.NewReader(far))
						_, err := io.WriteString(far, c.at)
						for err == nil {
							time.Sleep(100 * time.Millisecond)
							_, err = io.WriteString(far, c.then)
						}
					}()
					return near, nil
				}
				e := endpointOf("ref", r53types.HealthCheckConfig{Type: c.kind, IPAddress: aws.String("198.51.100.7"), SearchString: aws.String("needle")})
				start := time.Now()
				r := (&prober{endpoint: e, dial: trickle}).probe(t.Context(), 0)
				took := time.Since(start)
				pass(time.Second) // the other end sees that nobody listens
				if r.pass != c.pass || took > c.want+100*time.Millisecond || took < c.want || !c.pass && r.status != timedOut {
					t.Errorf("pass %v, %q after %v, want %v", r.pass, r.status, took, c.want)
				}
			})
		})
	}
}

// Close leaves no goroutine and no file, whatever is under way: connections, handshakes, heads and bodies that never
// come.
func TestCloseLeavesNothing(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	t.Run("under way", func(t *testing.T) {
		asked := make(chan struct{}, 10_000)
		mute := serving(t, func(c *net.TCPConn) {
			defer c.Close()
			if n, _ := c.Read(make([]byte, 512)); n > 0 {
				asked <- struct{}{}
			}
			c.Read(make([]byte, 1))
		})
		half := serving(t, func(c *net.TCPConn) {
			defer c.Close()
			c.Read(make([]byte, 512))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
			asked <- struct{}{}
			c.Read(make([]byte, 1))
		})
		m := New(Config{Pace: tempo.At(10), Source: local})
		for i, at := range []net.Addr{mute, half, mute, half} {
			c := config(nil)
			c.Type = []r53types.HealthCheckType{"HTTP", "HTTP_STR_MATCH", "HTTPS", "TCP"}[i]
			c.SearchString, c.IPAddress, c.Port = aws.String("needle"), aws.String("127.0.0.1"), aws.Int32(int32(at.(*net.TCPAddr).Port))
			m.Set(string(c.Type), c)
		}
		for range 24 {
			<-asked
		}
		m.Close()
	})
	for start := time.Now(); runtime.NumGoroutine() > goroutines || openFiles(t) > files; time.Sleep(time.Millisecond) {
		if time.Since(start) > patience.Limit { // the servers' ends close by themselves
			t.Fatalf("%d goroutines of %d before, %d files of %d before", runtime.NumGoroutine(), goroutines, openFiles(t), files)
		}
	}
}
