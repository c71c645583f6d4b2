// Package dns is Route 53's name server: it turns messages into questions, and what package routing answers into
// messages.
package dns

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// Server answers on sockets that others have opened.
type Server struct {
	log     *slog.Logger
	view    atomic.Pointer[routing.View]
	mu      sync.Mutex
	servers []*dns.Server
	running sync.WaitGroup
}

// NewServer returns a server that refuses everything until Swap.
func NewServer(log *slog.Logger) *Server {
	s := &Server{log: log}
	s.view.Store(routing.New(0, 1, nil))
	return s
}

// Swap puts another view in force, for every question that comes after it returns.
func (s *Server) Swap(v *routing.View) { s.view.Store(v) }

// Serve answers on these sockets until Close. The side says whether the askers are the host's.
func (s *Server) Serve(side Side, packets []net.PacketConn, listeners []net.Listener) {
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { s.answer(w, q, side) })
	for _, p := range packets {
		s.start(&dns.Server{PacketConn: p, Handler: handler, UDPSize: maxUDP, MsgAcceptFunc: accept})
	}
	for _, l := range listeners {
		s.start(&dns.Server{Listener: l, Handler: handler, MsgAcceptFunc: accept})
	}
}

func (s *Server) start(server *dns.Server) {
	began := make(chan struct{})
	server.NotifyStartedFunc = func() { close(began) }
	s.mu.Lock()
	s.servers = append(s.servers, server)
	s.mu.Unlock()
	ended := make(chan struct{})
	s.running.Go(func() {
		defer close(ended)
		if err := server.ActivateAndServe(); err != nil {
			s.log.Error("name server ended", "error", err)
		}
	})
	// Shutdown of a server that has not begun does nothing, so Close must not come before.
	select {
	case <-began:
	case <-ended:
	}
}

// Close ends all service and closes the sockets.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Shutdown())
	}
	s.servers = nil
	s.running.Wait()
	return errors.Join(errs...)
}

// maxUDP is the largest datagram that is sent, whatever the asker would take: one that no path fragments
// (DNS flag day 2020), which bounds what a forged question can be made to amplify to.
const maxUDP = 1232

// accept drops answers, and lets through only single questions; what is malformed gets FORMERR.
func accept(h dns.Header) dns.MsgAcceptAction {
	const response = 1 << 15
	if h.Bits&response != 0 {
		return dns.MsgIgnore
	}
	if opcode := int(h.Bits>>11) & 0xf; opcode != dns.OpcodeQuery {
		return dns.MsgRejectNotImplemented
	}
	if h.Qdcount != 1 {
		return dns.MsgReject
	}
	return dns.MsgAccept
}

func (s *Server) answer(w dns.ResponseWriter, q *dns.Msg, side Side) {
	from, udp := w.RemoteAddr().(*net.UDPAddr)
	c := routing.Client{Roll: rand.Uint64()}
	if udp {
		c.Addr = from.AddrPort().Addr()
	}
	m := Respond(s.view.Load(), q, side, c, udp)
	if err := w.WriteMsg(m); err != nil {
		s.log.Debug("answer not sent", "error", err)
	}
}

// Respond is the answer to a message.
func Respond(v *routing.View, q *dns.Msg, side Side, c routing.Client, udp bool) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	size := dns.MinMsgSize
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(maxUDP, false)
		size = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
		if opt.Version() != 0 {
			m.Rcode = dns.RcodeBadVers
			return m
		}
	}
	if len(q.Question) != 1 {
		m.Rcode = dns.RcodeFormatError
		return m
	}
	if t := q.Question[0].Qtype; t == dns.TypeAXFR || t == dns.TypeIXFR {
		m.Rcode = dns.RcodeRefused
		return m
	}
	reply := v.Answer(q.Question[0], c)
	m.Rcode, m.Answer, m.Ns, m.Authoritative = reply.Rcode, reply.Answer, reply.Authority, reply.Authoritative
	m.Extra = append(m.Extra, reply.Additional...)
	side.seen(v.Cloud(), m.Answer)
	side.seen(v.Cloud(), m.Extra)
	m.Compress = true
	if !udp {
		size = dns.MaxMsgSize
	}
	m.Truncate(size)
	return m
}
