package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A socket belongs to the namespace in which socket(2) made it (network_namespaces(7)), even if its
// owner's threads are in another one later. So a thread visits a namespace only to make a socket; Go's
// ordinary poller does the connecting, reading and writing.

// DialContext connects from inside the namespace to a literal address. The network is tcp or udp, with 4 or 6 or without.
func (n *Namespace) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return n.DialFrom(ctx, network, netip.Addr{}, address)
}

// DialFrom is DialContext with a source address; the zero value leaves the choice to the kernel.
func (n *Namespace) DialFrom(ctx context.Context, network string, source netip.Addr, address string) (net.Conn, error) {
	return n.dial(ctx, network, address, func(fd int) error {
		if !source.IsValid() {
			return nil
		}
		return bind(fd, netip.AddrPortFrom(source, 0))
	})
}

// dial connects a socket that was bound.
func (n *Namespace) dial(ctx context.Context, network, address string, bound func(fd int) error) (net.Conn, error) {
	conn, err := n.connect(ctx, network, address, bound)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: textAddr{network, address}, Err: err}
	}
	return conn, nil
}

func bind(fd int, to netip.AddrPort) error {
	return os.NewSyscallError("bind", unix.Bind(fd, sockaddr(to)))
}

func (n *Namespace) connect(ctx context.Context, network, address string, bound func(fd int) error) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address and port", address)
	}
	kind := unix.SOCK_STREAM
	if strings.HasPrefix(network, "udp") {
		kind = unix.SOCK_DGRAM
	} else if !strings.HasPrefix(network, "tcp") {
		return nil, net.UnknownNetworkError(network)
	}
	fd, err := n.socket(familyOf(to.Addr()), kind)
	if err != nil {
		return nil, err
	}
	if err := bound(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	err = unix.Connect(fd, sockaddr(to))
	if err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	return finishConnect(ctx, os.NewFile(uintptr(fd), address))
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// socket makes a non-blocking socket of a family inside the namespace.
func (n *Namespace) socket(f family, kind int) (fd int, err error) {
	err = n.visit(func() (err error) {
		fd, err = unix.Socket(f.number, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return os.NewSyscallError("socket", err)
	})
	return fd, err
}

// finishConnect waits until a connecting socket is connected, refused, or the context ends.
func finishConnect(ctx context.Context, f *os.File) (net.Conn, error) {
	defer f.Close() // net.FileConn has a descriptor of its own
	stop := context.AfterFunc(ctx, func() { f.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var refused error
	err = raw.Write(func(fd uintptr) bool {
		n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil || n != 0 {
			refused = errors.Join(err, errnoOrNil(n))
			return true
		}
		_, err = unix.Getpeername(int(fd))
		return err == nil // ENOTCONN while it is still connecting
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, os.NewSyscallError("connect", refused)
	}
	return net.FileConn(f)
}

func errnoOrNil(n int) error {
	if n == 0 {
		return nil
	}
	return unix.Errno(n)
}

// Listen listens inside the namespace on a literal address.
func (n *Namespace) Listen(network, address string) (net.Listener, error) {
	var l net.Listener
	err := n.visit(func() (err error) {
		lc := net.ListenConfig{}
		lc.SetMultipathTCP(false)
		l, err = lc.Listen(context.Background(), network, address)
		return err
	})
	return l, err
}

// ListenPacket is Listen for datagrams.
func (n *Namespace) ListenPacket(network, address string) (net.PacketConn, error) {
	var c net.PacketConn
	err := n.visit(func() (err error) {
		c, err = net.ListenPacket(network, address)
		return err
	})
	return c, err
}

// textAddr is an address as its caller wrote it.
type textAddr struct{ network, text string }

func (a textAddr) Network() string { return a.network }
func (a textAddr) String() string  { return a.text }
