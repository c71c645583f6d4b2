package health

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// How long an endpoint may take (developer guide, "How Amazon Route 53 determines whether a health
// check is healthy"). The TLS handshake counts as connecting.
const (
	ConnectLimit    = 4 * time.Second
	ReplyLimit      = 2 * time.Second
	BodyLimit       = 2 * time.Second
	ConnectLimitTCP = 10 * time.Second
)

// Dial connects from a source address to an address (HOST:PORT).
type Dial func(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error)

// DialFrom is the default Dial. If the endpoint's address is not of the same family (IPv4 or IPv6) as the checker's, the
// kernel chooses the source address.
func DialFrom(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	if source.Is4() == target.Addr().Is4() {
		d.LocalAddr, d.Control = &net.TCPAddr{IP: source.AsSlice()}, bindLate
	}
	conn, err := d.DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // ends by a reset, as the engine's do; where that fails, no harm is done
	}
	return conn, err
}

// prober asks one endpoint from one address.
type prober struct {
	endpoint endpoint
	pace     tempo.Pace
	source   netip.Addr
	dial     Dial
	resolve  func(string) []netip.Addr
}

// result is one probe's outcome, with the text that GetHealthCheckStatus shows.
type result struct {
	pass    bool
	status  string
	latency latency
}

const connected = "Success: TCP connection established"

var unresolved = result{status: "Failure: DNS resolution failed"}

// probe asks once. The turn chooses among several addresses of the name.
func (p *prober) probe(ctx context.Context, turn int) result {
	target, ok := p.target(turn)
	if !ok {
		return unresolved
	}
	if !p.endpoint.http {
		return p.probeTCP(ctx, target)
	}
	conn, l, err := p.connect(ctx, target)
	if err != nil {
		return result{status: describe(err), latency: l}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	r := p.ask(conn, target, &l)
	r.latency = l
	return r
}

// target returns the address to ask. A name is resolved at each probe, to IPv4 only
// (HealthCheckConfig, FullyQualifiedDomainName).
func (p *prober) target(turn int) (netip.Addr, bool) {
	if p.endpoint.address.IsValid() {
		return p.endpoint.address, true
	}
	if p.endpoint.name == "" || p.resolve == nil {
		return netip.Addr{}, false
	}
	found := p.resolve(p.endpoint.name)
	if len(found) == 0 {
		return netip.Addr{}, false
	}
	return found[turn%len(found)], true
}

// probeTCP passes if a connection is made; nothing is sent.
func (p *prober) probeTCP(ctx context.Context, target netip.Addr) result {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Timeout(ConnectLimitTCP))
	defer cancel()
	conn, l, err := p.open(ctx, target)
	if err != nil {
		return result{status: describe(err)}
	}
	conn.Close()
	return result{true, connected, l}
}

func (p *prober) where(target netip.Addr) string {
	return net.JoinHostPort(target.String(), strconv.Itoa(p.endpoint.port))
}

// open connects, and measures how long that takes.
func (p *prober) open(ctx context.Context, target netip.Addr) (net.Conn, latency, error) {
	began := time.Now()
	conn, err := p.dial(ctx, p.source, "tcp", p.where(target))
	if err != nil {
		return nil, latency{}, err
	}
	return conn, latency{connect: time.Since(began)}, nil
}

// connect connects, and does the TLS handshake for HTTPS checks. An endpoint whose certificate
// does not have the name that was asked for is asked once more without a name (HealthCheckConfig,
// EnableSNI).
func (p *prober) connect(ctx context.Context, target netip.Addr) (net.Conn, latency, error) {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Timeout(ConnectLimit))
	defer cancel()
	if !p.endpoint.tls {
		return p.open(ctx, target)
	}
	name := ""
	if p.endpoint.sni {
		name = p.endpoint.name
	}
	conn, l, err := p.secure(ctx, target, name)
	if err == nil && name != "" && !answersTo(conn, name) {
		conn.NetConn().Close()
		conn, l, err = p.secure(ctx, target, "")
	}
	if err != nil {
		return nil, l, err
	}
	return conn, l, nil
}
