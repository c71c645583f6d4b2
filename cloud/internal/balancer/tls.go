package balancer

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http2"
)

// TLS is how a listener speaks it.
type TLS struct {
	ARNs         map[*x509.Certificate]string // of the certificates that follow, for logs
	Default      tls.Certificate              // for clients that name no server, or one that nothing is for
	Certificates []tls.Certificate            // chosen by the server's name
	Min, Max     uint16                       // versions
	Suites       []uint16                     // of TLS 1.2 and before; those of TLS 1.3 are all there are
	Curves       []tls.CurveID
}

// config is for the listener's connections, which speak one of the protocols. The key of its session tickets outlives changes, so that sessions do.
func (s *TLS) config(tickets [32]byte, protocols ...string) *tls.Config {
	ranked := slices.Clone(s.Certificates)
	slices.SortStableFunc(ranked, func(a, b tls.Certificate) int { return compareRank(rankOf(b), rankOf(a)) })
	c := &tls.Config{
		MinVersion: s.Min, MaxVersion: s.Max, CipherSuites: s.Suites, CurvePreferences: s.Curves, NextProtos: protocols,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			chosen := &s.Default
			for i := range ranked {
				if hello.ServerName != "" && hello.SupportsCertificate(&ranked[i]) == nil {
					chosen = &ranked[i]
					break
				}
			}
			if to, ok := hello.Conn.(*presented); ok {
				to.leaf = chosen.Leaf
			}
			return chosen, nil
		},
	}
	c.SetSessionTicketKeys([][32]byte{tickets})
	return c
}

// rankOf is what decides between certificates for the same name: the algorithm of the key, the hash, the size of the key, the time that it
// is valid ("SSL certificates for your Application Load Balancer", smart selection).
func rankOf(c tls.Certificate) [4]int64 {
	var elliptic, size int64
	switch key := c.Leaf.PublicKey.(type) {
	case *ecdsa.PublicKey:
		elliptic, size = 1, int64(key.Curve.Params().BitSize)
	case *rsa.PublicKey:
		size = int64(key.N.BitLen())
	}
	return [4]int64{elliptic, int64(c.Leaf.SignatureAlgorithm), size, int64(c.Leaf.NotAfter.Sub(c.Leaf.NotBefore))}
}

func compareRank(a, b [4]int64) int {
	for i := range a {
		if d := cmp.Compare(a[i], b[i]); d != 0 {
			return d
		}
	}
	return 0
}

// secure makes the TLS of a node's listeners.
func (n *node) secure(listeners []Listener, http1Only bool) map[int]*tls.Config {
	all := map[int]*tls.Config{}
	protocols := []string{http2.NextProtoTLS, protocolHTTP1}
	if http1Only {
		protocols = protocols[1:]
	}
	for _, l := range listeners {
		if l.TLS == nil {
			continue
		}
		key, ok := n.tickets[l.Port]
		if !ok {
			_, _ = rand.Read(key[:]) // never fails since Go 1.24
			n.tickets[l.Port] = key
		}
		all[l.Port] = l.TLS.config(key, protocols...)
		if l.Flow != nil {
			all[l.Port].NextProtos = l.Flow.ALPN
		}
	}
	return all
}

// protocolHTTP1 is HTTP/1.1 by the name that it has in a TLS handshake (RFC 7301, 6).
const protocolHTTP1 = "http/1.1"

// presented is a connection that remembers which certificate its client saw.
type presented struct {
	net.Conn
	leaf *x509.Certificate
}

// greet makes the client's connection secure where the listener is.
func (c *client) greet() error {
	routes := c.node.routes.Load()
	config := routes.secure[c.port]
	if config == nil {
		return nil
	}
	seen := &presented{Conn: c.conn}
	conn := tls.Server(seen, config)
	c.extend()
	err := conn.Handshake()
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && plain.Conn != nil {
		c.refusePlain()
	}
	if err != nil {
		return err
	}
	c.conn, c.secured = conn, new(conn.ConnectionState())
	c.r = c.reader()
	c.domain, c.certificate = c.secured.ServerName, sessionReused
	if leaf := seen.leaf; !c.secured.DidResume {
		c.certificate = routes.listeners[c.port].TLS.ARNs[leaf]
		if c.domain != "" && leaf.VerifyHostname(c.domain) != nil {
			c.domain = ""
		}
	}
	return nil
}

// sessionReused stands in logs for the certificate of a session that was made before.
const sessionReused = "session-reused"

// refusePlain answers who does not speak TLS, as nginx does and AWS's load balancers do.
func (c *client) refusePlain() {
	const title = "400 The plain HTTP request was sent to HTTPS port"
	c.last = true
	c.respond(http.StatusBadRequest, "Content-Type: text/html\r\n", "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n"+
		"<center><h1>400 Bad Request</h1></center>\r\n<center>"+title[len("400 "):]+"</center>\r\n</body>\r\n</html>\r\n")
	c.linger()
}

// scheme is the protocol that the client speaks.
func (c *client) scheme() string {
	if c.secured != nil {
		return "https"
	}
	return "http"
}

// The fields that tell a target how its client speaks TLS, if it is to know
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html).
const TLSVersionField, TLSSuiteField = "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite"

// TLSNames are other names for them; empty for the usual ones.
type TLSNames struct{ Version, Suite string }

func (n TLSNames) version() string { return cmp.Or(n.Version, TLSVersionField) }
func (n TLSNames) suite() string   { return cmp.Or(n.Suite, TLSSuiteField) }

// has tells whether a field has one of the names, which no client may give it.
func (n TLSNames) has(name string) bool {
	return strings.EqualFold(name, n.version()) || strings.EqualFold(name, n.suite())
}

// appendTLS writes them, with OpenSSL's names as AWS has them.
func (c *client) appendTLS(out []byte) []byte {
	if c.secured == nil {
		return out
	}
	out = appendField(out, c.tlsNames.version(), c.version())
	return appendField(out, c.tlsNames.suite(), c.suite())
}

var versions = map[uint16]string{tls.VersionTLS10: "TLSv1", tls.VersionTLS11: "TLSv1.1", tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}

// version and suite are empty without TLS.
func (c *client) version() string {
	if c.secured == nil {
		return ""
	}
	return versions[c.secured.Version]
}

func (c *client) suite() string {
	if c.secured == nil {
		return ""
	}
	return SuiteName(c.secured.CipherSuite)
}

// suites are those that this program has, by OpenSSL's names, which AWS's security policies use.
var suites = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	"DES-CBC3-SHA":                  tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
}

// Suite finds a cipher suite of TLS 1.2 and before by OpenSSL's name.
func Suite(name string) (uint16, bool) {
	id, ok := suites[name]
	return id, ok
}

// SuiteName is OpenSSL's name of a cipher suite; of TLS 1.3's it is the standard's.
func SuiteName(id uint16) string {
	for name, is := range suites {
		if is == id {
			return name
		}
	}
	return tls.CipherSuiteName(id)
}

// toTargets is the TLS that targets are spoken to with: their certificates are not looked at
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-routing-configuration).
func toTargets(v Version) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if v.multiplexed() {
		c.NextProtos = []string{http2.NextProtoTLS}
	}
	for name, id := range suites {
		if name != "DES-CBC3-SHA" {
			c.CipherSuites = append(c.CipherSuites, id)
		}
	}
	return c
}
