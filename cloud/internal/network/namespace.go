package network

import (
	"context"
	"net"
	"os"
)

// Namespace is a network namespace, alive for as long as something holds it: there is no bind mount, so
// the death of the process that holds the file takes the namespace with it.
type Namespace struct {
	file *os.File
}

// Do runs f on a thread inside the namespace. The thread is thrown away afterwards.
func (n *Namespace) Do(f func() error) error { panic("network: being written") }

// DialContext connects from inside the namespace; the socket is then served by the ordinary poller.
func (n *Namespace) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	panic("network: being written")
}

// Listen listens inside the namespace.
func (n *Namespace) Listen(network, address string) (net.Listener, error) {
	panic("network: being written")
}

// ListenPacket is Listen for datagrams.
func (n *Namespace) ListenPacket(network, address string) (net.PacketConn, error) {
	panic("network: being written")
}
