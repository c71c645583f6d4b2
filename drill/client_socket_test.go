package drill

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/understudy/understudy/internal/patience"
)

// talker is a user who speaks WebSocket to a server, and counts how often the name was asked for.
func talker(t *testing.T, h http.HandlerFunc) (c *client, asked *atomic.Int32) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	asked = new(atomic.Int32)
	c = &client{
		kind: kindOf(t, "websocket"), target: &url.URL{Scheme: "http", Host: "www.hello.test", Path: "/healthz"}, port: server.Listener.Addr().(*net.TCPAddr).Port,
		timeout: patience.Limit, socket: socket{path: "/socket?room=1"}, settings: Settings{Speed: 1000},
		lookup: func(context.Context, string) (Answer, error) {
			asked.Add(1)
			return Answer{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, nil
		},
		region: func(a netip.Addr) string { return "at " + a.String() }, looked: func(Look) {},
	}
	c.begin()
	t.Cleanup(c.close)
	return c, asked
}

// A WebSocket stays, whatever the service sends on it and whatever new requests get, and is made again when the other end has ended it.
func TestWebSocketsStayAndAreMadeAgain(t *testing.T) {
	ends := make(chan struct{})
	var refuses atomic.Bool
	c, asked := talker(t, func(w http.ResponseWriter, r *http.Request) {
		if refuses.Load() || r.URL.RequestURI() != "/socket?room=1" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for range 3 {
			conn.Write(r.Context(), websocket.MessageText, make([]byte, 100_000))
		}
		select {
		case <-conn.CloseRead(r.Context()).Done():
		case <-ends:
			conn.Close(websocket.StatusGoingAway, "")
		}
	})
	ask := func(served, kept bool, lookups int32) {
		t.Helper()
		r := c.ask(t.Context(), time.Now())
		if (r.Err == nil) != served || r.Kept != kept || asked.Load() != lookups || r.Asked != "at 127.0.0.1" || served != (r.Region != "") {
			t.Errorf("%+v, after %d questions for the name", r, asked.Load())
		}
	}
	ask(true, false, 1)
	ask(true, true, 1)
	refuses.Store(true) // as a load balancer that answers new requests with errors
	ask(true, true, 1)
	ends <- struct{}{}
	<-c.socket.ended
	ask(false, true, 1)
	ask(false, false, 2)
	refuses.Store(false)
	ask(true, false, 3)
}

// One that does not answer is kept for as long as its kind bears, and made again then.
func TestSilentWebSocketsAreGivenUp(t *testing.T) {
	var silent atomic.Bool
	silent.Store(true)
	c, asked := talker(t, func(w http.ResponseWriter, r *http.Request) {
		if !silent.Load() {
			conn, err := websocket.Accept(w, r, nil)
			if err == nil {
				<-conn.CloseRead(r.Context()).Done()
			}
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, 4.2.2
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		io.Copy(io.Discard, buffered)
	})
	c.timeout = patience.Limit
	if err := func() error { _, err := c.open(t.Context()); return err }(); err != nil {
		t.Fatal(err)
	}
	c.timeout = 10 * time.Millisecond
	kept := 0
	for ; c.socket.conn != nil; kept++ {
		if r := c.ask(t.Context(), time.Now()); r.Err == nil || !r.Kept {
			t.Fatalf("%+v", r)
		}
	}
	if bears := c.settings.timeout(c.kind.Gives); time.Since(c.socket.silent) < bears || kept < 1 {
		t.Errorf("given up after %d pings, %s; it bears %s", kept, time.Since(c.socket.silent), bears)
	}
	silent.Store(false)
	c.timeout = patience.Limit
	if r := c.ask(t.Context(), time.Now()); r.Err != nil || r.Kept || asked.Load() != 2 {
		t.Errorf("%+v, after %d questions for the name", r, asked.Load())
	}
}
