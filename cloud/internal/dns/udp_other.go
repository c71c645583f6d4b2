//go:build !linux

package dns

import "net"

func (s *Server) servePackets(f *face, p net.PacketConn, count *tally) error {
	return s.serveSlowly(f, p, count)
}
