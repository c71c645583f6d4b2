package publish

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/address"
)

// The protocol: a unix stream connection carries one request and one answer, each a JSON object on a
// line. With an answer that has no error comes the listener's descriptor, by SCM_RIGHTS (unix(7)).

// Request asks for the listener of a public address: {"publish":"198.51.100.7:80"}.
type Request struct {
	Publish netip.AddrPort `json:"publish"`
}

// Answer has the address of the host at which it listens, or the error.
type Answer struct {
	Address netip.AddrPort `json:"address,omitzero"`
	Error   string         `json:"error,omitempty"`
}

// maxMessage bounds a request's or an answer's line, in bytes.
const maxMessage = 4096

// Broker runs on the host: it opens loopback listeners for the processes inside the cloud.
type Broker struct {
	cloud int
	log   *slog.Logger
}

// NewBroker makes a broker for the cloud with this number. A nil log discards.
func NewBroker(cloud int, log *slog.Logger) *Broker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Broker{cloud: cloud, log: log}
}

// Serve answers the one request of a connection and closes it.
func (b *Broker) Serve(conn *net.UnixConn) error {
	defer conn.Close()
	line, err := readLine(conn)
	if err != nil {
		return fmt.Errorf("read publish request: %w", err)
	}
	return b.Answer(conn, line)
}

// Answer answers a request line that was already read from the connection, for servers with other requests on the same
// socket. It does not close the connection.
func (b *Broker) Answer(conn *net.UnixConn, line []byte) error {
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return send(conn, Answer{Error: fmt.Sprintf("publish request: %v", err)}, nil)
	}
	l, err := b.listen(request.Publish)
	if err != nil {
		b.log.Warn("publish refused", "address", request.Publish, "error", err)
		return send(conn, Answer{Error: err.Error()}, nil)
	}
	defer l.Close() // the receiver has a descriptor of its own
	return send(conn, Answer{Address: l.Addr().(*net.TCPAddr).AddrPort()}, l)
}

// listen opens the twin of a public address; an address that is not in the address plan is refused.
func (b *Broker) listen(public netip.AddrPort) (*net.TCPListener, error) {
	if !public.IsValid() || !public.Addr().Is4() || public.Port() == 0 {
		return nil, fmt.Errorf("publish %q: not an IPv4 address and port", public)
	}
	twin, ok := address.Twin(b.cloud, public.Addr())
	if !ok {
		return nil, fmt.Errorf("publish %s: not a public address of a local cloud", public)
	}
	at := netip.AddrPortFrom(twin, uint16(address.HostPort(int(public.Port()))))
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", public, err)
	}
	return l, nil
}

// send writes an answer with a listener's descriptor.
func send(conn *net.UnixConn, a Answer, l *net.TCPListener) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if l == nil {
		_, err := conn.Write(b)
		return err
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Control(func(fd uintptr) { _, _, sent = conn.WriteMsgUnix(b, syscall.UnixRights(int(fd)), nil) })
	if err != nil {
		return err
	}
	return sent
}

// readLine reads up to a newline and nothing beyond it.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxMessage {
		if _, err := io.ReadFull(r, one); err != nil {
			return nil, err
		}
		if one[0] == '\n' {
			return line, nil
		}
		line = append(line, one[0])
	}
	return nil, fmt.Errorf("line is longer than %d bytes", maxMessage)
}
