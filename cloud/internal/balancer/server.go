package balancer

import (
	"net"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/poller"
)

// server is the running part of a listener: those who are connected to it.
type server struct {
	listener net.Listener

	mu      sync.Mutex
	clients map[net.Conn]struct{}
	closed  bool
}

// serve accepts clients until the server is closed.
func (n *node) serve(port int, l net.Listener) *server {
	refused := func() { n.counters.rejected.Add(1) }
	s := &server{listener: descriptors.Refusing(l, n.shares.Accepted, placePatience, refused), clients: map[net.Conn]struct{}{}}
	n.work.Go(func() {
		for {
			conn, err := s.accept()
			if err != nil {
				return
			}
			n.counters.connections.Add(1)
			n.work.Go(func() {
				defer func() { s.forget(conn) }()
				if n.carryFlow(port, conn) {
					return
				}
				conn = s.take(conn)
				n.client(port, conn).serve()
			})
		}
	})
	return s
}

// placePatience is how long a client of a load balancer that has as many as it can have waits to be one of them, before it is rejected
// (RejectedConnectionCount). Real load balancers grow in that time.
const placePatience = 10 * time.Second

// acceptPause is how long a listener waits that cannot accept now, for want of memory for one.
const acceptPause = 10 * time.Millisecond

func (s *server) accept() (net.Conn, error) {
	for {
		conn, err := s.listener.Accept()
		s.mu.Lock()
		closed := s.closed
		if err == nil && !closed {
			s.clients[conn] = struct{}{}
		}
		s.mu.Unlock()
		switch {
		case closed && err == nil:
			_ = conn.Close()
			return nil, net.ErrClosed
		case closed || err == nil:
			return conn, err
		}
		time.Sleep(acceptPause)
	}
}

// count is how many clients are connected.
func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// take lets a client wait in the poller.
func (s *server) take(conn net.Conn) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, conn)
	conn = poller.Take(conn)
	if s.closed {
		_ = conn.Close()
	} else {
		s.clients[conn] = struct{}{}
	}
	return conn
}

func (s *server) forget(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, conn)
}

// close ends the listener and cuts its clients off.
func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.clients {
		_ = conn.Close()
	}
}
