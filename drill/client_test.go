package drill

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/understudy/understudy/internal/patience"
)

// A user of HTTPS takes no certificate of an authority that he does not trust, nor one of another name.
func TestUsersOfHTTPSLookAtTheCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer server.Close()
	at := server.Listener.Addr().(*net.TCPAddr)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate()) // which names example.com
	for _, c := range []struct {
		host   string
		trusts *x509.CertPool
		wrong  any
	}{
		{"example.com", trusted, nil},
		{"example.com", x509.NewCertPool(), new(x509.UnknownAuthorityError)},
		{"www.hello.test", trusted, new(x509.HostnameError)},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
		user := client{target: &url.URL{Scheme: "https", Host: c.host, Path: "/"}, port: at.Port, trusts: c.trusts}
		err := user.getFrom(ctx, netip.MustParseAddr(at.IP.String()))
		cancel()
		if c.wrong == nil && err != nil || c.wrong != nil && !errors.As(err, c.wrong) {
			t.Errorf("%s: %v", c.host, err)
		}
	}
}
