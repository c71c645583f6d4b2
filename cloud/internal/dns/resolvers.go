package dns

import (
	"math/rand/v2"
	"net"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/resolver"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// ServeResolvers answers the resolvers of VPCs on a socket of their own, on which they are believed for which VPC
// they ask.
func (s *Server) ServeResolvers(l net.Listener) {
	s.start(&dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := Respond(s.view.Load(), q, Inside, routing.Client{VPC: resolver.VPC(q), Roll: rand.Uint64()}, false)
		if err := w.WriteMsg(m); err != nil {
			s.log.Debug("answer to a resolver not sent", "error", err)
		}
	}), MsgAcceptFunc: accept})
}
