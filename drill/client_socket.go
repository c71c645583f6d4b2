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

	turn   turn            // of what follows; several pings may be under way
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
	conn, addr, kept, err := c.connected(ctx)
	if err != nil {
		return addr, kept, err
	}
	began := time.Now()
	err = conn.Ping(ctx)
	s.turn.take(context.Background()) // who has it now ends within the time-out of his request
	defer s.turn.leave()
	switch {
	case s.conn != conn: // another ping has given it up
	case err == nil:
		s.silent = time.Time{}
	default:
		s.unanswered(began, c.settings.timeout(c.kind.Gives))
	}
	return addr, kept, err
}

// connected is the WebSocket that is there, or a new one.
func (c *client) connected(ctx context.Context) (conn *websocket.Conn, addr netip.Addr, kept bool, err error) {
	s := &c.socket
	if err := s.turn.take(ctx); err != nil {
		return nil, netip.Addr{}, false, err
	}
	defer s.turn.leave()
	if kept = s.conn != nil; !kept {
		if addr, err = c.open(ctx); err != nil {
			return nil, addr, false, err
		}
	}
	return s.conn, s.addr, kept, nil
}

// unanswered closes a WebSocket of which a ping was not answered, if the other end has ended it or it is silent for too long.
func (s *socket) unanswered(began time.Time, gives time.Duration) {
	if s.silent.IsZero() {
		s.silent = began
	}
	select {
	case <-s.ended:
		s.close()
	default:
		if time.Since(s.silent) >= gives {
			s.close()
		}
	}
}

// open makes the WebSocket. The context bounds its making alone.
func (c *client) open(ctx context.Context) (netip.Addr, error) {
	all, err := c.addresses(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	addr := all[0]
	page, err := c.target.Parse(c.socket.path)
	if err != nil {
		return addr, err
	}
	transport := c.dialing(func(ctx context.Context) (net.Conn, error) { return c.dial(ctx, addr) })
	conn, resp, err := websocket.Dial(ctx, page.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"User-Agent": {agent}},
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			err = badStatus(resp.StatusCode)
		}
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
