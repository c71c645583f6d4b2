package health

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// certificate signs itself, and is long expired: nobody is to look.
func certificate(t *testing.T, common string, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template(common, names...), template(common, names...), key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func template(common string, names ...string) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: common}, DNSNames: names,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
}

// secureSite answers 200 over TLS, and tells the name that each client asked for.
func secureSite(t *testing.T, c *tls.Config) (net.Addr, <-chan string) {
	t.Helper()
	names := make(chan string, 10)
	before := c.GetConfigForClient
	c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- h.ServerName
		if before != nil {
			return before(h)
		}
		return nil, nil
	}
	return serving(t, func(conn *net.TCPConn) {
		s := tls.Server(conn, c)
		defer s.Close()
		if _, err := s.Read(make([]byte, 512)); err == nil {
			io.WriteString(s, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nneedle")
		}
	}), names
}

func alert(description byte) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if h.ServerName != "" {
			return nil, nil
		}
		h.Conn.Write([]byte{21, 3, 3, 0, 2, 2, description}) // RFC 5246, 7.2: a fatal alert
		return nil, io.EOF
	}
}

func TestHandshakes(t *testing.T) {
	named, other, common := certificate(t, "", "www.example.com"), certificate(t, "other.test"), certificate(t, "*.example.com")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template("www.example.com"), template("www.example.com"), key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	old := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	of := func(c ...tls.Certificate) *tls.Config { return &tls.Config{Certificates: c} }
	for _, c := range []struct {
		name   string
		site   *tls.Config
		sni    bool
		asked  string // the names, in order
		status string
	}{
		{"a certificate of the name", of(named), true, "www.example.com", "Success: HTTP Status Code 200, OK"},
		{"of its common name", of(common), true, "www.example.com", "Success: HTTP Status Code 200, OK"},
		{"of another name, twice", of(other), true, "www.example.com,", "Success: HTTP Status Code 200, OK"},
		{"no name is sent", of(other), false, "", "Success: HTTP Status Code 200, OK"},
		{"a name is wanted and not sent", &tls.Config{Certificates: []tls.Certificate{named}, GetConfigForClient: alert(40)},
			false, "", "Failure: SSL alert handshake_failure"},
		{"a name is wanted, and the wrong one leads to none", &tls.Config{Certificates: []tls.Certificate{other}, GetConfigForClient: alert(40)},
			true, "www.example.com,", "Failure: SSL alert handshake_failure"},
		{"TLS 1.0 with RSA key exchange", &tls.Config{Certificates: []tls.Certificate{old}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, true, "www.example.com", "Success: HTTP Status Code 200, OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, names := secureSite(t, c.site)
			r := once(t, at, r53types.HealthCheckConfig{
				Type: "HTTPS_STR_MATCH", IPAddress: aws.String("198.51.100.7"), SearchString: aws.String("needle"),
				FullyQualifiedDomainName: aws.String("www.example.com"), EnableSNI: &c.sni,
			}, nil)
			if r.status != c.status || r.pass != strings.HasPrefix(c.status, "Success") {
				t.Errorf("pass %v, %q, want %q", r.pass, r.status, c.status)
			}
			if r.pass && (r.latency.connect <= 0 || r.latency.handshake <= 0 || r.latency.firstByte <= 0) {
				t.Errorf("measured %+v", r.latency)
			}
			var asked []string
			for len(names) > 0 {
				asked = append(asked, <-names)
			}
			if got := strings.Join(asked, ","); got != c.asked {
				t.Errorf("asked for names %q, want %q", got, c.asked)
			}
		})
	}
}

func TestHandshakeWithAnotherProtocol(t *testing.T) {
	at := serving(t, func(c *net.TCPConn) {
		defer c.Close()
		io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
		c.Read(make([]byte, 512))
	})
	r := once(t, at, r53types.HealthCheckConfig{Type: "HTTPS", IPAddress: aws.String("198.51.100.7")}, nil)
	if r.pass || !strings.HasPrefix(r.status, "Failure: ") {
		t.Errorf("%+v", r)
	}
}
