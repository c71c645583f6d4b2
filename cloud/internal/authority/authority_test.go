package authority

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func certified(name string) string {
	if strings.HasSuffix(name, ".example.org") {
		return name
	}
	if name == "outside.example.com" {
		return name
	}
	return ""
}

func open(t *testing.T, dir string) *Authority {
	t.Helper()
	a, err := Open(dir, []string{"example.org"}, certified)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask has a client that trusts one authority ask for a name at a server of another's.
func ask(t *testing.T, trusted []byte, server *Authority, name string) error {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server.TLS())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).Handshake() // the client has the error
			c.Close()
		}
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: name, RootCAs: roots})
	if err == nil {
		c.Close()
	}
	return err
}

// The authority outlives the process, and certifies nothing but the names and domains that it was made for.
func TestAuthorityCertifiesItsNames(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	again := open(t, dir)
	if err := ask(t, first.PEM(), again, "api.example.org"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"other.example.net", "outside.example.com"} { // unknown, and outside of the domains
		if err := ask(t, first.PEM(), again, name); err == nil {
			t.Errorf("%s is certified", name)
		}
	}
	if err := ask(t, open(t, t.TempDir()).PEM(), first, "api.example.org"); err == nil {
		t.Error("another cloud's authority is as good")
	}
	info, err := os.Stat(filepath.Join(dir, "authority.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if strings.Contains(string(first.PEM()), "PRIVATE") {
		t.Error("the key is shown")
	}
}

func TestAuthorityThatIsNoneIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "authority.pem"), encode([]byte("x")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil, certified); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Error(err)
	}
}
