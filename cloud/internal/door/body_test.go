package door_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// pipes is a listener within the process, whose connections know the time of a bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// answer reads a response and its body.
func answer(t *testing.T, from io.Reader) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestSlowBodiesAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := make(pipes)
		server := door.NewServer(door.Config{Account: account, AccessKey: keyID, Secret: secret, Identity: identity.Refused{}})
		go server.Serve(l)
		near, far := net.Pipe()
		l <- far
		begin := time.Now()
		var client sync.WaitGroup
		client.Go(func() { // a byte every other second, for as long as they are taken
			fmt.Fprintf(near, "POST / HTTP/1.1\r\nHost: cloud\r\nContent-Length: 1000\r\n\r\n")
			for {
				if _, err := io.WriteString(near, "A"); err != nil {
					return
				}
				time.Sleep(2 * time.Second)
			}
		})
		status, body := answer(t, near)
		if took := time.Since(begin); status != 408 || !strings.Contains(body, "<Code>RequestTimeout</Code>") || took != 30*time.Second {
			t.Errorf("after %s: %d %s", took, status, body)
		}
		near.Close()
		client.Wait()
		close(l)
		server.Close()
	})
}

// large is a request whose body is a number of bytes over the limit.
func large(more int) string {
	const head = "POST / HTTP/1.1\r\nHost: cloud\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\nVersion=2016-11-15&A=%s"
	const names = len("Version=2016-11-15&A=")
	return fmt.Sprintf(head, wire.MaxBody+more, strings.Repeat("a", wire.MaxBody+more-names))
}

func (e *endpoint) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", e.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func wantTooLarge(t *testing.T, conn net.Conn) {
	t.Helper()
	status, body := answer(t, conn)
	if status != 413 || !strings.Contains(body, "<Response><Errors><Error><Code>RequestEntityTooLarge</Code>") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestLargeBodiesGetTheirAnswer(t *testing.T) {
	e := open(t)
	t.Run("read after all is written", func(t *testing.T) {
		conn := e.dial(t)
		if _, err := io.WriteString(conn, large(14*wire.MaxBody)); err != nil {
			t.Fatal(err)
		}
		wantTooLarge(t, conn)
	})
	t.Run("read before all is written", func(t *testing.T) {
		conn := e.dial(t)
		if _, err := io.WriteString(conn, large(100 * wire.MaxBody)[:2*wire.MaxBody]); err != nil {
			t.Fatal(err)
		}
		wantTooLarge(t, conn)
	})
	t.Run("leave to send is asked for", func(t *testing.T) {
		conn := e.dial(t)
		fmt.Fprintf(conn, "POST /?Version=2016-11-15 HTTP/1.1\r\nHost: cloud\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", 2*wire.MaxBody)
		wantTooLarge(t, conn)
	})
}

// A process that answers without reading the request has answered.
func TestEarlyAnswersAreForwarded(t *testing.T) {
	e := open(t)
	early := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		const body = `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>early</Message></Error></Errors></Response>`
		fmt.Fprintf(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
		conn.Close()
	})
	serveUnix(t, filepath.Join(e.dir, "us-west-2"), early)
	client := ec2.NewFromConfig(e.good("us-west-2"))
	ids := []string{strings.Repeat("v", wire.MaxBody*9/10)}
	for range 50 { // it is a race between the request's end and the answer
		_, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: ids})
		refused(t, err, 400, "RequestLimitExceeded", "early")
	}
}

func TestOptionsNeedASignature(t *testing.T) {
	conn := open(t).dial(t)
	io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: cloud\r\n\r\n")
	if status, body := answer(t, conn); status != 403 || !strings.Contains(body, "<Code>MissingAuthenticationToken</Code>") {
		t.Errorf("got %d %s", status, body)
	}
}
