package health

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// How long an endpoint may take (developer guide, "How Amazon Route 53 determines whether a health
// check is healthy"). The TLS handshake counts as connecting.
const (
	connectLimit    = 4 * time.Second
	replyLimit      = 2 * time.Second
	bodyLimit       = 2 * time.Second
	connectLimitTCP = 10 * time.Second
)

// Dial connects from an address of ours.
type Dial func(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error)

// DialFrom is what is used where no other Dial is given.
func DialFrom(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	return d.DialContext(ctx, network, address)
}

// prober asks one endpoint from one address.
type prober struct {
	endpoint endpoint
	speed    tempo.Speed
	source   netip.Addr
	dial     Dial
	resolve  func(string) []netip.Addr
}

// result is one probe's outcome, with the text that GetHealthCheckStatus shows.
type result struct {
	pass   bool
	status string
}

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
	conn, err := p.connect(ctx, target)
	if err != nil {
		return result{status: describe(err)}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return p.ask(conn, target)
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

// probeTCP passes where a connection comes about; nothing is sent.
func (p *prober) probeTCP(ctx context.Context, target netip.Addr) result {
	ctx, cancel := context.WithTimeout(ctx, p.speed.Timeout(connectLimitTCP))
	defer cancel()
	conn, err := p.dial(ctx, p.source, "tcp", p.where(target))
	if err != nil {
		return result{status: describe(err)}
	}
	conn.Close()
	return result{pass: true, status: "Success: TCP connection established"}
}

func (p *prober) where(target netip.Addr) string {
	return net.JoinHostPort(target.String(), strconv.Itoa(p.endpoint.port))
}

// connect connects, and shakes hands where the check is an HTTPS one. An endpoint whose certificate
// does not have the name that was asked for is asked once more without a name (HealthCheckConfig,
// EnableSNI); beyond that certificates are not looked at, as Route 53 does not.
func (p *prober) connect(ctx context.Context, target netip.Addr) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.speed.Timeout(connectLimit))
	defer cancel()
	conn, err := p.dial(ctx, p.source, "tcp", p.where(target))
	if err != nil || !p.endpoint.tls {
		return conn, err
	}
	if !p.endpoint.sni {
		return shake(ctx, conn, "")
	}
	named, err := shake(ctx, conn, p.endpoint.name)
	if err != nil {
		return nil, err
	}
	if shown := named.ConnectionState().PeerCertificates; len(shown) > 0 && shown[0].VerifyHostname(p.endpoint.name) == nil {
		return named, nil
	}
	named.Close()
	conn, err = p.dial(ctx, p.source, "tcp", p.where(target))
	if err != nil {
		return nil, err
	}
	return shake(ctx, conn, "")
}

// shake makes a TLS connection of conn, which is closed where that fails. Versions from 1.0 on are
// taken, as Route 53 takes them.
func shake(ctx context.Context, conn net.Conn, name string) (*tls.Conn, error) {
	c := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	if err := c.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}
