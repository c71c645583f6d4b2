// Package dns is Route 53's name server: it reads questions from messages, and writes the answers of package routing into
// messages.
//
// Most questions are answered from a cache of packed messages (packed.go), in batches of datagrams
// (udp_linux.go). Answers that are not in the cache, or differ between clients, are composed (compose.go).
package dns

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// Config says what a server does beyond answering.
type Config struct {
	Log       *slog.Logger
	RateLimit RateLimit
}

// Server answers on sockets that others have opened.
type Server struct {
	log         *slog.Logger
	limiter     *limiter
	cookies     *cookies
	signer      *dnssec.Signer
	connections connections

	swap    sync.Mutex // one change of what is in force at a time
	inForce atomic.Pointer[inForce]

	logsMu    sync.Mutex
	logs      atomic.Pointer[queryLogs]
	lostLines atomic.Uint64

	mu      sync.Mutex
	faces   map[Side]*face
	counts  []counted
	sockets []interface{ Close() error }
	closing chan struct{}
	running sync.WaitGroup
}

// face is the server's state for one side.
type face struct {
	side      Side
	cache     *cache // nil where nothing is kept
	resolvers bool   // asked by VPCs' resolvers
}

// cachedAnswers is how many answers to a side's questions are kept packed: more than a large zone's names
// and types. It bounds their memory, to about 32 MB a side for answers of common size.
const cachedAnswers = 1 << 17

// counted is a tally and what it counts.
type counted struct {
	transport string
	tally     *tally
}

// NewServer returns a server that refuses everything until Swap.
func NewServer(c Config) *Server {
	s := &Server{
		log:     c.Log,
		limiter: newLimiter(c.RateLimit),
		cookies: newCookies(),
		signer:  dnssec.NewSigner(),
		faces:   map[Side]*face{},
		closing: make(chan struct{}),
	}
	s.connections.limit, s.connections.patience, s.connections.open = maxConnections, idleTimeout, map[*connection]struct{}{}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.Swap(routing.New(0, 1, nil))
	return s
}

// Serve answers on these sockets until Close. The side is where the clients are.
func (s *Server) Serve(side Side, packets []net.PacketConn, listeners []net.Listener) {
	f := s.face(side)
	for _, p := range packets {
		count := s.counting("udp", p)
		s.running.Go(func() {
			if err := s.servePackets(f, p, count); err != nil {
				s.log.Error("name server: a socket is no longer served", "address", p.LocalAddr(), "error", err)
			}
		})
	}
	for _, l := range listeners {
		count := s.counting("tcp", l)
		s.running.Go(func() { s.listen(f, l, count) })
	}
}

func (s *Server) face(side Side) *face {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faces[side] == nil {
		s.faces[side] = &face{side: side, cache: newCache(cachedAnswers)}
	}
	return s.faces[side]
}

// counting registers a socket, and returns its tally.
func (s *Server) counting(transport string, socket interface{ Close() error }) *tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := new(tally)
	s.counts = append(s.counts, counted{transport, t})
	s.sockets = append(s.sockets, socket)
	return t
}

func (s *Server) counted() []counted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[:len(s.counts):len(s.counts)]
}

// Close ends all service, closes the sockets and writes the rest of the query logs.
func (s *Server) Close() error {
	s.mu.Lock()
	sockets := s.sockets
	s.sockets = nil
	s.mu.Unlock()
	var errs []error
	if sockets != nil {
		close(s.closing)
	}
	for _, socket := range sockets {
		errs = append(errs, socket.Close())
	}
	s.connections.close()
	s.running.Wait()
	s.SetQueryLogs(nil)
	return errors.Join(errs...)
}
