package drill

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/coder/websocket"
)

// socket is a user's WebSocket. While there is one, each of its requests is a ping, which whoever speaks the protocol answers (RFC 6455, 5.5.2).
type socket struct {
	path string // of the page that speaks it

	conn   *websocket.Conn // nil while there is none
	addr   netip.Addr
	silent time.Time     // when the first ping that was not answered was sent
	ended  chan struct{} // is closed when the other end ended it
}

func (s *socket) close() {
	if s.conn != nil {
		s.conn.CloseNow()
		s.conn = nil
	}
}

// ping makes sure of the WebSocket, and makes one where none is. One that ended is made again by the next request, as browsers' scripts do
// after the event "close"; so is one that has been silent for as long as the kind bears.
func (c *client) ping(ctx context.Context) (addr netip.Addr, kept bool, err error) {
	s := &c.socket
	kept = s.conn != nil
	if !kept {
		if addr, err = c.open(ctx); err != nil {
			return addr, false, err
		}
	}
	began := time.Now()
	if err = s.conn.Ping(ctx); err == nil {
		s.silent = time.Time{}
		return s.addr, kept, nil
	}
	if s.silent.IsZero() {
		s.silent = began
	}
	select {
	case <-s.ended:
		s.close()
	default:
		if time.Since(s.silent) >= c.settings.timeout(c.kind.Gives) {
			s.close()
		}
	}
	return s.addr, kept, err
}

// open makes the WebSocket. The context bounds its making alone.
func (c *client) open(ctx context.Context) (netip.Addr, error) {
	if err := c.resolve(ctx); err != nil {
		return netip.Addr{}, err
	}
	addr := c.shuffled()[0]
	page, err := c.target.Parse(c.socket.path)
	if err != nil {
		return addr, err
	}
	transport := c.dialing(func(ctx context.Context, network string) (net.Conn, error) { return c.dial(ctx, network, addr) })
	conn, _, err := websocket.Dial(ctx, page.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"User-Agent": {agent}},
	})
	if err != nil {
		return addr, err
	}
	conn.SetReadLimit(-1) // whatever the service sends is read and forgotten
	c.socket.conn, c.socket.addr, c.socket.silent, c.socket.ended = conn, addr, time.Time{}, make(chan struct{})
	go drain(conn, c.socket.ended)
	return addr, nil
}

// drain reads what comes, until the connection ends: answers to pings are seen only by who reads.
func drain(conn *websocket.Conn, ended chan<- struct{}) {
	defer close(ended)
	for {
		_, r, err := conn.Reader(context.Background())
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return
		}
	}
}
