package dns

import "net"

// ServeResolvers answers the resolvers of VPCs on a socket of their own, on which they are believed for which VPC
// they ask (package resolver). What they are told is not kept: no two VPCs need see the same zones.
func (s *Server) ServeResolvers(l net.Listener) {
	sum := s.counting("tcp", l)
	s.running.Go(func() { s.listen(&face{side: Inside, resolvers: true}, l, sum) })
}
