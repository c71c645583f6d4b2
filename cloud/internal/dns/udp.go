package dns

import (
	"errors"
	"net"
	"time"
)

// maxUDP is the largest datagram that is sent, whatever the asker would take: one that no path fragments
// (DNS flag day 2020), which bounds what a forged question can be made to amplify to.
const maxUDP = 1232

// maxQuery is the largest message that is read, in bytes. A question with every option that is of use,
// padded as RFC 8467 recommends, takes a few hundred.
const maxQuery = 1232

// serveSlowly answers a socket's datagrams one at a time, where batches are not to be had.
func (s *Server) serveSlowly(f *face, p net.PacketConn, count *tally) error {
	r := &responder{server: s, face: f, count: count}
	in, out := make([]byte, maxQuery+1), make([]byte, 0, maxUDP)
	for {
		n, from, err := p.ReadFrom(in)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok || n > maxQuery {
			continue
		}
		r.now = time.Now()
		count.Lock()
		answer := r.respond(out, in[:n], udp.AddrPort().Addr().Unmap())
		count.Unlock()
		if len(answer) == 0 {
			continue
		}
		if _, err := p.WriteTo(answer, from); err != nil {
			s.log.Debug("answer not sent", "error", err)
		}
	}
}
