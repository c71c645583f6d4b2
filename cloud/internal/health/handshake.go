package health

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"slices"
	"time"
)

// secure connects and does the TLS handshake, with SNI if there is a name. Certificates are not verified, as Route 53
// does not verify them (developer guide, "How Amazon Route 53 determines whether a health check is healthy").
func (p *prober) secure(ctx context.Context, target netip.Addr, name string) (*tls.Conn, latency, error) {
	conn, l, err := p.open(ctx, target)
	if err != nil {
		return nil, l, err
	}
	c := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: everySuite})
	began := time.Now()
	if err := c.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, l, err
	}
	l.handshake = time.Since(began)
	return c, l, nil
}

// everySuite are all cipher suites, also weak ones: a probe only finds out whether the endpoint answers, and sends nothing
// secret.
var everySuite = func() (ids []uint16) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}()

// answersTo tells whether the endpoint's certificate has a name, as its Common Name or one of its Subject
// Alternative Names (HealthCheckConfig, EnableSNI).
func answersTo(c *tls.Conn, name string) bool {
	shown := c.ConnectionState().PeerCertificates
	if len(shown) == 0 {
		return false
	}
	if shown[0].VerifyHostname(name) == nil {
		return true
	}
	common := x509.Certificate{DNSNames: []string{shown[0].Subject.CommonName}}
	return common.VerifyHostname(name) == nil
}
