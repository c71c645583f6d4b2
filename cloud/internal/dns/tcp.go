package dns

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of connections (RFC 7766, 6.2). idleTimeout also limits the time in which a client must send a whole question, and
// read a whole answer, since slow clients would use up the connections of others.
const (
	maxConnections = 1024
	idleTimeout    = 10 * time.Second
)

// connections are the open connections of all sockets of a server. If there are too many, the one that has been
// idle longest is closed for each new one, so that nobody can block others by keeping connections open.
type connections struct {
	limit    int
	patience time.Duration // for a client that does not send or does not read
	early    atomic.Uint64 // how many were closed to make room

	mu     sync.Mutex
	open   map[*connection]struct{}
	closed bool
}

// connection is one that a client has opened.
type connection struct {
	net.Conn
	patience time.Duration
	active   atomic.Int64 // when it last asked, in nanoseconds
	count    tally
	sum      *tally // what it counts towards in the end
}

func (c *connections) add(conn net.Conn, sum *tally) *connection {
	added := &connection{Conn: conn, patience: c.patience, sum: sum}
	added.active.Store(time.Now().UnixNano())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
	}
	if len(c.open) >= c.limit {
		c.closeIdlest()
	}
	c.open[added] = struct{}{}
	return added
}

func (c *connections) closeIdlest() {
	var idlest *connection
	for o := range c.open {
		if idlest == nil || o.active.Load() < idlest.active.Load() {
			idlest = o
		}
	}
	c.leave(idlest)
	c.early.Add(1)
}

func (c *connections) remove(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave(conn)
}

// leave closes a connection and, once, adds its counts to the sum.
func (c *connections) leave(conn *connection) {
	conn.Close()
	if _, ok := c.open[conn]; !ok {
		return
	}
	delete(c.open, conn)
	conn.sum.Lock()
	defer conn.sum.Unlock()
	conn.sum.add(&conn.count)
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		conn.Close()
	}
}

// addTo adds up what the open connections counted so far, and returns how many they are.
func (c *connections) addTo(sum *tally) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		sum.add(&conn.count)
	}
	return len(c.open)
}

// listen accepts connections until the listener is closed.
func (s *Server) listen(f *face, l net.Listener, sum *tally) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// There are no descriptors left, or the client has already gone: a later accept may succeed.
			s.log.Warn("name server: accept", "error", err)
			select {
			case <-s.closing:
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		c := s.connections.add(conn, sum)
		s.running.Go(func() {
			defer s.connections.remove(c)
			if err := c.serve(&responder{server: s, face: f, tcp: true, count: &c.count}); err != nil {
				s.log.Debug("name server: connection", "error", err)
			}
		})
	}
}

// serve answers one question after the other, in their order. Questions may come without waiting for
// answers; the answers to questions that came together are sent together (RFC 7766, 6.2.1.1). A client that has closed
// its half of the connection after its last question gets all answers.
func (c *connection) serve(r *responder) error {
	from := netip.Addr{}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		from = a.AddrPort().Addr().Unmap()
	}
	const lengthSize = 2
	in, out, message := bufio.NewReaderSize(c, 4096), make([]byte, 0, 4096), make([]byte, maxQuery)
	for {
		if in.Buffered() == 0 && len(out) > 0 || len(out) > 1<<16 {
			if err := c.send(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
			return err
		}
		var length [lengthSize]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return c.end(err, out)
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n > len(message) {
			return c.end(errNonsense, out)
		}
		if _, err := io.ReadFull(in, message[:n]); err != nil {
			return c.end(err, out)
		}
		r.now = time.Now()
		c.active.Store(r.now.UnixNano())
		begin := len(out)
		r.count.Lock()
		answered := r.respond(append(out, 0, 0), message[:n], from)
		r.count.Unlock()
		size := len(answered) - begin - lengthSize
		if size == 0 {
			return c.end(errNonsense, out)
		}
		out = answered
		binary.BigEndian.PutUint16(out[begin:], uint16(size))
	}
}

// errNonsense ends a connection after a message that gets no answer: where the next one begins is not known.
var errNonsense = errors.New("not a question")

// end sends the remaining answers, and returns why the connection ends.
func (c *connection) end(err error, out []byte) error {
	if len(out) > 0 {
		err = errors.Join(err, c.send(out))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (c *connection) send(out []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return err
	}
	_, err := c.Write(out)
	return err
}
