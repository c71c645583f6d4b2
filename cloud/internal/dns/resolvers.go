package dns

import "net"

// ServeResolvers answers the resolvers of VPCs (package resolver) on their own socket, on which the server trusts what they
// say about their VPC. Their answers are not cached, since different VPCs may see different zones.
func (s *Server) ServeResolvers(l net.Listener) {
	sum := s.counting("tcp", l)
	s.running.Go(func() { s.listen(&face{side: Inside, resolvers: true}, l, sum) })
}
